import type { AgentUri, LeaseId, TenantId } from '../../domain/ids.ts'
import {
  type Counted,
  countedWith,
  DAY_SECONDS,
  HOUR_SECONDS,
  type RateLeft,
  type RateStanding,
  secondsUntil,
  standingAt,
} from '../../domain/rate.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { ContractOf } from './redeem-budgets.ts'
import { type HotLease, hasMoved, type Standing } from './redeem-judge.ts'

/** Whose calls a rate counts: those at a lease and below it, or all of an agent. */
export type RateOwner =
  | { readonly kind: 'lease'; readonly root: LeaseId; readonly id: LeaseId }
  | { readonly kind: 'agent'; readonly id: AgentUri }

/** A rate that has to be read, and how much it allows. */
export interface WantedRate {
  readonly owner: RateOwner
  readonly tenant: TenantId
  readonly perSeconds: number
  readonly limit: number
}

/** A rate as a batch counts it; `taken` is what the batch admitted. */
export interface HotRate extends WantedRate {
  readonly standing: RateStanding
  taken: number
}

/** The rates of a batch, by lease and by agent. */
export interface Rates {
  readonly now: EpochSeconds
  readonly byOwner: ReadonlyMap<string, readonly HotRate[]>
}

/**
 * The rates that bind a batch: of each lease its own and, where its holder's contract has moved on,
 * the contract's; of the agents that spend, what their contracts' terms allow in an hour and a day.
 * Of two over the same seconds the lower one.
 */
export function ratesWanted(
  leaves: Iterable<HotLease>,
  leases: ReadonlyMap<LeaseId, HotLease>,
  contractOf: ContractOf,
): readonly WantedRate[] {
  const wanted = new Map<string, WantedRate>()
  const want = (rate: WantedRate) => {
    const key = `${ownerKey(rate.tenant, rate.owner)} ${rate.perSeconds}`
    const known = wanted.get(key)
    if (known === undefined || rate.limit < known.limit) wanted.set(key, rate)
  }
  for (const lease of leases.values()) {
    for (const rate of ratesOfLease(lease, contractOf)) want(rate)
  }
  for (const leaf of leaves) for (const rate of ratesOfHolder(leaf)) want(rate)
  return [...wanted.values()]
}

/** The rates as they stand; `stored` answers the text of one that was counted before. */
export function ratesOf(
  wanted: readonly WantedRate[],
  stored: (rate: WantedRate) => string | undefined,
  now: EpochSeconds,
): Rates {
  const byOwner = new Map<string, HotRate[]>()
  for (const rate of wanted) {
    const { owner, tenant, perSeconds } = rate
    const text = stored(rate)
    const counted: Counted = text === undefined ? [] : JSON.parse(text)
    const hot: HotRate = { ...rate, standing: standingAt(counted, perSeconds, now), taken: 0 }
    const key = ownerKey(tenant, owner)
    byOwner.set(key, [...(byOwner.get(key) ?? []), hot])
  }
  return { now, byOwner }
}

/** Whether any rate binds a lineage. */
export function isRated({ lineage, leaf }: Standing, rates: readonly WantedRate[]): boolean {
  if (rates.length === 0) return false
  return rates.some(({ owner }) =>
    owner.kind === 'agent'
      ? owner.id === leaf.holder
      : lineage.some((lease) => lease.id === owner.id),
  )
}

/**
 * The rates that a spend counts in, when all of them have room (I11). Refuses `rate_limited` with
 * the one that has room last: `retryAfterSeconds` from now it is worth asking again.
 */
export function planRates(
  { lineage, leaf }: Standing,
  { now, byOwner }: Rates,
): Result<readonly HotRate[]> {
  if (byOwner.size === 0) return accept([])
  const counts = lineage.flatMap(
    (lease) => byOwner.get(ownerKey(lease.tenant, ofLease(lease))) ?? [],
  )
  counts.push(...(byOwner.get(ownerKey(leaf.tenant, { kind: 'agent', id: leaf.holder })) ?? []))
  let last: { readonly rate: HotRate; readonly seconds: number } | undefined
  for (const rate of counts) {
    if (usedOf(rate) < rate.limit) continue
    const seconds = Math.max(1, secondsUntilUsed(rate, rate.limit - 1, now))
    if (last === undefined || seconds > last.seconds) last = { rate, seconds }
  }
  if (last === undefined) return accept(counts)
  const { owner, limit, perSeconds } = last.rate
  const whose = owner.kind === 'lease' ? { lease: owner.id } : { contract: owner.id }
  return refuse('rate_limited', { limit, perSeconds, retryAfterSeconds: last.seconds, ...whose })
}

/** Counts a call in each of its rates; answers the rate that is closest to its limit. */
export function countIn(rates: readonly HotRate[], now: EpochSeconds): RateLeft | undefined {
  let tightest: RateLeft | undefined
  for (const rate of rates) {
    rate.taken += 1
    const used = usedOf(rate)
    const { limit, perSeconds } = rate
    const remaining = Math.max(0, limit - used)
    const resetSeconds = secondsUntilUsed(rate, used - 1, now)
    const left: RateLeft = { limit, remaining, perSeconds, resetSeconds }
    if (tightest === undefined || isTighter(left, tightest)) tightest = left
  }
  return tightest
}

/** The rates to write: each once, with what all of the batch was admitted. */
export function countedOf({ byOwner }: Rates): readonly HotRate[] {
  if (byOwner.size === 0) return []
  return [...byOwner.values()].flat().filter(({ taken }) => taken > 0)
}

/** The text that is stored of a rate. */
export function countedText({ standing, taken }: HotRate): string {
  return JSON.stringify(countedWith(standing, taken))
}

function ratesOfLease(lease: HotLease, contractOf: ContractOf): readonly WantedRate[] {
  const { tenant, rate_requests: limit, rate_seconds: perSeconds } = lease
  const owner = ofLease(lease)
  const own = limit === null || perSeconds === null ? [] : [{ owner, tenant, perSeconds, limit }]
  const above = hasMoved(lease) ? contractOf(lease)?.contract.limits.rate : undefined
  if (above === undefined || above === 'unlimited') return own
  return [...own, { owner, tenant, perSeconds: above.per_seconds, limit: above.requests }]
}

function ratesOfHolder({ holder, tenant, rate_hour, rate_day }: HotLease): readonly WantedRate[] {
  const owner = { kind: 'agent', id: holder } as const
  const wanted: WantedRate[] = []
  if (rate_hour !== null) wanted.push({ owner, tenant, perSeconds: HOUR_SECONDS, limit: rate_hour })
  if (rate_day !== null) wanted.push({ owner, tenant, perSeconds: DAY_SECONDS, limit: rate_day })
  return wanted
}

function ofLease({ root_id: root, id }: HotLease): RateOwner {
  return { kind: 'lease', root, id }
}

function ownerKey(tenant: TenantId, { kind, id }: RateOwner): string {
  return `${kind} ${tenant} ${id}`
}

function usedOf({ standing, taken }: HotRate): number {
  return standing.used + taken
}

function secondsUntilUsed(rate: HotRate, most: number, now: EpochSeconds): number {
  const { standing, taken, perSeconds } = rate
  const counted = taken === 0 ? standing.kept : countedWith(standing, taken)
  return secondsUntil(counted, most, { perSeconds, now })
}

function isTighter(a: RateLeft, b: RateLeft): boolean {
  if (a.remaining !== b.remaining) return a.remaining < b.remaining
  return a.resetSeconds > b.resetSeconds
}
