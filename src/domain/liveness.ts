import type { Lease, LeaseState } from './lease.ts'
import { type RefusalCode, refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { Revocation } from './revocation.ts'
import type { EpochSeconds } from './time.ts'

const REFUSAL_OF: Readonly<Record<Exclude<LeaseState, 'live'>, RefusalCode>> = {
  revoked: 'revoked',
  suspended: 'suspended',
  released: 'released',
  expired: 'expired',
  exhausted: 'uses_exhausted',
}

/**
 * I6: the state of a lease, derived from its whole lineage (root..self) and from the revocations
 * that name any subject of it. The worst finding wins; nothing is ever copied into descendants.
 */
export function stateOf(
  lineage: readonly Lease[],
  revocations: readonly Revocation[],
  now: EpochSeconds,
): LeaseState {
  if (revocations.some((row) => row.effect === 'revoked')) return 'revoked'
  if (revocations.length > 0) return 'suspended'
  if (lineage.some((lease) => lease.releasedAt !== null)) return 'released'
  if (lineage.some((lease) => lease.expiresAt <= now)) return 'expired'
  if (lineage.some(isExhausted)) return 'exhausted'
  return 'live'
}

/** Refuses unless the lease is live (I6), with the code of its state. */
export function requireLive(
  lineage: readonly Lease[],
  revocations: readonly Revocation[],
  now: EpochSeconds,
): Result<void> {
  const state = stateOf(lineage, revocations, now)
  return state === 'live' ? accept(undefined) : refuse(REFUSAL_OF[state], { state })
}

/** Whether every use of the lease's own limit is spent (I11). */
function isExhausted(lease: Lease): boolean {
  const max = lease.scope.limits.max_uses
  return max !== 'unlimited' && lease.usesSpent >= max
}
