import { KEY_OVERLAP_SECONDS, LEASH_TTL_SECONDS_MAX } from '../domain/limits.ts'
import { type EpochSeconds, later } from '../domain/time.ts'
import type { KeptKey } from './keyring-file.ts'

/**
 * The life of a key: `active` signs and verifies; `retiring` was followed by another and verifies
 * what it signed until that has run out; `retired` verifies no token any more; `revoked` was taken
 * out of force at once, and verifies nothing, not even old records.
 */
export type KeyState = 'active' | 'retiring' | 'retired' | 'revoked'

/** The moment from which a rotated key verifies no token, or null while it is the active one. */
export function verifiesUntil(kept: KeptKey): EpochSeconds | null {
  const overlap = kept.purpose === 'leash' ? LEASH_TTL_SECONDS_MAX : KEY_OVERLAP_SECONDS
  return kept.rotated_at === null ? null : later(kept.rotated_at, overlap)
}

/** The state at a moment; derived, never stored. */
export function stateOf(kept: KeptKey, now: EpochSeconds): KeyState {
  if (kept.revoked_at !== null) return 'revoked'
  const until = verifiesUntil(kept)
  if (until === null) return 'active'
  return now < until ? 'retiring' : 'retired'
}
