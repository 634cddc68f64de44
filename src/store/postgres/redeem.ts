import type { AuditPosition } from '../../domain/audit.ts'
import type { AgentUri, Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import type { HolderContract, Spend, SpendOutcome } from '../../domain/redemption.ts'
import { type Refusal, refuse } from '../../domain/refusal.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { ChainDraft } from '../audit/chain-draft.ts'
import { raiseBudgets } from '../redeem/redeem-alerts.ts'
import {
  type Ceilings,
  type ContractOf,
  ceilingsOf,
  heldOf,
  lowerUses,
} from '../redeem/redeem-budgets.ts'
import {
  debitsOf,
  type Effects,
  type Evidence,
  entryOf,
  type HotLease,
  hasMoved,
  leaseIds,
  proofUsed,
  type Standing,
  spentEntryOf,
  spentOf,
  subjectsAsked,
  tokenUsed,
} from '../redeem/redeem-judge.ts'
import { countedOf, isRated, type Rates, ratesOf, ratesWanted } from '../redeem/redeem-rates.ts'
import type { RateRows } from './rate-rows.ts'
import { type Attempt, giveBack, type Judged, judge, type Planned, plan } from './redeem-plan.ts'
import type { RedeemRows } from './redeem-rows.ts'

/** What became of an attempt: why it failed, or where its record stands. */
type Fates = ReadonlyMap<Jti, AuditPosition | Refusal>

interface Tools {
  readonly rows: RedeemRows
  readonly rateRows: RateRows
  readonly chain: ChainDraft
  readonly now: EpochSeconds
  /** From how much of a budget on its owner is told, in percent. */
  readonly warningPercent: number
}

/**
 * Redeems spends of one root in arrival order, inside one transaction that reads committed rows
 * afresh with every statement: liveness of each lineage (I6, I9), single use (I7), limits of the
 * lease and all ancestors (I11), one record each (I10). Answers in the same order, with the same
 * refusals as the embedded store.
 *
 * Counters, budgets and rates of limited leases are locked before anything is counted. Whoever
 * spends a token of such a lease holds the same lock, so what is then read of spent tokens stays
 * true; without a limit the insert alone decides.
 */
export async function redeemBatch(
  spends: readonly Spend[],
  tools: Tools,
): Promise<readonly SpendOutcome[]> {
  const { rows, rateRows, chain } = tools
  const { evidence, contractOf } = await readEvidence(spends, tools)
  const judged = spends.map((spend) => judge(spend, evidence, contractOf))
  const limits = await lockLimits(spends, judged, { ...tools, contractOf })
  const planned = plan(spends, judged, { ...limits, next: chain.next() })
  const fates = await spendAll(planned, tools)
  const outcomes = planned.map((one, at) => settle(spends[at], one, { ...tools, fates }))
  await rows.debit(debitsOf(evidence.standings.values()))
  await rows.raise(raiseBudgets(limits.ceilings, evidence.leases, tools))
  await rows.hold(heldOf(limits.ceilings))
  await rateRows.write(countedOf(limits.rates))
  return outcomes
}

async function readEvidence(
  spends: readonly Spend[],
  { rows, now }: Tools,
): Promise<{ readonly evidence: Evidence; readonly contractOf: ContractOf }> {
  const leases = await rows.leases(leaseIds(spends))
  const effects = new Map<TenantId, Effects>()
  for (const [tenant, subjects] of subjectsAsked(spends, leases)) {
    effects.set(tenant, await rows.effects(tenant, subjects))
  }
  const contractOf = await readContracts([...leases.values()].filter(hasMoved), rows)
  lowerUses(leases, contractOf)
  return { evidence: { now, leases, effects, standings: new Map() }, contractOf }
}

/** The contracts that moved on since a lease was granted; a tree is of one tenant (I5). */
async function readContracts(moved: readonly HotLease[], rows: RedeemRows): Promise<ContractOf> {
  const [first] = moved
  if (first === undefined) return () => undefined
  const agents = new Set<AgentUri>(moved.map(({ holder }) => holder))
  const found: ReadonlyMap<AgentUri, HolderContract> = await rows.contracts(first.tenant, [
    ...agents,
  ])
  return ({ holder }) => found.get(holder)
}

/** What limits the redemptions of a batch, locked, and which of their tokens were spent before. */
interface Limits {
  readonly known: ReadonlyMap<Jti, AuditPosition>
  readonly ceilings: Ceilings
  readonly rates: Rates
}

async function lockLimits(
  spends: readonly Spend[],
  judged: readonly Judged[],
  { rows, rateRows, now, contractOf }: Tools & { readonly contractOf: ContractOf },
): Promise<Limits> {
  const limited = new Set<HotLease>()
  const budgeted = new Set<LeaseId>()
  const leases = new Map<LeaseId, HotLease>()
  const open: { readonly jti: Jti; readonly standing: Standing }[] = []
  judged.forEach((one, at) => {
    const spend = spends[at]
    if (one.kind !== 'open' || spend === undefined) return
    open.push({ jti: spend.jti, standing: one.standing })
    const { lineage } = one.standing
    for (const lease of lineage) leases.set(lease.id, lease)
    for (const lease of one.standing.limited) limited.add(lease)
    const counted = lineage.filter(({ budgets }) => budgets > 0)
    for (const { id } of counted) budgeted.add(id)
  })
  const wanted = ratesWanted(
    open.map(({ standing }) => standing.leaf),
    leases,
    contractOf,
  )
  await rows.lockCounters([...limited])
  const ceilings = ceilingsOf(leases, await rows.lockBudgets([...budgeted]), contractOf)
  const rates = ratesOf(wanted, await rateRows.lock(wanted), now)
  const isBound = ({ lineage, limited }: Standing) =>
    limited.length > 0 || lineage.some(({ id }) => budgeted.has(id))
  const bound = open.filter(({ standing }) => isBound(standing) || isRated(standing, wanted))
  return { known: await rows.firstUses(bound.map(({ jti }) => jti)), ceilings, rates }
}

async function spendAll(planned: readonly Planned[], { rows, now }: Tools): Promise<Fates> {
  const attempts = planned.filter((one): one is Attempt => one.kind === 'attempt')
  const unseen = await rows.insertProofs(attempts.map(({ spend }) => spend))
  const proven = attempts.filter(
    ({ spend: { proof } }) => proof === undefined || unseen.delete(proof.id),
  )
  const spent = await rows.insertSpent(proven, now)
  const fates = new Map<Jti, AuditPosition | Refusal>()
  for (const { spend, record } of attempts) fates.set(spend.jti, record)
  const failed = attempts.filter(({ spend }) => !spent.has(spend.jti))
  const before = await rows.firstUses(failed.map(({ spend }) => spend.jti))
  for (const attempt of failed) {
    const { jti, expiresAt } = attempt.spend
    const first = before.get(jti)
    giveBack(attempt)
    const unspent = proven.includes(attempt)
      ? refuse('expired', { expiresAt }).refusal
      : proofUsed()
    fates.set(jti, first === undefined ? unspent : tokenUsed(first))
  }
  const held = attempts.flatMap(({ spend, reserved }) =>
    spent.has(spend.jti) ? reserved.map((cost) => ({ spend, cost })) : [],
  )
  await rows.insertReservations(held, now)
  return fates
}

/** The outcome of one redemption, and its record. */
function settle(
  spend: Spend | undefined,
  planned: Planned,
  { chain, now, fates }: Tools & { readonly fates: Fates },
): SpendOutcome {
  if (spend === undefined) throw new Error('each plan is of one redemption')
  if (planned.kind === 'moved') return { kind: 'contractsMoved', contracts: planned.contracts }
  const refused = (refusal: Refusal): SpendOutcome => {
    chain.append(entryOf(spend, refusal.code, refusal.facts), now)
    return { kind: 'refused', refusal }
  }
  if (planned.kind === 'refused') return refused(planned.refusal)
  const fate = fates.get(spend.jti)
  if (fate === undefined) throw new Error('each attempt has its fate')
  if ('code' in fate) return refused(fate)
  if (planned.kind === 'again') return refused(tokenUsed(fate))
  const { standing, reserved, rate } = planned
  const record = chain.append(spentEntryOf(spend, reserved), now)
  return spentOf(standing, { record, at: now, reserved, rate })
}
