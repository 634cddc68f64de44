import type { Placement } from '../../domain/credential.ts'
import {
  CREDENTIAL_HEADER_CHARACTERS_MAX,
  SCRUBBED_SECRET_BYTES_MIN,
  SECRET_BACKSLASHES_MAX,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
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
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

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
  const { length } = secret
  const text = secret.toString('latin1')
  if (length < SCRUBBED_SECRET_BYTES_MIN || length > CREDENTIAL_HEADER_CHARACTERS_MAX) {
    return refuse('credential_unavailable', { secret: 'length' })
  }
  if (!PRINTABLE.test(text)) return refuse('credential_unavailable', { secret: 'characters' })
  const placed = placeSecret(placement, text, request)
  if (!placed.ok) return placed
  const { sent } = placed.value
  if ([text, ...sent].some((form) => form.split('\\').length > SECRET_BACKSLASHES_MAX + 1)) {
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
