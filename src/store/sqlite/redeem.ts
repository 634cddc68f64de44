import type { TenantId } from '../../domain/ids.ts'
import type { HolderContract, Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { ChainDraft } from '../audit/chain-draft.ts'
import {
  debitsOf,
  type Effects,
  type Evidence,
  entryOf,
  exhausted,
  isFull,
  leaseIds,
  movedHolders,
  refusalOf,
  type Standing,
  standingOf,
  subjectsAsked,
  take,
  tokenUsed,
} from '../redeem-judge.ts'
import type { RedeemRows } from './redeem-rows.ts'

/** What a batch works with: everything was read in the same transaction that writes. */
interface Batch extends Evidence {
  readonly rows: RedeemRows
  readonly chain: ChainDraft
}

/**
 * Redeems a batch in arrival order, inside one transaction that holds the write lock: liveness of
 * each lineage (I6), single use (I7), limits of the lease and all ancestors (I11), one record each
 * (I10). Answers in the same order. Refusals: `not_found`, `holder_binding_failed`, `revoked`,
 * `suspended`, `released`, `expired`, `token_used`, `uses_exhausted`. Signature, confirmation and
 * scope were judged before.
 */
export function redeemBatch(
  spends: readonly Spend[],
  tools: Pick<Batch, 'rows' | 'chain' | 'now'>,
): readonly SpendOutcome[] {
  const leases = tools.rows.leases(leaseIds(spends))
  const effects = new Map<TenantId, Effects>()
  for (const [tenant, subjects] of subjectsAsked(spends, leases)) {
    effects.set(tenant, tools.rows.effects(tenant, subjects))
  }
  const batch: Batch = { ...tools, leases, effects, standings: new Map() }
  const outcomes = spends.map((spend) => redeemOne(spend, batch))
  for (const lease of debitsOf(batch.standings.values())) tools.rows.debit(lease)
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
  const full = standing.limited.find(isFull)
  if (full !== undefined) return refused(spend, exhausted(full, rows.firstUse(spend)), batch)
  if (!rows.insertSpent(spend, now, chain.next())) {
    return refused(spend, tokenUsed(rows.firstUse(spend)), batch)
  }
  take(standing)
  const { holders, leaseEndsAt } = standing
  const record = chain.append(entryOf(spend, 'allowed'), now)
  return { kind: 'spent', record, at: now, holders, leaseEndsAt }
}

function movedContracts(
  spend: Spend,
  standing: Standing,
  { rows }: Batch,
): readonly HolderContract[] {
  return movedHolders(spend, standing).map((agent) => {
    const contract = rows.contract(standing.leaf.tenant, agent)
    if (contract === undefined) throw new Error(`the holder ${agent} is not enrolled`)
    return contract
  })
}

function refused(spend: Spend, refusal: Refusal, { chain, now }: Batch): SpendOutcome {
  chain.append(entryOf(spend, refusal.code, refusal.facts), now)
  return { kind: 'refused', refusal }
}
