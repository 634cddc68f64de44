import type { RefusalCode } from '../../../src/domain/refusal.ts'
import { firstStage } from './precedence.ts'
import {
  agentOf,
  leaseOf,
  lineageOf,
  type Model,
  type ModelLease,
  type ModelToken,
  type Prediction,
} from './state.ts'
import type { Terms } from './terms.ts'

/** No budget: nothing is counted. */
const FREE = Number.POSITIVE_INFINITY

/** Who redeemed: an enforcement point by name, or the gateway on the authority's own store. */
export type Point = string | null

/** The leases of a lineage that count money: those born with a budget. */
function accountsOf(model: Model, lease: ModelLease): readonly ModelLease[] {
  return lineageOf(model, lease).filter(({ terms }) => terms.budget !== FREE)
}

/** The holder's contract where it moved on since the lease was born. */
function movedContract(model: Model, lease: ModelLease): Terms | undefined {
  const { contract, version } = agentOf(model, lease.holder)
  return version === lease.version ? undefined : contract
}

/** I11: what calls at a lease and below it hold of its budget, or came to. */
export function heldBelow(model: Model, lease: ModelLease): { reserved: number; spent: number } {
  const held = { reserved: 0, spent: 0 }
  for (const { lease: id, reserved, settled } of model.tokens) {
    const at = reserved === undefined ? undefined : model.leases.get(id)
    if (at === undefined || !lineageOf(model, at).includes(lease)) continue
    if (settled === undefined) held.reserved += reserved ?? 0
    else held.spent += settled
  }
  return held
}

/** What is left; a lowered contract binds an open lease too. */
export function budgetLeft(model: Model, lease: ModelLease): number {
  const { reserved, spent } = heldBelow(model, lease)
  const ceiling = movedContract(model, lease)?.budget ?? FREE
  return Math.min(lease.terms.budget, ceiling) - reserved - spent
}

/** "A call of a unit without a cost is refused"; so is a unit nobody counted from the start. */
export function whyNotCounted(
  model: Model,
  lease: ModelLease,
  cost: number | undefined,
): RefusalCode | undefined {
  const uncounted = lineageOf(model, lease).some(
    (one) => one.terms.budget === FREE && (movedContract(model, one)?.budget ?? FREE) !== FREE,
  )
  const unstated = cost === undefined && accountsOf(model, lease).length > 0
  return uncounted || unstated ? 'limit_unenforceable' : undefined
}

/** I11: "spending debits the lease and every ancestor that has a limit". */
export function whyNotAfforded(
  model: Model,
  lease: ModelLease,
  cost: number | undefined,
): RefusalCode | undefined {
  const short = accountsOf(model, lease).some((one) => (cost ?? 0) > budgetLeft(model, one))
  return short ? 'budget_exhausted' : undefined
}

/** The budget of a token is a ceiling of its one call. */
export function whyNotCovered(
  token: ModelToken,
  cost: number | undefined,
): RefusalCode | undefined {
  if (token.terms.budget === FREE) return undefined
  if (cost === undefined) return 'limit_unenforceable'
  return cost > token.terms.budget ? 'budget_exhausted' : undefined
}

/** Whether anybody counts what a call below the lease costs. */
export function isCounted(model: Model, id: string): boolean {
  const lease = model.leases.get(id)
  return lease !== undefined && accountsOf(model, lease).length > 0
}

/** What a spent token holds until it is settled. */
export function reserve(
  model: Model,
  token: ModelToken,
  cost: number | undefined,
  point: Point,
): void {
  const lease = leaseOf(model, token.lease)
  token.root = lineageOf(model, lease)[0]?.id
  if (cost === undefined || accountsOf(model, lease).length === 0) return
  token.reserved = cost
  token.point = point
}

/**
 * Settled once: no more than was reserved, by the point that redeemed or by a person. The same again
 * changes nothing; anything else about a settled call is refused.
 */
export function predictSettle(
  token: ModelToken,
  amount: number | 'released',
  by: Point | 'person',
): Prediction {
  const paid = amount === 'released' ? 0 : amount
  const refused = firstStage([
    () => (token.reserved === undefined ? 'not_found' : undefined),
    () => (by === 'person' || by === token.point ? undefined : 'not_found'),
    () => (paid > (token.reserved ?? 0) ? 'malformed' : undefined),
    () => (token.settled === undefined || token.settled === paid ? undefined : 'conflict'),
  ])
  return { verdict: refused ?? 'allowed', event: 'reservation.settled' }
}
