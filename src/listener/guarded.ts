import type { Result } from '../domain/result.ts'
import { actorOf } from '../usecases/caller.ts'
import type { HttpContext, HttpHandler } from './context.ts'
import { withDeadline } from './deadline.ts'
import type { FaceRow, Serving } from './face.ts'
import { refusalOfFault } from './faults.ts'
import { guard } from './guards.ts'
import { noiseKey } from './rate-limit.ts'

/**
 * The way of every guarded request, whatever its face: caller → rate → role → answer. Each step can
 * only refuse, and what is thrown on the way is told in the words of the face as well. The deadline
 * holds for the whole way after the caller is known.
 */
export function serveGuarded(row: FaceRow, serving: Serving): HttpHandler {
  const serve = wayOf(row, serving)
  return async (c) => {
    try {
      return await serve(c)
    } catch (error) {
      return row.refused(c, refusalOfFault(serving.log, error, c))
    }
  }
}

function wayOf(row: FaceRow, serving: Serving): (c: HttpContext) => Promise<Response> {
  const identify = row.identify?.(serving) ?? serving.identify
  return async (c) => {
    const caller = await identify(c)
    if (!caller.ok) return row.refused(c, (await countStranger(c, serving, caller)).refusal)
    const actor = actorOf(caller.value)
    c.set('actor', actor)
    const limit = caller.value.kind === 'enforcement' ? serving.points : serving.callers
    const within = await limit(actor)
    if (!within.ok) return row.refused(c, within.refusal)
    const may = guard(caller.value, row.who)
    if (!may.ok) return row.refused(c, may.refusal)

    const work = () => row.answer(c, { serving, caller: caller.value })
    const result = row.deadline
      ? await withDeadline(serving.deadlineMs, work, (error) =>
          serving.log.fault('http.late_fault', error, { request_id: c.get('requestId') }),
        )
      : await work()
    return result.ok ? result.value : row.refused(c, result.refusal)
  }
}

/**
 * Noise is counted per address, and only noise: a stranger can use up an address, never keep out a
 * caller with a credential who shares it.
 */
async function countStranger(
  c: HttpContext,
  serving: Serving,
  refusal: Extract<Result<never>, { ok: false }>,
): Promise<Extract<Result<never>, { ok: false }>> {
  serving.metrics.unauthenticated(serving.listener)
  const within = await serving.strangers(noiseKey(c.env?.incoming?.socket.remoteAddress))
  return within.ok ? refusal : within
}
