import type { AuditPosition } from '../../domain/audit.ts'
import type { AgentUri, Jti, LeaseId, TenantId } from '../../domain/ids.ts'
import { rootOf } from '../../domain/lease.ts'
import { type Cost, type HolderContract, type Spend, spenderOf } from '../../domain/redemption.ts'
import type { RevocationSubject } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { type ContractRow, holderContractOf } from '../holder-contract.ts'
import type { HotBudget } from '../redeem/redeem-budgets.ts'
import type { Effects, HotLease } from '../redeem/redeem-judge.ts'
import type { AlertsTable } from '../schema/alerts.ts'
import type { SqliteConnection } from './connect.ts'

/** `cross join` keeps SQLite from walking the table and looking ids up in the list. */
const LEASES = `select l.id, l.root_id, l.tenant, l.path, l.holder, l.subject, l.owner, l.labels,
    l.contract_version, a.contract_version as current_version, l.expires_at, l.released_at,
    l.max_uses, l.budgets, l.rate_requests, l.rate_seconds,
    a.rate_hour, a.rate_day, a.contract_ends_at,
    coalesce(u.uses_spent, 0) as uses_spent
  from json_each(?) as wanted cross join leases as l on l.id = wanted.value
  left join agents as a on a.tenant = l.tenant and a.uri = l.holder
  left join lease_uses as u on u.root_id = l.root_id and u.id = l.id`
const REVOCATIONS = `select r.subject, r.effect from json_each(?) as wanted
  cross join revocations as r on r.tenant = ? and r.subject = wanted.value`
const INSERT_SPENT = `insert into spent_tokens
  (expires_at, jti, root_id, tenant, certificate, at, chain, sequence, born_lease)
  values (?, ?, ?, ?, ?, ?, ?, ?, null) on conflict (expires_at, jti) do nothing`
const FIRST_USE = 'select chain, sequence from spent_tokens where expires_at = ? and jti = ?'
const INSERT_PROOF = `insert into spent_proofs (tenant, key, expires_at) values (?, ?, ?)
  on conflict (tenant, key) do nothing`
const DEBIT = `insert into lease_uses (root_id, id, tenant, uses_spent) values (?, ?, ?, ?)
  on conflict (root_id, id) do update set uses_spent = uses_spent + excluded.uses_spent`
const BUDGETS = `select b.root_id as root, b.id as lease, b.unit, b.decimals, b.amount, b.reserved,
    b.spent, b.warned, 0 as debit, 0 as raised, 0 as refused
  from json_each(?) as wanted cross join leases as l on l.id = wanted.value
  join lease_budgets as b on b.root_id = l.root_id and b.id = l.id`
const RESERVE = `insert into reservations
  (root_id, jti, unit, tenant, lease, decimals, amount, point, at, settled_at, settled_amount)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, null, null)`
const HOLD = `update lease_budgets set reserved = reserved + ?, warned = max(warned, ?)
  where root_id = ? and id = ? and unit = ?`
const CONTRACT = `select contract_version, contract, terms, attestation from agents
  where tenant = ? and uri = ?`

/** The columns of LEASES, in their order. */
type LeaseColumns = readonly [
  ...['id', 'root_id', 'tenant', 'path', 'holder', 'subject', 'owner', 'labels'],
  ...['contract_version', 'current_version', 'expires_at', 'released_at'],
  ...['max_uses', 'budgets', 'rate_requests', 'rate_seconds'],
  ...['rate_hour', 'rate_day', 'contract_ends_at', 'uses_spent'],
]
type CellsOf<Columns extends readonly (keyof HotLease)[]> = {
  readonly [Index in keyof Columns]: HotLease[Columns[Index]]
}
type LeaseCells = CellsOf<LeaseColumns>

/** The few statements of the hot path, each prepared once, over one connection. */
export class RedeemRows {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  /** The leases by id. Rows come as arrays: the driver takes twice as long to make objects. */
  leases(ids: Iterable<LeaseId>): ReadonlyMap<LeaseId, HotLease> {
    const list = JSON.stringify([...ids])
    const rows = this.#connection.prepare(LEASES).raw().all(list) as LeaseCells[]
    return new Map(rows.map((cells) => [cells[0], hotLease(cells)]))
  }

