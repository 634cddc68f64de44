import type { AuditEntry, AuditPosition } from '../../domain/audit.ts'
import { costsText } from '../../domain/budget.ts'
import type { AgentUri, LeaseId, PrincipalId, TenantId } from '../../domain/ids.ts'
import { labelsOf } from '../../domain/labels.ts'
import type { RateLeft } from '../../domain/rate.ts'
import type { Cost, Spend, SpendOutcome } from '../../domain/redemption.ts'
import { type Facts, type Refusal, type RefusalCode, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { labelSubjects, type RevocationSubject, subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { pathOf } from '../leases/lease-rows.ts'
import { usedFacts } from './spent-tokens.ts'

/**
 * What redeeming needs to know of a lease, read once for a batch. `taken` and `debit` count what
 * the batch spends of it.
 */
export interface HotLease {
  readonly id: LeaseId
  readonly root_id: LeaseId
  readonly tenant: TenantId
  readonly path: string
  readonly holder: AgentUri
  readonly subject: string
  /** Who answers for it, where that is not the subject. */
  readonly owner: string | null
  /** Of its tree, as they are stored. */
  readonly labels: string | null
  readonly contract_version: number
  readonly current_version: number | null
  readonly expires_at: EpochSeconds
  readonly released_at: EpochSeconds | null
  /** Lowered to that of the holder's contract, where that moved on. */
  max_uses: number | null
  uses_spent: number
  /** How many budgets its scope has. */
  readonly budgets: number
  /** Its own rate: so many requests in so many seconds. */
  readonly rate_requests: number | null
  readonly rate_seconds: number | null
  /** What the terms of its holder's contract allow of all its calls, as they are now. */
  readonly rate_hour: number | null
  readonly rate_day: number | null
  /** When its holder's contract ends, as it is now. */
  readonly contract_ends_at: EpochSeconds | null
  taken: number
  debit: number
}

/** A lineage as the batch found it; the same for all tokens of one lease. */
export interface Standing {
  readonly lineage: readonly HotLease[]
  readonly leaf: HotLease
  readonly holders: readonly AgentUri[]
  readonly limited: readonly HotLease[]
  readonly moved: readonly HotLease[]
  readonly leaseEndsAt: EpochSeconds
  readonly dead: RefusalCode | undefined
  spent: number
}

/** Revoked or suspended, by subject. */
export type Effects = ReadonlyMap<string, 'revoked' | 'suspended'>

/** What a batch was judged by: all of it was read in the transaction that writes. */
export interface Evidence {
  readonly now: EpochSeconds
  readonly leases: ReadonlyMap<LeaseId, HotLease>
  readonly effects: ReadonlyMap<TenantId, Effects>
  /** Filled as lineages are judged. */
  readonly standings: Map<LeaseId, Standing>
}

/** The lineage in the token has to be the stored one, and of the same tenant (I5). */
export function standingOf(spend: Spend, evidence: Evidence): Result<Standing> {
  const id = spend.lineage[spend.lineage.length - 1]
  const leaf = id === undefined ? undefined : evidence.leases.get(id)
  if (leaf === undefined) return refuse('not_found', { unknown: 'lease' })
  if (leaf.tenant !== spend.tenant) return refuse('not_found', { foreign: 'tenant' })
  if (leaf.path !== pathOf(spend.lineage)) return refuse('not_found', { foreign: 'lineage' })
  const known = evidence.standings.get(leaf.id)
  if (known !== undefined) return accept(known)

  const lineage = spend.lineage.map((ancestor) => evidence.leases.get(ancestor))
  const whole = lineage.filter((lease) => lease !== undefined)
  if (whole.length !== lineage.length) return refuse('not_found', { unknown: 'ancestor' })
  const standing = judgeLineage(whole, leaf, evidence)
  evidence.standings.set(leaf.id, standing)
  return accept(standing)
}

/** Everything that speaks against the use before the token itself is looked up. */
export function refusalOf(
  spend: Spend,
  { leaf, dead }: Standing,
  evidence: Evidence,
): Refusal | undefined {
  if (leaf.holder !== spend.agent) return refuse('holder_binding_failed').refusal
  const shown = presentedEffect(spend, evidence)
  if (shown === 'revoked' || dead === 'revoked') return refuse('revoked').refusal
  if (shown !== undefined) return refuse(shown).refusal
  if (dead !== undefined) return refuse(dead).refusal
  const { expiresAt } = spend
  return expiresAt <= evidence.now ? refuse('expired', { expiresAt }).refusal : undefined
}

/** Whether the holder's contract is another than when the lease was granted. */
export function hasMoved(lease: HotLease): boolean {
  return lease.contract_version !== lease.current_version
}

/** Holders whose contracts moved since the grant, unless judged in their present version. */
export function movedHolders(spend: Spend, { moved }: Standing): readonly AgentUri[] {
  const open = moved.filter((lease) => spend.judged?.get(lease.holder) !== lease.current_version)
  return [...new Set(open.map((lease) => lease.holder))]
}

/** Whether the batch has taken all that was left of the lease's own limit (I11). */
export function isFull(lease: HotLease): boolean {
  return lease.max_uses !== null && lease.uses_spent + lease.taken >= lease.max_uses
}

/** A spent token is told so even when nothing would be left for it: it comes first in the table. */
export function exhausted(full: HotLease, firstUse: AuditPosition | undefined): Refusal {
  return firstUse === undefined
    ? refuse('uses_exhausted', { exhausted: full.id }).refusal
    : tokenUsed(firstUse)
}

/** The refusal of a token that was spent, with the place of its first record. */
export function tokenUsed(firstUse: AuditPosition | undefined): Refusal {
  return refuse('token_used', firstUse === undefined ? {} : usedFacts(firstUse)).refusal
}

/** A proof that was remembered before: somebody shows it again. */
export function proofUsed(): Refusal {
  return refuse('proof_invalid', { proof: 'used' }).refusal
}

/** Counts one use at every limited lease of the lineage, and at the lineage itself. */
export function take(standing: Standing): void {
  standing.spent += 1
  for (const lease of standing.limited) lease.taken += 1
}

/** The one record of a redemption (I10). */
export function entryOf(spend: Spend, outcome: AuditEntry['outcome'], facts?: Facts): AuditEntry {
  const { jti, tenant, agent, request, lineage } = spend
  const told = facts === undefined ? { jti, ...spend.facts } : { jti, ...spend.facts, ...facts }
  const lease = lineage[lineage.length - 1] ?? null
  return { event: 'token.redeemed', outcome, tenant, actor: agent, request, lease, facts: told }
}

/** The record of a token that was spent, with what its call reserved. */
export function spentEntryOf(spend: Spend, reserved: readonly Cost[]): AuditEntry {
  const facts = reserved.length === 0 ? undefined : { reserved: costsText(reserved) }
  return entryOf(spend, 'allowed', facts)
}

/** What the caller is told of a token that was spent. */
export function spentOf(
  { holders, leaf, leaseEndsAt }: Standing,
  told: {
    readonly record: AuditPosition
    readonly at: EpochSeconds
    readonly reserved: readonly Cost[]
    readonly rate: RateLeft | undefined
  },
): SpendOutcome {
  const { record, at, reserved, rate } = told
  return {
    kind: 'spent',
    record,
    at,
    holders,
    ...(leaf.owner === null ? {} : { owner: leaf.owner as PrincipalId }),
    leaseEndsAt,
    ...(reserved.length === 0 ? {} : { reserved }),
    ...(rate === undefined ? {} : { rate }),
  }
}

/** The leases to debit (I11): each once, with what all of the batch spent below it. */
export function debitsOf(standings: Iterable<Standing>): ReadonlySet<HotLease> {
  const debited = new Set<HotLease>()
  for (const { spent, lineage } of standings) {
    if (spent === 0) continue
    for (const lease of lineage) {
      lease.debit += spent
      debited.add(lease)
    }
  }
  return debited
}

/** Every lease that a batch names. */
export function leaseIds(spends: readonly Spend[]): Set<LeaseId> {
  const ids = new Set<LeaseId>()
  for (const { lineage } of spends) for (const id of lineage) ids.add(id)
  return ids
}

/** The leases that a batch spends tokens of. */
export function leavesIn(
  spends: readonly Spend[],
  leases: Evidence['leases'],
): readonly HotLease[] {
  const ids = new Set(spends.map(({ lineage }) => lineage[lineage.length - 1]))
  return [...leases.values()].filter(({ id }) => ids.has(id))
}

/** Whatever a revocation could name of the batch, by tenant; there is nearly always one tenant. */
export function subjectsAsked(
  spends: readonly Spend[],
  leases: Evidence['leases'],
): ReadonlyMap<TenantId, ReadonlySet<RevocationSubject>> {
  const wanted = new Map<TenantId, Set<RevocationSubject>>()
  const add = (tenant: TenantId, subjects: readonly RevocationSubject[]) => {
    const set = wanted.get(tenant) ?? new Set()
    for (const subject of subjects) set.add(subject)
    wanted.set(tenant, set)
  }
  for (const lease of leases.values()) add(lease.tenant, lineageSubjects([lease], lease))
  for (const spend of spends) add(spend.tenant, presentedSubjects(spend))
  return wanted
}

/** The certificate and the keys presented, as far as there are any. */
function presentedSubjects(spend: Spend): RevocationSubject[] {
  const { certificate, signingKey, proofKey, keys } = spend
  const subjects: RevocationSubject[] = []
  if (certificate !== undefined) subjects.push(subjectOf('certificate', certificate))
  if (signingKey !== undefined) subjects.push(subjectOf('key', signingKey))
  if (proofKey !== undefined) subjects.push(subjectOf('key', proofKey))
  if (keys !== undefined) for (const key of keys) subjects.push(subjectOf('key', key))
  return subjects
}

/** The worst that is revoked of what was presented. */
function presentedEffect(spend: Spend, evidence: Evidence): 'revoked' | 'suspended' | undefined {
  const effects = evidence.effects.get(spend.tenant)
  if (effects === undefined || effects.size === 0) return undefined
  const found = new Set(presentedSubjects(spend).map((subject) => effects.get(subject)))
  if (found.has('revoked')) return 'revoked'
  return found.has('suspended') ? 'suspended' : undefined
}

function judgeLineage(lineage: readonly HotLease[], leaf: HotLease, evidence: Evidence): Standing {
  return {
    lineage,
    leaf,
    holders: lineage.map((lease) => lease.holder),
    limited: lineage.filter((lease) => lease.max_uses !== null),
    moved: lineage.filter(hasMoved),
    leaseEndsAt: Math.min(...lineage.map(endOf)) as EpochSeconds,
    dead: deadOf(lineage, leaf, evidence),
    spent: 0,
  }
}

/** When nothing goes under a lease any more: its own end, or that of its holder's contract. */
function endOf({ expires_at, contract_ends_at }: HotLease): number {
  return Math.min(expires_at, contract_ends_at ?? expires_at)
}

/**
 * I6 without the counters, and the ends of contracts: the worst finding, in the order of the
 * table of refusals.
 */
function deadOf(
  lineage: readonly HotLease[],
  leaf: HotLease,
  evidence: Evidence,
): RefusalCode | undefined {
  const effects = evidence.effects.get(leaf.tenant)
  if (effects !== undefined && effects.size > 0) {
    const found = new Set(lineageSubjects(lineage, leaf).map((subject) => effects.get(subject)))
    if (found.has('revoked')) return 'revoked'
    if (found.has('suspended')) return 'suspended'
  }
  if (lineage.some(({ contract_ends_at: end }) => end !== null && end <= evidence.now)) {
    return 'contract_expired'
  }
  if (lineage.some((lease) => lease.released_at !== null)) return 'released'
  return lineage.some((lease) => lease.expires_at <= evidence.now) ? 'expired' : undefined
}

function lineageSubjects(lineage: readonly HotLease[], leaf: HotLease): RevocationSubject[] {
  const subjects = [subjectOf('principal', leaf.subject), subjectOf('tenant', leaf.tenant)]
  if (leaf.owner !== null) subjects.push(subjectOf('principal', leaf.owner))
  if (leaf.labels !== null) subjects.push(...labelSubjects(labelsOf(leaf.labels)))
  for (const { id, holder } of lineage) {
    subjects.push(subjectOf('lease', id), subjectOf('agent', holder))
  }
  return subjects
}
