import type { LeaseId, TenantId } from '../../domain/ids.ts'
import type { HolderContract, Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { ChainDraft } from '../audit/chain-draft.ts'
import { noteRefused, raiseBudgets } from '../redeem/redeem-alerts.ts'
import {
  budgetedOf,
  type Ceilings,
  type ContractOf,
  ceilingsOf,
  heldOf,
  lowerUses,
  planBudgets,
  reserve,
} from '../redeem/redeem-budgets.ts'
import {
  debitsOf,
  type Effects,
  type Evidence,
  entryOf,
  exhausted,
  isFull,
  leaseIds,
  leavesIn,
  movedHolders,
  proofUsed,
  refusalOf,
  type Standing,
  spentEntryOf,
  spentOf,
  standingOf,
  subjectsAsked,
  take,
  tokenUsed,
} from '../redeem/redeem-judge.ts'
import {
  countedOf,
  countIn,
  planRates,
  type Rates,
  ratesOf,
  ratesWanted,
} from '../redeem/redeem-rates.ts'
import type { RateRows } from './rate-rows.ts'
import type { RedeemRows } from './redeem-rows.ts'

/** What a batch works with: everything was read in the same transaction that writes. */
interface Batch extends Evidence {
  readonly rows: RedeemRows
  readonly rateRows: RateRows
  readonly chain: ChainDraft
  readonly ceilings: Ceilings
  readonly rates: Rates
  readonly contractOf: ContractOf
  /** From how much of a budget on its owner is told, in percent. */
  readonly warningPercent: number
}

/**
 * Redeems a batch in arrival order, inside one transaction that holds the write lock: liveness of
 * each lineage (I6), single use (I7), limits of the lease and all ancestors (I11), one record each
 * (I10). Answers in the same order. Refusals: `not_found`, `holder_binding_failed`, `revoked`,
 * `suspended`, `released`, `expired`, `limit_unenforceable`, `token_used`, `uses_exhausted`,
 * `budget_exhausted`, `rate_limited`, `proof_invalid`. Signature, confirmation and scope were
 * judged before.
 */
export function redeemBatch(
  spends: readonly Spend[],
  tools: Pick<Batch, 'rows' | 'rateRows' | 'chain' | 'now' | 'warningPercent'>,
): readonly SpendOutcome[] {
  const leases = tools.rows.leases(leaseIds(spends))
  const effects = new Map<TenantId, Effects>()
  for (const [tenant, subjects] of subjectsAsked(spends, leases)) {
    effects.set(tenant, tools.rows.effects(tenant, subjects))
  }
  const contractOf = contractsIn(tools.rows)
  lowerUses(leases, contractOf)
  const ceilings = ceilingsOf(leases, tools.rows.budgets(budgetedOf(leases)), contractOf)
  const wanted = ratesWanted(leavesIn(spends, leases), leases, contractOf)
  const rates = ratesOf(wanted, (rate) => tools.rateRows.counted(rate), tools.now)
  const standings = new Map<LeaseId, Standing>()
  const batch: Batch = { ...tools, leases, effects, standings, ceilings, rates, contractOf }
  const outcomes = spends.map((spend) => redeemOne(spend, batch))
  for (const lease of debitsOf(batch.standings.values())) tools.rows.debit(lease)
  for (const alert of raiseBudgets(ceilings, leases, tools)) tools.rows.raise(alert)
  for (const budget of heldOf(ceilings)) tools.rows.hold(budget)
  for (const rate of countedOf(rates)) tools.rateRows.write(rate)
  return outcomes
}

function redeemOne(spend: Spend, batch: Batch): SpendOutcome {
  const found = standingOf(spend, batch)
  if (!found.ok) return refused(spend, found.refusal, batch)
  const standing = found.value
  const refusal = refusalOf(spend, standing, batch)
  if (refusal !== undefined) return refused(spend, refusal, batch)
  const moved = movedContracts(spend, standing, batch)
  if (moved.length > 0) return { kind: 'contractsMoved', contracts: moved }

  const { now, chain, rows } = batch
  const debits = planBudgets(spend, standing, batch.ceilings)
  if (!debits.ok && debits.refusal.code === 'limit_unenforceable') {
    return refused(spend, debits.refusal, batch)
  }
  const full = standing.limited.find(isFull)
  if (full !== undefined) return refused(spend, exhausted(full, rows.firstUse(spend)), batch)
  const counts = planRates(standing, batch.rates)
  if (!debits.ok) {
    noteRefused(standing, batch.ceilings, debits.refusal)
    return unlessUsed(spend, debits.refusal, batch)
  }
  if (!counts.ok) return unlessUsed(spend, counts.refusal, batch)
  if (!rows.insertProof(spend)) return unlessUsed(spend, proofUsed(), batch)
  if (!rows.insertSpent(spend, now, chain.next())) {
    return refused(spend, tokenUsed(rows.firstUse(spend)), batch)
  }
  take(standing)
  const reserved = reserve(spend, debits.value)
  for (const cost of reserved) rows.insertReservation(spend, cost, now)
  const rate = countIn(counts.value, now)
  const record = chain.append(spentEntryOf(spend, reserved), now)
  return spentOf(standing, { record, at: now, reserved, rate })
}

/** Reads each contract once. */
function contractsIn(rows: RedeemRows): ContractOf {
  const known = new Map<string, HolderContract | undefined>()
  return ({ tenant, holder }) => {
    const key = `${tenant} ${holder}`
    if (!known.has(key)) known.set(key, rows.contract(tenant, holder))
    return known.get(key)
  }
}

function movedContracts(
  spend: Spend,
  standing: Standing,
  { contractOf }: Batch,
): readonly HolderContract[] {
  return movedHolders(spend, standing).map((agent) => {
    const lease = standing.moved.find(({ holder }) => holder === agent)
    const contract = lease && contractOf(lease)
    if (contract === undefined) throw new Error(`the holder ${agent} is not enrolled`)
    return contract
  })
}

/** A spent token is told so even when nothing would be left for it. */
function unlessUsed(spend: Spend, refusal: Refusal, batch: Batch): SpendOutcome {
  const used = batch.rows.firstUse(spend)
  return refused(spend, used === undefined ? refusal : tokenUsed(used), batch)
}

function refused(spend: Spend, refusal: Refusal, { chain, now }: Batch): SpendOutcome {
  chain.append(entryOf(spend, refusal.code, refusal.facts), now)
  return { kind: 'refused', refusal }
}
