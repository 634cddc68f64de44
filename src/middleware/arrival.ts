import { judgedBodyOf, requireJudgeable } from '../admission/judged-body.ts'
import type { JudgedBody, PeerIdentity } from '../admission/ports.ts'
import { refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'

/** One request as it reached a service, whatever framework stands in front of it. */
export interface Arrival {
  readonly method: string
  /** The request target as it came over the wire, before any routing. */
  readonly target: string | undefined
  /** Every value of a header; `name` in lowercase. */
  readonly header: (name: string) => readonly string[]
  /** Who is at the other end of the TLS connection; never read from a header (I8). */
  readonly peer: Result<PeerIdentity>
  /**
   * The whole body, at most JUDGED_BODY_BYTES_MAX, left for the handler to read again. Refuses
   * `status_unknown` when something before us has read from it: what it saw can not be judged.
   */
  readonly readBody: () => Promise<Result<Uint8Array>>
}

/**
 * The body of an arrival as it is judged. Refusals: those of `readBody`, and `malformed` for what a
 * judge and a handler could read differently: two content types, a coding, another charset.
 */
export async function readJudged(arrival: Arrival): Promise<Result<JudgedBody>> {
  const types = arrival.header('content-type')
  if (types.length > 1) return refuse('malformed', { contentTypes: types.length })
  const [contentType = ''] = types
  const contentEncoding = arrival.header('content-encoding').join(',')
  const judgeable = requireJudgeable({ contentType, contentEncoding })
  if (!judgeable.ok) return judgeable
  const bytes = await arrival.readBody()
  return bytes.ok ? judgedBodyOf(bytes.value, contentType) : bytes
}
