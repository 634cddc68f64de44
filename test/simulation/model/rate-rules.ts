import type { RefusalCode } from '../../../src/domain/refusal.ts'
import { agentOf, lineageOf, type Model, type ModelLease } from './state.ts'

/** The one rate of a simulation: so many calls in so many seconds, however they lie. */
export const REQUESTS = 5
export const PER_SECONDS = 60

/** The lease's own rate, or that of its holder's contract where it moved on since. */
function isRated(model: Model, lease: ModelLease): boolean {
  const { contract, version } = agentOf(model, lease.holder)
  return lease.terms.rated || (version !== lease.version && contract.rated)
}

/** I11: calls below the lease that its rate has room for now. */
export function rateLeft(model: Model, lease: ModelLease): number {
  if (!isRated(model, lease)) return Number.POSITIVE_INFINITY
  return REQUESTS - lease.counted.filter((at) => model.now - at <= PER_SECONDS).length
}

/** "The lease and every ancestor that has a limit". */
export function whyNotYet(model: Model, lease: ModelLease): RefusalCode | undefined {
  return lineageOf(model, lease).some((one) => rateLeft(model, one) <= 0)
    ? 'rate_limited'
    : undefined
}

/** A call was admitted: each rate above counts it. */
export function countRates(model: Model, lease: ModelLease): void {
  for (const one of lineageOf(model, lease)) {
    if (isRated(model, one)) one.counted.push(model.now)
  }
}