  /** What is revoked or suspended among the subjects. */
  effects(tenant: TenantId, subjects: Iterable<RevocationSubject>): Effects {
    const list = JSON.stringify([...subjects])
    const rows = this.#connection.prepare(REVOCATIONS).all(list, tenant) as {
      subject: string
      effect: 'revoked' | 'suspended'
    }[]
    return new Map(rows.map((row) => [row.subject, row.effect]))
  }

  /** I7: answers false when the token was spent before. */
  insertSpent(spend: Spend, at: EpochSeconds, record: AuditPosition): boolean {
    const { expiresAt, jti, tenant } = spend
    const root = rootOf(spend.lineage)
    const { changes } = this.#connection
      .prepare(INSERT_SPENT)
      .run(expiresAt, jti, root, tenant, spenderOf(spend), at, record.chain, record.sequence)
    return changes === 1
  }

  /** Remembers the proof of a spend, if it has one; false when it was shown before. */
  insertProof({ tenant, proof }: Spend): boolean {
    if (proof === undefined) return true
    const { id, expiresAt } = proof
    return this.#connection.prepare(INSERT_PROOF).run(tenant, id, expiresAt).changes === 1
  }

  /** Where the record of the token's first use stands, when it was spent. */
  firstUse(key: {
    readonly expiresAt: EpochSeconds
    readonly jti: Jti
  }): AuditPosition | undefined {
    const row = this.#connection.prepare(FIRST_USE).get(key.expiresAt, key.jti)
    return row as AuditPosition | undefined
  }

  /** I11: one counter update for each lease of the batch. */
  debit(lease: HotLease): void {
    const { root_id, id, tenant, debit } = lease
    this.#connection.prepare(DEBIT).run(root_id, id, tenant, debit)
  }

  /** The budgets of leases that have some. */
  budgets(ids: readonly LeaseId[]): readonly HotBudget[] {
    if (ids.length === 0) return []
    return this.#connection.prepare(BUDGETS).all(JSON.stringify(ids)) as HotBudget[]
  }

  /** I11: what one call holds until it is settled. */
  insertReservation(spend: Spend, { unit, decimals, amount }: Cost, at: EpochSeconds): void {
    const { lineage, jti, tenant, point = null } = spend
    const held = [rootOf(lineage), jti, unit, tenant, lineage[lineage.length - 1]]
    this.#connection.prepare(RESERVE).run(...held, decimals, amount, point, at)
  }

  /** I11: one update for each budget of the batch. */
  hold({ root, lease, unit, debit, warned }: HotBudget): void {
    this.#connection.prepare(HOLD).run(debit, warned, root, lease, unit)
  }

  /** An alert of what the batch came to. */
  raise(alert: AlertsTable): void {
    const columns = Object.keys(alert)
    const places = columns.map(() => '?').join(', ')
    this.#connection
      .prepare(`insert into alerts (${columns.join(', ')}) values (${places})`)
      .run(...Object.values(alert))
  }

  /** An agent's contract as it is now. */
  contract(tenant: TenantId, agent: AgentUri): HolderContract | undefined {
    const row = this.#connection.prepare(CONTRACT).get(tenant, agent) as ContractRow | undefined
    return row && holderContractOf(agent, row)
  }
}

function hotLease([
  id,
  root_id,
  tenant,
  path,
  holder,
  subject,
  owner,
  labels,
  contract_version,
  current_version,
  expires_at,
  released_at,
  max_uses,
  budgets,
  rate_requests,
  rate_seconds,
  rate_hour,
  rate_day,
  contract_ends_at,
  uses_spent,
]: LeaseCells): HotLease {
  return {
    id,
    root_id,
    tenant,
    path,
    holder,
    subject,
    owner,
    labels,
    contract_version,
    current_version,
    expires_at,
    released_at,
    max_uses,
    budgets,
    rate_requests,
    rate_seconds,
    rate_hour,
    rate_day,
    contract_ends_at,
    uses_spent,
    taken: 0,
    debit: 0,
  }
}
