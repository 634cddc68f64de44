import type { AuditPosition } from '../../domain/audit.ts'
import type { Debit } from '../../domain/budget.ts'
import type { Jti } from '../../domain/ids.ts'
import type { RateLeft } from '../../domain/rate.ts'
import type { Cost, HolderContract, Spend } from '../../domain/redemption.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { noteRefused } from '../redeem/redeem-alerts.ts'
import {
  type Ceilings,
  type ContractOf,
  type HotBudget,
  planBudgets,
  reserve,
} from '../redeem/redeem-budgets.ts'
import {
  type Evidence,
  exhausted,
  isFull,
  movedHolders,
  refusalOf,
  type Standing,
  standingOf,
  take,
  tokenUsed,
} from '../redeem/redeem-judge.ts'
import { countIn, type HotRate, planRates, type Rates } from '../redeem/redeem-rates.ts'

/** What became of one redemption before the token itself was looked up. */
export type Judged =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'moved'; readonly contracts: readonly HolderContract[] }
  | { readonly kind: 'open'; readonly standing: Standing }

/** A token that is about to be spent, with the place its record will take. */
export interface Attempt {
  readonly kind: 'attempt'
  readonly spend: Spend
  readonly standing: Standing
  readonly record: AuditPosition
  readonly debits: readonly Debit<HotBudget>[]
  readonly reserved: readonly Cost[]
  readonly counts: readonly HotRate[]
  readonly rate: RateLeft | undefined
}

/** What becomes of one redemption, as far as it can be told before the insert. */
export type Planned =
  | Exclude<Judged, { readonly kind: 'open' }>
  | Attempt
  /** The same token came before in this batch, and fares as that one does. */
  | { readonly kind: 'again' }

/** Everything that speaks against one redemption apart from the token and the limits. */
export function judge(spend: Spend, evidence: Evidence, contractOf: ContractOf): Judged {
  const found = standingOf(spend, evidence)
  if (!found.ok) return { kind: 'refused', refusal: found.refusal }
  const standing = found.value
  const refusal = refusalOf(spend, standing, evidence)
  if (refusal !== undefined) return { kind: 'refused', refusal }
  const contracts = movedHolders(spend, standing).map((agent) => {
    const lease = standing.moved.find(({ holder }) => holder === agent)
    const contract = lease && contractOf(lease)
    if (contract === undefined) throw new Error(`the holder ${agent} is not enrolled`)
    return contract
  })
  if (contracts.length > 0) return { kind: 'moved', contracts }
  return { kind: 'open', standing }
}

/**
 * Gives each redemption its place in the chain and counts uses, budgets and rates, in arrival
 * order. Each leaves exactly one record, so its place is known before it is known what the record
 * says.
 */
export function plan(
  spends: readonly Spend[],
  judged: readonly Judged[],
  by: {
    readonly known: ReadonlyMap<Jti, AuditPosition>
    readonly ceilings: Ceilings
    readonly rates: Rates
    readonly next: AuditPosition
  },
): readonly Planned[] {
  const { chain } = by.next
  let { sequence } = by.next
  const tried = new Set<Jti>()
  return judged.map((one, at): Planned => {
    if (one.kind === 'moved') return one
    const record = { chain, sequence }
    sequence += 1
    if (one.kind === 'refused') return one
    const spend = spends[at]
    if (spend === undefined) throw new Error('each verdict is of one redemption')
    const planned = planOpen(spend, one.standing, { ...by, tried })
    return planned.kind === 'attempt' ? { ...planned, record } : planned
  })
}

function planOpen(
  spend: Spend,
  standing: Standing,
  by: {
    readonly known: ReadonlyMap<Jti, AuditPosition>
    readonly ceilings: Ceilings
    readonly rates: Rates
    readonly tried: Set<Jti>
  },
): Exclude<Planned, Attempt> | Omit<Attempt, 'record'> {
  const debits = planBudgets(spend, standing, by.ceilings)
  if (!debits.ok && debits.refusal.code === 'limit_unenforceable') {
    return { kind: 'refused', refusal: debits.refusal }
  }
  const firstUse = by.known.get(spend.jti)
  if (firstUse !== undefined) return { kind: 'refused', refusal: tokenUsed(firstUse) }
  if (by.tried.has(spend.jti)) return { kind: 'again' }
  const full = standing.limited.find(isFull)
  if (full !== undefined) return { kind: 'refused', refusal: exhausted(full, undefined) }
  if (!debits.ok) {
    noteRefused(standing, by.ceilings, debits.refusal)
    return { kind: 'refused', refusal: debits.refusal }
  }
  const counts = planRates(standing, by.rates)
  if (!counts.ok) return { kind: 'refused', refusal: counts.refusal }
  by.tried.add(spend.jti)
  take(standing)
  const reserved = reserve(spend, debits.value)
  const rate = countIn(counts.value, by.rates.now)
  const taken = { debits: debits.value, counts: counts.value }
  return { kind: 'attempt', spend, standing, reserved, rate, ...taken }
}

/** What an attempt that failed counted is given back. */
export function giveBack({ standing, debits, counts }: Attempt): void {
  standing.spent -= 1
  for (const rate of counts) rate.taken -= 1
  for (const { account, amount } of debits) {
    account.debit -= amount
    account.reserved -= amount
  }
}
