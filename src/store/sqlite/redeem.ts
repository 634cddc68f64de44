import type { AuditEntry } from '../../domain/audit.ts'
import type { AgentUri, LeaseId, TenantId } from '../../domain/ids.ts'
import type { HolderContract, Spend, SpendOutcome } from '../../domain/redemption.ts'
import { type Facts, type Refusal, type RefusalCode, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type RevocationSubject, subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { pathOf } from '../lease-rows.ts'
import { usedFacts } from '../spent-tokens.ts'
import type { ChainWriter } from './chain-writer.ts'
import type { HotLease, RedeemRows } from './redeem-rows.ts'

/** A lineage as the batch found it; the same for all tokens of one lease. */
interface Standing {
  readonly lineage: readonly HotLease[]
  readonly leaf: HotLease
  readonly holders: readonly AgentUri[]
  readonly limited: readonly HotLease[]
  readonly moved: readonly HotLease[]
  readonly leaseEndsAt: EpochSeconds
  readonly dead: RefusalCode | undefined
  spent: number
}

/** What a batch works with: everything was read in the same transaction that writes. */
interface Batch {
  readonly rows: RedeemRows
  readonly chain: ChainWriter
  readonly now: EpochSeconds
  readonly leases: ReadonlyMap<LeaseId, HotLease>
  readonly effects: ReadonlyMap<TenantId, ReadonlyMap<string, 'revoked' | 'suspended'>>
  readonly standings: Map<LeaseId, Standing>
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
  const effects = readEffects(spends, leases, tools.rows)
  const batch: Batch = { ...tools, leases, effects, standings: new Map() }
  const outcomes = spends.map((spend) => redeemOne(spend, batch))
  recordDebits(batch)
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

  const full = standing.limited.find(isFull)
  if (full !== undefined) return refused(spend, exhausted(spend, full, batch), batch)
  const { now, chain } = batch
  if (!batch.rows.insertSpent(spend, now, chain.next())) {
    return refused(spend, tokenUsed(spend, batch) ?? refuse('token_used').refusal, batch)
  }
  standing.spent += 1
  for (const lease of standing.limited) lease.taken += 1
  const { holders, leaseEndsAt } = standing
  const record = chain.append(entryOf(spend, 'allowed'), now)
  return { kind: 'spent', record, at: now, holders, leaseEndsAt }
}

/** Everything that speaks against the use before the token itself is looked up. */
function refusalOf(spend: Spend, { leaf, dead }: Standing, batch: Batch): Refusal | undefined {
  if (leaf.holder !== spend.agent) return refuse('holder_binding_failed').refusal
  const shown = presentedEffect(spend, batch)
  if (shown === 'revoked' || dead === 'revoked') return refuse('revoked').refusal
  if (shown !== undefined) return refuse(shown).refusal
  if (dead !== undefined) return refuse(dead).refusal
  const { expiresAt } = spend
  return expiresAt <= batch.now ? refuse('expired', { expiresAt }).refusal : undefined
}

/** What is revoked of the certificate and the signing key presented. */
function presentedEffect(spend: Spend, batch: Batch): 'revoked' | 'suspended' | undefined {
  const effects = batch.effects.get(spend.tenant)
  if (effects === undefined || effects.size === 0) return undefined
  const certificate = effects.get(subjectOf('certificate', spend.certificate))
  const key = effects.get(subjectOf('key', spend.signingKey))
  return certificate === 'revoked' ? certificate : (key ?? certificate)
}

/** The lineage in the token has to be the stored one, and of the same tenant (I5). */
function standingOf(spend: Spend, batch: Batch): Result<Standing> {
  const id = spend.lineage[spend.lineage.length - 1]
  const leaf = id === undefined ? undefined : batch.leases.get(id)
  if (leaf === undefined) return refuse('not_found', { unknown: 'lease' })
  if (leaf.tenant !== spend.tenant) return refuse('not_found', { foreign: 'tenant' })
  if (leaf.path !== pathOf(spend.lineage)) return refuse('not_found', { foreign: 'lineage' })
  const known = batch.standings.get(leaf.id)
  if (known !== undefined) return accept(known)

  const lineage = spend.lineage.map((ancestor) => batch.leases.get(ancestor))
  const whole = lineage.filter((lease) => lease !== undefined)
  if (whole.length !== lineage.length) return refuse('not_found', { unknown: 'ancestor' })
  const standing = judgeLineage(whole, leaf, batch)
  batch.standings.set(leaf.id, standing)
  return accept(standing)
}

function judgeLineage(lineage: readonly HotLease[], leaf: HotLease, batch: Batch): Standing {
  return {
    lineage,
    leaf,
    holders: lineage.map((lease) => lease.holder),
    limited: lineage.filter((lease) => lease.max_uses !== null),
    moved: lineage.filter((lease) => lease.contract_version !== lease.current_version),
    leaseEndsAt: Math.min(...lineage.map((lease) => lease.expires_at)) as EpochSeconds,
    dead: deadOf(lineage, leaf, batch),
    spent: 0,
  }
}

/** I6 without the counters: the worst finding, in the order of the domain's `stateOf`. */
function deadOf(
  lineage: readonly HotLease[],
  leaf: HotLease,
  batch: Batch,
): RefusalCode | undefined {
  const effects = batch.effects.get(leaf.tenant)
  if (effects !== undefined && effects.size > 0) {
    const found = new Set(lineageSubjects(lineage, leaf).map((subject) => effects.get(subject)))
    if (found.has('revoked')) return 'revoked'
    if (found.has('suspended')) return 'suspended'
  }
  if (lineage.some((lease) => lease.released_at !== null)) return 'released'
  return lineage.some((lease) => lease.expires_at <= batch.now) ? 'expired' : undefined
}

function lineageSubjects(lineage: readonly HotLease[], leaf: HotLease): RevocationSubject[] {
  const subjects = [subjectOf('principal', leaf.subject), subjectOf('tenant', leaf.tenant)]
  for (const { id, holder } of lineage) {
    subjects.push(subjectOf('lease', id), subjectOf('agent', holder))
  }
  return subjects
}

function isFull(lease: HotLease): boolean {
  return lease.max_uses !== null && lease.uses_spent + lease.taken >= lease.max_uses
}

/** A spent token is told so even when nothing would be left for it: it comes first in the table. */
function exhausted(spend: Spend, full: HotLease, batch: Batch): Refusal {
  return tokenUsed(spend, batch) ?? refuse('uses_exhausted', { exhausted: full.id }).refusal
}

function tokenUsed(spend: Spend, batch: Batch): Refusal | undefined {
  const record = batch.rows.firstUse(spend)
  return record && refuse('token_used', usedFacts(record)).refusal
}

/** Contracts that moved since the leases were granted, unless judged in their present version. */
function movedContracts(
  spend: Spend,
  { moved, leaf }: Standing,
  { rows }: Batch,
): readonly HolderContract[] {
  const open = moved.filter((lease) => spend.judged?.get(lease.holder) !== lease.current_version)
  const agents = new Set(open.map((lease) => lease.holder))
  return [...agents].map((agent) => {
    const contract = rows.contract(leaf.tenant, agent)
    if (contract === undefined) throw new Error(`the holder ${agent} is not enrolled`)
    return contract
  })
}

function refused(spend: Spend, refusal: Refusal, { chain, now }: Batch): SpendOutcome {
  chain.append(entryOf(spend, refusal.code, refusal.facts), now)
  return { kind: 'refused', refusal }
}

function entryOf(spend: Spend, outcome: AuditEntry['outcome'], facts?: Facts): AuditEntry {
  const { jti, tenant, agent, request, lineage } = spend
  const told = facts === undefined ? { jti, ...spend.facts } : { jti, ...spend.facts, ...facts }
  const lease = lineage[lineage.length - 1] ?? null
  return { event: 'token.redeemed', outcome, tenant, actor: agent, request, lease, facts: told }
}

function recordDebits({ standings, rows }: Batch): void {
  const debited = new Set<HotLease>()
  for (const { spent, lineage } of standings.values()) {
    if (spent === 0) continue
    for (const lease of lineage) {
      lease.debit += spent
      debited.add(lease)
    }
  }
  for (const lease of debited) rows.debit(lease)
}

function leaseIds(spends: readonly Spend[]): Set<LeaseId> {
  const ids = new Set<LeaseId>()
  for (const { lineage } of spends) for (const id of lineage) ids.add(id)
  return ids
}

/** One statement for each tenant of the batch, and there is nearly always one. */
function readEffects(
  spends: readonly Spend[],
  leases: Batch['leases'],
  rows: RedeemRows,
): Batch['effects'] {
  const wanted = new Map<TenantId, Set<RevocationSubject>>()
  const add = (tenant: TenantId, subjects: readonly RevocationSubject[]) => {
    const set = wanted.get(tenant) ?? new Set()
    for (const subject of subjects) set.add(subject)
    wanted.set(tenant, set)
  }
  for (const lease of leases.values()) add(lease.tenant, lineageSubjects([lease], lease))
  for (const { tenant, certificate, signingKey } of spends) {
    add(tenant, [subjectOf('certificate', certificate), subjectOf('key', signingKey)])
  }
  return new Map([...wanted].map(([tenant, subjects]) => [tenant, rows.effects(tenant, subjects)]))
}
