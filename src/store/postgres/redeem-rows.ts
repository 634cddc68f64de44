import type { AuditPosition } from '../../domain/audit.ts'
import {
  type AgentUri,
  DEFAULT_TENANT,
  type Jti,
  type LeaseId,
  type TenantId,
} from '../../domain/ids.ts'
import { type Cost, type HolderContract, type Spend, spenderOf } from '../../domain/redemption.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { type ContractRow, holderContractOf } from '../holder-contract.ts'
import type { HotBudget } from '../redeem/redeem-budgets.ts'
import type { Effects, HotLease } from '../redeem/redeem-judge.ts'
import type { AlertsTable } from '../schema/alerts.ts'
import { TIME_MARK } from '../schema.ts'
import type { Session } from './session.ts'

const LEASES = `select l.id, l.root_id, l.tenant, l.path, l.holder, l.subject, l.owner, l.labels,
    l.contract_version, a.contract_version as current_version, l.expires_at, l.released_at,
    l.max_uses, l.budgets, l.rate_requests, l.rate_seconds,
    a.rate_hour, a.rate_day, a.contract_ends_at,
    coalesce(u.uses_spent, 0) as uses_spent, 0 as taken, 0 as debit
  from leases as l
  left join agents as a on a.tenant = l.tenant and a.uri = l.holder
  left join lease_uses as u on u.root_id = l.root_id and u.id = l.id
  where l.root_id = $1 and l.id = any($2::text[])`
const REVOCATIONS = `select subject, effect from revocations
  where tenant = $1 and subject = any($2::text[])`
const MAKE_COUNTERS = `insert into lease_uses (root_id, id, tenant, uses_spent)
  select $1, w.id, w.tenant, 0 from unnest($2::text[], $3::text[]) as w (id, tenant)
  order by w.id on conflict (root_id, id) do nothing`
const LOCK_COUNTERS = `select id, uses_spent from lease_uses
  where root_id = $1 and id = any($2::text[]) order by root_id, id for update`
const FIRST_USES = `select jti, chain, sequence from spent_tokens
  where root_id = $1 and jti = any($2::text[])`
const INSERT_SPENT = `insert into spent_tokens
    (root_id, jti, expires_at, tenant, certificate, at, chain, sequence, born_lease)
  select $1, w.jti, w.expires_at, w.tenant, w.certificate, $2, $3, w.sequence, null
  from unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[])
    as w (jti, expires_at, tenant, certificate, sequence)
  where w.expires_at > (select value from meta where tenant = $9 and name = $10)
  order by w.jti on conflict (root_id, jti) do nothing returning jti`
const INSERT_PROOFS = `insert into spent_proofs (tenant, key, expires_at)
  select w.tenant, w.key, w.expires_at from unnest($1::text[], $2::text[], $3::bigint[])
    as w (tenant, key, expires_at)
  order by w.tenant, w.key on conflict (tenant, key) do nothing returning key`
const DEBIT = `insert into lease_uses (root_id, id, tenant, uses_spent)
  select $1, w.id, w.tenant, w.debit from unnest($2::text[], $3::text[], $4::bigint[])
    as w (id, tenant, debit)
  order by w.id on conflict (root_id, id)
  do update set uses_spent = lease_uses.uses_spent + excluded.uses_spent`
const LOCK_BUDGETS = `select root_id as root, id as lease, unit, decimals, amount, reserved, spent,
    warned, 0 as debit, 0 as raised, 0 as refused
  from lease_budgets where root_id = $1 and id = any($2::text[])
  order by root_id, id, unit for update`
const RESERVE = `insert into reservations
    (root_id, jti, unit, tenant, lease, decimals, amount, point, at, settled_at, settled_amount)
  select $1, w.jti, w.unit, w.tenant, w.lease, w.decimals, w.amount, w.point, $2, null, null
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::bigint[],
    $9::text[]) as w (jti, unit, tenant, lease, decimals, amount, point)`
const HOLD = `update lease_budgets
  set reserved = lease_budgets.reserved + w.debit, warned = greatest(lease_budgets.warned, w.warned)
  from unnest($2::text[], $3::text[], $4::bigint[], $5::integer[]) as w (id, unit, debit, warned)
  where lease_budgets.root_id = $1 and lease_budgets.id = w.id and lease_budgets.unit = w.unit`
const CONTRACTS = `select uri, contract_version, contract, terms, attestation from agents
  where tenant = $1 and uri = any($2::text[])`

/** A token about to be spent, with the place its record will take. */
export interface SpendAttempt {
  readonly spend: Spend
  readonly record: AuditPosition
}

/** What a call that was spent holds until it is settled. */
export interface Held {
  readonly spend: Spend
  readonly cost: Cost
}

/**
 * The few statements of the hot path, over one transaction and one root: each touches rows of that
 * root alone, apart from what is small and shared (agents, revocations, the time mark). Rows are
 * locked in the order of their ids, so that two batches never wait for each other in a circle.
 */
export class RedeemRows {
  readonly #session: Session
  readonly #root: string

  constructor(session: Session, root: string) {
    this.#session = session
    this.#root = root
  }

  /** The leases by id, as they stand now. */
  async leases(ids: Iterable<LeaseId>): Promise<ReadonlyMap<LeaseId, HotLease>> {
    const rows = await this.#session.query<HotLease>(LEASES, [this.#root, [...ids]])
    return new Map(rows.map((row) => [row.id, row]))
  }

