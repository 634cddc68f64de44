import type { RawData, WebSocket } from 'ws'
import { WEBSOCKET_CLOSE_MS } from '../../domain/limits.ts'
import type { RefusalCode } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import type { ResponseGuard } from '../injection/response-guard.ts'

/** What two ends of one admitted WebSocket are held to. */
export interface BridgeTerms {
  readonly agent: WebSocket
  readonly upstream: WebSocket
  /** Debits one use for each message of the agent, before it goes on. */
  readonly spend: () => Promise<Result<unknown>>
  /** Keeps out of each message what was put into the request. */
  readonly guard: ResponseGuard | undefined
  readonly idleMs: number
}

const POLICY = 1008
const GOING_AWAY = 1001
const NO_STATUS: ReadonlySet<number> = new Set([1005, 1006, 1015])

/**
 * Carries messages between an agent and an upstream, each whole and in order, one under way in each
 * direction: whoever is slow holds the other back. Answers how to cut both ends; from a cut on no
 * message passes (I9).
 */
export function bridge(terms: BridgeTerms): { readonly cut: (code: RefusalCode) => void } {
  const { agent, upstream, spend, guard, idleMs } = terms
  let isOver = false
  const end = (close: () => void) => {
    if (isOver) return
    isOver = true
    clearTimeout(idle)
    close()
    setTimeout(() => {
      agent.terminate()
      upstream.terminate()
    }, WEBSOCKET_CLOSE_MS).unref()
  }
  const cut = (code: RefusalCode) =>
    end(() => {
      agent.close(code === 'overloaded' ? GOING_AWAY : POLICY, code)
      upstream.close(GOING_AWAY)
    })
  const idle = setTimeout(() => cut('expired'), idleMs)
  const scrubbed = (data: Buffer) =>
    guard === undefined ? data : Buffer.concat([guard.push(data), guard.end()])
  carry(agent, async (data, isBinary) => {
    idle.refresh()
    const spent = await spend()
    if (isOver) return
    if (!spent.ok) return cut(spent.refusal.code)
    await sendTo(upstream, data, isBinary)
  })
  carry(upstream, async (data, isBinary) => {
    idle.refresh()
    if (!isOver) await sendTo(agent, scrubbed(data), isBinary)
  })
  for (const [from, to] of [
    [agent, upstream],
    [upstream, agent],
  ] as const) {
    // The words of an upstream may hold anything, so only its number is passed on.
    from.once('close', (code) => end(() => to.close(...statusOf(code))))
    from.on('error', () => undefined)
  }
  agent.once('close', () => guard?.forget())
  return { cut }

  /** Reads on only when what came before is on its way; a failure ends both. */
  function carry(from: WebSocket, pass: (data: Buffer, isBinary: boolean) => Promise<void>): void {
    let queue = Promise.resolve()
    let waiting = 0
    from.on('message', (data: RawData, isBinary) => {
      waiting += 1
      from.pause()
      queue = queue
        .then(() => (isOver ? undefined : pass(data as Buffer, isBinary)))
        .catch(() => cut('status_unknown'))
        .then(() => {
          waiting -= 1
          if (waiting === 0 && from.readyState === from.OPEN) from.resume()
        })
    })
  }
}

/** Numbers that stand for no close frame are not sent in one (RFC 6455 §7.4.1). */
function statusOf(code: number): [] | [number] {
  return NO_STATUS.has(code) ? [] : [code]
}

function sendTo(to: WebSocket, data: Buffer, binary: boolean): Promise<void> {
  return new Promise((resolve) => {
    to.send(data, { binary }, () => resolve())
  })
}
