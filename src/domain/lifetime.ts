import type { Lease } from './lease.ts'
import {
  LEASE_CUMULATIVE_SECONDS_MAX,
  LEASE_RENEWALS_MAX,
  LEASE_TTL_SECONDS_DEFAULT,
  TOKEN_TTL_SECONDS_DEFAULT,
  TOKEN_TTL_SECONDS_MAX,
} from './limits.ts'
import { type Reason, refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { Scope } from './scope/types.ts'
import { type EpochSeconds, earlier, later } from './time.ts'

/** A life that was granted: its end, and how many seconds that is from now. */
export interface GrantedLife {
  readonly expiresAt: EpochSeconds
  readonly seconds: number
}

/**
 * I3: the life of a lease at birth. What is asked for explicitly and would outlive the scope's
 * ceiling or an ancestor is refused `not_narrower`; what is left open is `unasked` seconds, cut to
 * ceiling and ancestors. A life that would be over at once is refused `expired`.
 */
export function planLife(input: {
  readonly asked: number | undefined
  readonly unasked?: number
  readonly scope: Scope
  readonly ancestors: readonly Pick<Lease, 'expiresAt'>[]
  readonly now: EpochSeconds
}): Result<GrantedLife> {
  const { asked, unasked = LEASE_TTL_SECONDS_DEFAULT, scope, ancestors, now } = input
  const ceiling = Math.min(scope.limits.ttl_seconds, LEASE_CUMULATIVE_SECONDS_MAX)
  const bound = ancestors.reduce((end, lease) => earlier(end, lease.expiresAt), later(now, ceiling))
  const wanted = later(now, asked ?? unasked)
  if (asked !== undefined && wanted > bound) {
    return refuse('not_narrower', { asked, ceiling: bound - now }, [outlives('/ttl_seconds')])
  }
  const expiresAt = earlier(wanted, bound)
  return expiresAt > now ? accept({ expiresAt, seconds: expiresAt - now }) : refuse('expired')
}

/**
 * I3 after birth: at most LEASE_RENEWALS_MAX renewals, at most LEASE_CUMULATIVE_SECONDS_MAX in all,
 * never past an ancestor's end, never an earlier end than before. Liveness is checked elsewhere.
 * Refusals: `not_narrower`, `renewal_exceeded`.
 */
export function planRenewal(input: {
  readonly lease: Pick<Lease, 'expiresAt' | 'renewals' | 'grantedSeconds' | 'scope'>
  readonly ancestors: readonly Pick<Lease, 'expiresAt'>[]
  /** Contracts of holders that moved on since their lease was granted. */
  readonly contracts?: readonly Scope[]
  readonly asked: number
  /** Cuts `asked` to what is allowed; what is then no longer than before is `renewal_exceeded`. */
  readonly cut?: boolean
  readonly now: EpochSeconds
}): Result<Pick<Lease, 'expiresAt' | 'renewals' | 'grantedSeconds'>> {
  const { lease, ancestors, contracts = [], now } = input
  const asked = input.cut === true ? longestRenewal(input) : input.asked
  if (asked <= 0) return refuse('renewal_exceeded', { asked })
  const expiresAt = later(now, asked)
  const outlived = ancestors.some((ancestor) => expiresAt > ancestor.expiresAt)
  const scopes = [lease.scope, ...contracts]
  if (outlived || scopes.some((scope) => asked > scope.limits.ttl_seconds)) {
    return refuse('not_narrower', { asked }, [outlives('/ttl_seconds')])
  }
  if (expiresAt < lease.expiresAt) {
    if (input.cut === true) return refuse('renewal_exceeded', { asked })
    const detail = 'A renewal never ends a lease sooner.'
    return refuse('not_narrower', { asked }, [{ ...outlives('/ttl_seconds'), detail }])
  }
  if (lease.renewals >= LEASE_RENEWALS_MAX) {
    return refuse('renewal_exceeded', { renewals: lease.renewals })
  }
  const grantedSeconds = lease.grantedSeconds + (expiresAt - lease.expiresAt)
  if (grantedSeconds > LEASE_CUMULATIVE_SECONDS_MAX) {
    return refuse('renewal_exceeded', { grantedSeconds })
  }
  return accept({ expiresAt, renewals: lease.renewals + 1, grantedSeconds })
}

/** What is asked of a renewal, cut to scope, contracts, ancestors and the life of all together. */
function longestRenewal(input: Parameters<typeof planRenewal>[0]): number {
  const { lease, ancestors, contracts = [], asked, now } = input
  const left = LEASE_CUMULATIVE_SECONDS_MAX - lease.grantedSeconds
  const ceilings = [lease.scope, ...contracts].map((scope) => scope.limits.ttl_seconds)
  const ends = ancestors.map((ancestor) => ancestor.expiresAt - now)
  return Math.min(asked, ...ceilings, ...ends, lease.expiresAt + left - now)
}

/** The life of a token: as asked, 60 s by default, at most 300 s, never past the lease's end. */
export function planTokenLife(input: {
  readonly asked: number | undefined
  readonly lineage: readonly Pick<Lease, 'expiresAt'>[]
  readonly now: EpochSeconds
}): Result<GrantedLife> {
  const { asked, lineage, now } = input
  if (asked !== undefined && asked > TOKEN_TTL_SECONDS_MAX) {
    return refuse('not_narrower', { asked }, [outlives('/ttl_seconds')])
  }
  const wanted = later(now, asked ?? TOKEN_TTL_SECONDS_DEFAULT)
  const expiresAt = lineage.reduce((end, lease) => earlier(end, lease.expiresAt), wanted)
  return expiresAt > now ? accept({ expiresAt, seconds: expiresAt - now }) : refuse('expired')
}

function outlives(pointer: string): Reason {
  return { pointer, code: 'not_narrower', detail: 'The life asked for is longer than allowed.' }
}