  /** What is revoked or suspended among the subjects, as it stands now (I9). */
  async effects(tenant: TenantId, subjects: Iterable<RevocationSubject>): Promise<Effects> {
    const rows = await this.#session.query<{
      subject: string
      effect: 'revoked' | 'suspended'
    }>(REVOCATIONS, [tenant, [...subjects]])
    return new Map(rows.map((row) => [row.subject, row.effect]))
  }

  /** I11: locks the counters of the leases until the commit, and reads them. */
  async lockCounters(leases: readonly HotLease[]): Promise<void> {
    if (leases.length === 0) return
    const ids = leases.map(({ id }) => id)
    const tenants = leases.map(({ tenant }) => tenant)
    await this.#session.query(MAKE_COUNTERS, [this.#root, ids, tenants])
    const rows = await this.#session.query<{ id: string; uses_spent: number }>(LOCK_COUNTERS, [
      this.#root,
      ids,
    ])
    const counted = new Map(rows.map((row) => [row.id, row.uses_spent]))
    for (const lease of leases) {
      const uses = counted.get(lease.id)
      if (uses === undefined) throw new Error('a locked counter is there')
      lease.uses_spent = uses
    }
  }

  /** Where the records of the first uses stand, of those tokens that were spent. */
  async firstUses(jtis: readonly Jti[]): Promise<ReadonlyMap<Jti, AuditPosition>> {
    if (jtis.length === 0) return new Map()
    const rows = await this.#session.query<AuditPosition & { jti: Jti }>(FIRST_USES, [
      this.#root,
      jtis,
    ])
    return new Map(rows.map(({ jti, chain, sequence }) => [jti, { chain, sequence }]))
  }

  /**
   * I7: spends what is new, and of that only what the time mark has not reached: a process that was
   * stopped for minutes would else spend a token whose row was swept meanwhile. Answers what was
   * spent.
   */
  async insertSpent(
    attempts: readonly SpendAttempt[],
    at: EpochSeconds,
  ): Promise<ReadonlySet<Jti>> {
    const [first] = attempts
    if (first === undefined) return new Set()
    const rows = await this.#session.query<{ jti: Jti }>(INSERT_SPENT, [
      this.#root,
      at,
      first.record.chain,
      attempts.map(({ spend }) => spend.jti),
      attempts.map(({ spend }) => spend.expiresAt),
      attempts.map(({ spend }) => spend.tenant),
      attempts.map(({ spend }) => spenderOf(spend)),
      attempts.map(({ record }) => record.sequence),
      DEFAULT_TENANT,
      TIME_MARK,
    ])
    return new Set(rows.map(({ jti }) => jti))
  }

  /**
   * Remembers the proofs of the spends that have one; answers those that were not shown before, by
   * id.
   */
  async insertProofs(spends: readonly Spend[]): Promise<Set<string>> {
    const shown = spends.flatMap(({ tenant, proof }) =>
      proof === undefined ? [] : [{ tenant, ...proof }],
    )
    if (shown.length === 0) return new Set()
    const rows = await this.#session.query<{ key: string }>(INSERT_PROOFS, [
      shown.map(({ tenant }) => tenant),
      shown.map(({ id }) => id),
      shown.map(({ expiresAt }) => expiresAt),
    ])
    return new Set(rows.map(({ key }) => key))
  }

  /** I11: one counter update for each lease of the batch. */
  async debit(leases: Iterable<HotLease>): Promise<void> {
    const debited = [...leases]
    if (debited.length === 0) return
    await this.#session.query(DEBIT, [
      this.#root,
      debited.map(({ id }) => id),
      debited.map(({ tenant }) => tenant),
      debited.map(({ debit }) => debit),
    ])
  }

  /** I11: locks the budgets of the leases until the commit, and reads them. */
  async lockBudgets(ids: readonly LeaseId[]): Promise<readonly HotBudget[]> {
    if (ids.length === 0) return []
    return this.#session.query<HotBudget>(LOCK_BUDGETS, [this.#root, ids])
  }

  /** I11: what the calls of the batch hold until they are settled. */
  async insertReservations(held: readonly Held[], at: EpochSeconds): Promise<void> {
    if (held.length === 0) return
    await this.#session.query(RESERVE, [
      this.#root,
      at,
      held.map(({ spend }) => spend.jti),
      held.map(({ cost }) => cost.unit),
      held.map(({ spend }) => spend.tenant),
      held.map(({ spend }) => spend.lineage[spend.lineage.length - 1]),
      held.map(({ cost }) => cost.decimals),
      held.map(({ cost }) => cost.amount),
      held.map(({ spend }) => spend.point ?? null),
    ])
  }

  /** I11: one update for each budget of the batch. */
  async hold(budgets: readonly HotBudget[]): Promise<void> {
    if (budgets.length === 0) return
    await this.#session.query(HOLD, [
      this.#root,
      budgets.map(({ lease }) => lease),
      budgets.map(({ unit }) => unit),
      budgets.map(({ debit }) => debit),
      budgets.map(({ warned }) => warned),
    ])
  }

  /** Alerts of what the batch came to. */
  async raise(alerts: readonly AlertsTable[]): Promise<void> {
    for (const alert of alerts) await this.#session.db.insertInto('alerts').values(alert).execute()
  }

  /** The agents' contracts as they are now. */
  async contracts(
    tenant: TenantId,
    agents: readonly AgentUri[],
  ): Promise<ReadonlyMap<AgentUri, HolderContract>> {
    type Row = ContractRow & { readonly uri: AgentUri }
    const rows = await this.#session.query<Row>(CONTRACTS, [tenant, agents])
    return new Map(rows.map((row) => [row.uri, holderContractOf(row.uri, row)]))
  }
}
