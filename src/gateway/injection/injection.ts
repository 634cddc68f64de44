import type { Placement } from '../../domain/credential.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { hasTooManyBackslashes, sendFault } from '../../vault/envelope.ts'
import { type Outgoing, placeSecret } from './placing.ts'
import { createResponseGuard, type ResponseGuard } from './response-guard.ts'

/** A request that holds a secret, and what keeps the secret out of its answer. */
export interface Injected extends Outgoing {
  readonly guard: ResponseGuard
}

/** Header names that would have the upstream answer in a form the guard can not read. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'accept-charset',
  'accept-encoding',
  'if-range',
  'range',
])
/** What no longer fits a body that changed. */
const DIGESTS: ReadonlySet<string> = new Set(['content-digest', 'repr-digest', 'content-length'])

/**
 * Puts the secret into the request. Refuses `credential_unavailable` for a secret that could break
 * out of its place (line ends, anything but printable ASCII) or that is too short to be told from
 * ordinary text in an answer; otherwise as `placeSecret`. The answer may be neither compressed nor
 * a part: a secret cut in two would pass unseen.
 */
export function injectSecret(
  placement: Placement,
  secret: Buffer,
  request: Outgoing,
): Result<Injected> {
  const fault = sendFault(secret)
  if (fault !== undefined) return refuse('credential_unavailable', { secret: fault })
  const text = secret.toString('latin1')
  const placed = placeSecret(placement, text, request)
  if (!placed.ok) return placed
  const { sent } = placed.value
  if (sent.some(hasTooManyBackslashes)) {
    return refuse('credential_unavailable', { secret: 'backslashes' })
  }
  const isChanged = placed.value.body?.text !== request.body?.text
  const headers: string[] = []
  for (let index = 0; index + 1 < placed.value.headers.length; index += 2) {
    const name = placed.value.headers[index] ?? ''
    if (UNREADABLE.has(name) || (isChanged && DIGESTS.has(name))) continue
    headers.push(name, placed.value.headers[index + 1] ?? '')
  }
  headers.push('accept-encoding', 'identity')
  if (isChanged) {
    headers.push('content-length', String(Buffer.byteLength(placed.value.body?.text ?? '')))
  }
  const others = sent.filter((form) => form !== text).map((form) => Buffer.from(form))
  return accept({ ...placed.value, headers, guard: createResponseGuard(secret, others) })
}
