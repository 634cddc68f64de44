import type { AuditEntry } from './audit.ts'
import { rescale } from './budget.ts'
import type { AgentUri, Jti, LeaseId, RequestId, TenantId } from './ids.ts'
import type { Cost } from './redemption.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { EpochSeconds } from './time.ts'

/** What one redeemed call holds of one unit, until it is settled and afterwards. */
export interface Reservation extends Cost {
  readonly root: LeaseId
  readonly lease: LeaseId
  readonly jti: Jti
  /** The enforcement point that redeemed; null for a gateway on the authority's own store. */
  readonly point: AgentUri | null
  readonly at: EpochSeconds
  /** What it came to, in the decimals of the reservation; null while it is open. */
  readonly settledAmount: number | null
}

/** What a call came to: a cost of each reserved unit, or nothing at all. */
export type Actual = readonly Cost[] | 'released'

/** What a measured call has used, as the upstream states it; for the record. */
export interface CallUsage {
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Who settles what. */
export interface Settlement {
  readonly tenant: TenantId
  readonly root: LeaseId
  readonly jti: Jti
  readonly actual: Actual
  /** What it is the price of, where that was measured. */
  readonly usage?: CallUsage
  /**
   * Whose reservations may be settled: those of one enforcement point, of gateways on the
   * authority's own store (null), or of anybody (people, by hand).
   */
  readonly point: AgentUri | null | 'any'
  readonly actor: AuditEntry['actor']
  readonly request: RequestId
}

/** A settled call; `again` when it stood so before. */
export interface Settled {
  readonly jti: Jti
  readonly lease: LeaseId
  readonly spent: readonly Cost[]
  readonly again: boolean
}

/** Settles reservations, each in one durable decision with its record (I10). */
export interface Settler {
  settle(settlement: Settlement): Promise<Result<Settled>>
}

/**
 * What a settlement comes to, given the reservations of one call: every reserved unit is named and
 * no other, exactly, and no more than was reserved (I11: the reservation was the ceiling). The same
 * again is accepted, anything else about a settled call is refused. Refusals: `malformed`,
 * `conflict`.
 */
export function planSettlement(
  reservations: readonly Reservation[],
  actual: Actual,
): Result<{ readonly spent: readonly Cost[]; readonly again: boolean }> {
  const spent: Cost[] = []
  for (const reserved of reservations) {
    const amount = actual === 'released' ? 0 : amountOf(actual, reserved)
    if (!Number.isInteger(amount)) return wrong(`No exact amount of ${reserved.unit} is stated.`)
    if (amount > reserved.amount) return wrong(`More of ${reserved.unit} than was reserved.`)
    spent.push({ unit: reserved.unit, decimals: reserved.decimals, amount })
  }
  if (actual !== 'released' && actual.length !== reservations.length) {
    return wrong('Each reserved unit is stated once, and no other.')
  }
  const settled = reservations.filter(({ settledAmount }) => settledAmount !== null)
  if (settled.length === 0) return accept({ spent, again: false })
  const same = reservations.every((one, at) => one.settledAmount === spent[at]?.amount)
  return same ? accept({ spent, again: true }) : refuse('conflict', { settled: 'otherwise' })
}

/** NaN when the unit is not stated, or not exactly. */
function amountOf(actual: readonly Cost[], reserved: Reservation): number {
  const cost = actual.find(({ unit }) => unit === reserved.unit)
  const amount = cost && rescale(cost, reserved.decimals)
  if (amount === undefined) return Number.NaN
  return amount === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : amount
}

function wrong(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/actual', code: 'malformed', detail }])
}
