import { CDP_WINDOW_SECONDS, REQUEST_NONCE_SECONDS } from '../../domain/limits.ts'
import { type Facts, type Reason, refuse } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import { later } from '../../domain/time.ts'
import { hashSecret } from '../bearer-secret.ts'
import type { AgentCaller } from '../caller.ts'
import { decideNo } from '../decide.ts'
import type { World } from '../world.ts'

/** What a request carries so that it counts once. */
export interface RequestFreshness {
  /** A UUID; two spellings of one are one. */
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

/**
 * CDPX-03: a request is of now, within CDP_WINDOW_SECONDS either way, and its nonce was not seen
 * from this agent. What was seen is a row of the store, so a restart forgets nothing and nothing is
 * pushed out (T-08). To be asked once it is known who asks. A replay has its record (I10).
 * Refusals: `expired`, `not_yet_valid`, `token_used`, each with the fact `replay`; `overloaded`.
 */
export async function requireFresh(
  world: World,
  caller: AgentCaller,
  { nonce, timestamp }: RequestFreshness,
): Promise<Result<void>> {
  const now = world.store.now()
  const age = now - Math.floor(timestamp / 1_000)
  if (age > CDP_WINDOW_SECONDS) return replayed('expired', '/timestamp', { age })
  if (age < -CDP_WINDOW_SECONDS) return replayed('not_yet_valid', '/timestamp', { age })
  const kept = await world.store.takeRequestNonce({
    tenant: caller.tenant,
    holder: caller.uri,
    hash: hashSecret(nonce.toLowerCase()),
    expiresAt: later(now, REQUEST_NONCE_SECONDS),
  })
  if (kept.ok || kept.refusal.code !== 'token_used') return kept
  const refused = replayed('token_used', '/nonce', {})
  return decideNo(world, caller, 'request.replayed', { result: refused, facts: {} })
}

function replayed(
  code: 'expired' | 'not_yet_valid' | 'token_used',
  pointer: Reason['pointer'],
  facts: Facts,
) {
  const detail =
    code === 'token_used'
      ? 'This nonce was used: make a fresh one for each request.'
      : `This is more than ${CDP_WINDOW_SECONDS} seconds from the time here.`
  return refuse(code, { ...facts, replay: true }, [{ pointer, code: 'replay', detail }])
}
