import type { AlertSchema } from './schema/alerts.ts'
import type { ApprovalSchema } from './schema/approvals.ts'
import type { AttestationSchema } from './schema/attestation.ts'
import type { CdpSchema } from './schema/cdp.ts'
import type { CredentialSchema } from './schema/credentials.ts'
import type { DnsPinSchema } from './schema/dns-pins.ts'
import type { EnrollmentTables } from './schema/enrollments.ts'
import type { HandleSchema } from './schema/handles.ts'
import type { LabelSchema } from './schema/labels.ts'
import type { LeashSchema } from './schema/leashes.ts'
import type { MasterKeySchema } from './schema/master-key.ts'
import type { RatesSchema } from './schema/rates.ts'
import type { SessionSchema } from './schema/sessions.ts'

/**
 * The tables as rows, in the types that every supported database has: text, integers (seconds,
 * counters, 0/1) and JSON as text. Column names are snake_case here and nowhere above the store.
 */

/**
 * Numbers that never decrease: `time_mark` (seconds), `revocation_seq`, `acknowledged:…`,
 * `status_index`, `approval_seq`.
 */
interface MetaTable {
  tenant: string
  name: string
  value: number
}

/** Enrolled agents; `contract`, `server_names` and `attestation` are JSON. */
export interface AgentsTable {
  tenant: string
  uri: string
  role: 'agent' | 'enforcement'
  owner: string
  contract: string
  terms: string
  contract_ends_at: number | null
  rate_hour: number | null
  rate_day: number | null
  contract_version: number
  certificate: string
  server_names: string
  attestation: string
  enrolled_at: number
}

/** Credentials of people; only the hash of a token is kept. */
export interface RoleCredentialsTable {
  tenant: string
  name: string
  role: 'owner' | 'operator'
  token_hash: string | null
  certificate: string | null
  created_at: number
  revoked_at: number | null
}

/**
 * `path` is the lineage, root first, each id followed by a slash: a subtree is one range of it.
 * `max_uses`, `budgets` and the rate repeat what the scope says so that redeeming parses none.
 */
export interface LeasesTable {
  id: string
  tenant: string
  root_id: string
  parent_id: string | null
  depth: number
  path: string
  holder: string
  subject: string
  owner: string | null
  labels: string | null
  contract_version: number
  opened_at: number
  expires_at: number
  released_at: number | null
  renewals: number
  granted_seconds: number
  max_uses: number | null
  budgets: number
  rate_requests: number | null
  rate_seconds: number | null
  status_index: number | null
  policies: string | null
  holders: string
  attestation: string
  scope: string
}

/** The hot counters, apart from the wide rows: one page holds those of many leases. */
interface LeaseUsesTable {
  root_id: string
  id: string
  tenant: string
  uses_spent: number
}

/** One row for each budget of a lease, born with it; all amounts in 10^-decimals of the unit. */
interface LeaseBudgetsTable {
  root_id: string
  id: string
  unit: string
  tenant: string
  decimals: number
  amount: number
  reserved: number
  spent: number
  warned: number
}

/**
 * What one redeemed call holds of one unit. `lease` is where the token was spent; its lineage says
 * which budgets hold the same amount. Open while `settled_at` is null.
 */
export interface ReservationsTable {
  root_id: string
  jti: string
  unit: string
  tenant: string
  lease: string
  decimals: number
  amount: number
  point: string | null
  at: number
  settled_at: number | null
  settled_amount: number | null
}

/** Leases ever born in a tree, counted at birth so that no birth counts the tree. */
interface TreesTable {
  root_id: string
  tenant: string
  leases: number
}

/** What is in force. `seq` is the number of the change in `revocation_log` that made the row. */
export interface RevocationsTable {
  tenant: string
  subject: string
  effect: 'revoked' | 'suspended'
  reason: string
  at: number
  seq: number
}

/**
 * What changed, appended in the transaction of the change and never rewritten. `seq` is drawn from
 * `meta` in that transaction, so it has no gap and its order is the order of commits.
 */
export interface RevocationLogTable {
  seq: number
  tenant: string
  subject: string
  effect: 'revoked' | 'suspended' | 'lifted' | 'released' | 'contract_moved'
  reason: string
  at: number
}

/**
 * I7. One store serves one issuer, end and lineage are under the issuer's signature, and the issuer
 * draws 128 random bits for each jti: a jti comes with exactly one end and one root. So both keys
 * say the same as (iss, jti). SQLite's is (expires_at, jti): the time in front keeps inserts at the
 * right edge of the index. PostgreSQL's is (root_id, jti): what is spent below one root stays
 * together where tables are spread over machines.
 */
export interface SpentTokensTable {
  expires_at: number
  jti: string
  root_id: string
  tenant: string
  certificate: string
  at: number
  chain: string
  sequence: number
  born_lease: string | null
}

/** Answers to idempotent creations, until `expires_at`. */
interface AnswersTable {
  tenant: string
  actor: string
  key: string
  fingerprint: string
  answer: string
  expires_at: number
}

/** `genesis` is the text whose hash the chain's first record carries as its previous hash. */
interface AuditChainsTable {
  chain: string
  tenant: string
  started_at: number
  genesis: string
}

/** `body` is the exact text that was hashed. */
export interface AuditRecordsTable {
  chain: string
  sequence: number
  tenant: string
  previous_hash: string
  hash: string
  body: string
}

/** Signed checkpoints, numbered in the order of their signing. */
interface CheckpointsTable {
  number: number
  tenant: string
  at: number
  jws: string
}

/** Every table by name. */
export interface Schema
  extends AlertSchema,
    ApprovalSchema,
    AttestationSchema,
    CdpSchema,
    CredentialSchema,
    DnsPinSchema,
    EnrollmentTables,
    HandleSchema,
    LabelSchema,
    LeashSchema,
    MasterKeySchema,
    RatesSchema,
    SessionSchema {
  meta: MetaTable
  agents: AgentsTable
  role_credentials: RoleCredentialsTable
  leases: LeasesTable
  lease_uses: LeaseUsesTable
  lease_budgets: LeaseBudgetsTable
  reservations: ReservationsTable
  trees: TreesTable
  revocations: RevocationsTable
  revocation_log: RevocationLogTable
  spent_tokens: SpentTokensTable
  answers: AnswersTable
  audit_chains: AuditChainsTable
  audit_records: AuditRecordsTable
  checkpoints: CheckpointsTable
}

/** Monotonic numbers of `meta`. */
export const TIME_MARK = 'time_mark'
export const REVOCATION_SEQ = 'revocation_seq'
export const STATUS_INDEX = 'status_index'
