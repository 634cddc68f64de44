import { type Kysely, sql } from 'kysely'
import { createAlerts } from './core/alerts.ts'
import { createApprovals } from './core/approvals.ts'
import { createAttestation } from './core/attestation.ts'
import { createCdp } from './core/cdp.ts'
import { createCredentials } from './core/credentials.ts'
import { createDnsPins } from './core/dns-pins.ts'
import { createEnrollments } from './core/enrollments.ts'
import { createHandles } from './core/handles.ts'
import { createLabels } from './core/labels.ts'
import { createLeashes } from './core/leashes.ts'
import { createMasterKey } from './core/master-key.ts'
import { createRates } from './core/rates.ts'
import { createSessions } from './core/sessions.ts'
import { type Bytes, inKeyOrder, isPostgres } from './dialect.ts'

/**
 * The first set of tables, for every database. Two things differ by dialect and both are about
 * speed or order, never about meaning: PostgreSQL compares text by bytes only when told to, and
 * SQLite keeps a table in the order of its key only when told to.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const bytes = isPostgres(db) ? sql`text collate "C"` : sql`text`
  await createMeta(db, bytes)
  await createPeople(db, bytes)
  await createSessions(db, bytes)
  await createEnrollments(db, bytes)
  await createLeases(db, bytes)
  await createLeaseIndexes(db)
  await createLabels(db, bytes)
  await createBudgets(db, bytes)
  await createRates(db, bytes)
  await createHandles(db, bytes)
  await createLeashes(db, bytes)
  await createDnsPins(db, bytes)
  await createFacts(db, bytes)
  await createAudit(db, bytes)
  await createAlerts(db, bytes)
  await createAttestation(db, bytes)
  await createCredentials(db, bytes)
  await createMasterKey(db, bytes)
  await createApprovals(db, bytes)
  await createCdp(db, bytes)
}

/** The numbers that never decrease. */
export async function createMeta(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('name', bytes, (column) => column.notNull())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('meta_key', ['tenant', 'name'])
    .execute()
}

async function createPeople(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('agents')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('uri', bytes, (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('owner', bytes, (column) => column.notNull())
    .addColumn('contract_version', 'integer', (column) => column.notNull())
    .addColumn('certificate', bytes, (column) => column.notNull())
    .addColumn('server_names', 'text', (column) => column.notNull())
    .addColumn('attestation', 'text', (column) => column.notNull())
    .addColumn('enrolled_at', 'bigint', (column) => column.notNull())
    .addColumn('contract', 'text', (column) => column.notNull())
    .addColumn('terms', 'text', (column) => column.notNull())
    .addColumn('contract_ends_at', 'bigint')
    .addColumn('rate_hour', 'bigint')
    .addColumn('rate_day', 'bigint')
    .addPrimaryKeyConstraint('agents_key', ['tenant', 'uri'])
    .execute()
  await sql`create index agents_folded on agents (lower(uri))`.execute(db)
  await db.schema
    .createTable('role_credentials')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('name', bytes, (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('token_hash', bytes, (column) => column.unique())
    .addColumn('certificate', bytes, (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addPrimaryKeyConstraint('role_credentials_key', ['tenant', 'name'])
    .execute()
}

async function createLeases(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('leases')
    .addColumn('root_id', bytes, (column) => column.notNull())
    .addColumn('id', bytes, (column) => column.notNull().unique())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('parent_id', bytes)
    .addColumn('depth', 'integer', (column) => column.notNull())
    .addColumn('path', bytes, (column) => column.notNull())
    .addColumn('holder', bytes, (column) => column.notNull())
    .addColumn('subject', bytes, (column) => column.notNull())
    .addColumn('owner', bytes)
    .addColumn('labels', bytes)
    .addColumn('contract_version', 'integer', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('released_at', 'bigint')
    .addColumn('renewals', 'integer', (column) => column.notNull())
    .addColumn('granted_seconds', 'integer', (column) => column.notNull())
    .addColumn('max_uses', 'bigint')
    .addColumn('budgets', 'integer', (column) => column.notNull())
    .addColumn('rate_requests', 'bigint')
    .addColumn('rate_seconds', 'integer')
    .addColumn('status_index', 'bigint')
    .addColumn('policies', 'text')
    .addColumn('holders', 'text', (column) => column.notNull())
    .addColumn('attestation', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('leases_key', ['root_id', 'id'])
    .addForeignKeyConstraint('leases_parent', ['root_id', 'parent_id'], 'leases', ['root_id', 'id'])
    .addForeignKeyConstraint('leases_holder', ['tenant', 'holder'], 'agents', ['tenant', 'uri'])
    .execute()
}

async function createLeaseIndexes(db: Kysely<unknown>): Promise<void> {
  const index = (name: string) => db.schema.createIndex(name).on('leases')
  await index('leases_subtree').columns(['root_id', 'path']).execute()
  await index('leases_children').columns(['root_id', 'parent_id', 'expires_at']).execute()
  await index('leases_newest').columns(['tenant', 'opened_at', 'id']).execute()
  await index('leases_held').columns(['tenant', 'holder', 'opened_at', 'id']).execute()
  await index('leases_status')
    .unique()
    .columns(['status_index'])
    .where(sql.ref('status_index'), 'is not', null)
    .execute()
  await index('leases_newest_roots')
    .columns(['tenant', 'opened_at', 'id'])
    .where(sql.ref('parent_id'), 'is', null)
    .execute()
  await index('leases_ended_roots')
    .columns(['expires_at'])
    .where(sql.ref('parent_id'), 'is', null)
    .execute()
}

async function createBudgets(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await inKeyOrder(
    db,
    db.schema
      .createTable('lease_budgets')
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('id', bytes, (column) => column.notNull())
      .addColumn('unit', bytes, (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('decimals', 'integer', (column) => column.notNull())
      .addColumn('amount', 'bigint', (column) => column.notNull())
      .addColumn('reserved', 'bigint', (column) => column.notNull())
      .addColumn('spent', 'bigint', (column) => column.notNull())
      .addColumn('warned', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('lease_budgets_key', ['root_id', 'id', 'unit']),
  ).execute()
  await inKeyOrder(
    db,
    db.schema
      .createTable('reservations')
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('jti', bytes, (column) => column.notNull())
      .addColumn('unit', bytes, (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('lease', bytes, (column) => column.notNull())
      .addColumn('decimals', 'integer', (column) => column.notNull())
      .addColumn('amount', 'bigint', (column) => column.notNull())
      .addColumn('point', bytes)
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('settled_at', 'bigint')
      .addColumn('settled_amount', 'bigint')
      .addPrimaryKeyConstraint('reservations_key', ['root_id', 'jti', 'unit']),
  ).execute()
  await db.schema
    .createIndex('reservations_open')
    .on('reservations')
    .columns(['root_id', 'jti', 'unit'])
    .where(sql.ref('settled_at'), 'is', null)
    .execute()
}

async function createFacts(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await inKeyOrder(
    db,
    db.schema
      .createTable('lease_uses')
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('id', bytes, (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('uses_spent', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('lease_uses_key', ['root_id', 'id']),
  ).execute()
  await inKeyOrder(
    db,
    db.schema
      .createTable('trees')
      .addColumn('root_id', bytes, (column) => column.notNull().primaryKey())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('leases', 'bigint', (column) => column.notNull()),
  ).execute()
  await db.schema
    .createTable('revocations')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('subject', bytes, (column) => column.notNull())
    .addColumn('effect', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull().unique())
    .addPrimaryKeyConstraint('revocations_key', ['tenant', 'subject'])
    .execute()
  const newest = db.schema.createIndex('revocations_newest').on('revocations')
  await newest.columns(['tenant', 'seq']).execute()
  await createRevocationLog(db, bytes)
  await createSpentTokens(db, bytes)
  await createAnswers(db, bytes)
}

/** The memory of single use. */
export async function createSpentTokens(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  const postgres = isPostgres(db)
  await inKeyOrder(
    db,
    db.schema
      .createTable('spent_tokens')
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('jti', bytes, (column) => column.notNull())
      .addColumn('root_id', bytes, (column) => column.notNull())
      .addColumn('tenant', bytes, (column) => column.notNull())
      .addColumn('certificate', bytes, (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('chain', bytes, (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('born_lease', bytes)
      .addPrimaryKeyConstraint('spent_tokens_key', [postgres ? 'root_id' : 'expires_at', 'jti']),
  ).execute()
  if (postgres) {
    const index = (name: string) => db.schema.createIndex(name).on('spent_tokens')
    await index('spent_tokens_ended').columns(['expires_at']).execute()
    await index('spent_tokens_receipt').columns(['jti']).execute()
  }
}

async function createRevocationLog(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('revocation_log')
    .addColumn('seq', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('subject', bytes, (column) => column.notNull())
    .addColumn('effect', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('revocation_log_young').on('revocation_log').columns(['at']).execute()
}

async function createAnswers(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('answers')
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('actor', bytes, (column) => column.notNull())
    .addColumn('key', bytes, (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('answer', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('answers_key', ['tenant', 'actor', 'key'])
    .execute()
  await db.schema.createIndex('answers_ended').on('answers').columns(['expires_at']).execute()
}

/** Chains of records, and the checkpoints over them. */
export async function createAudit(db: Kysely<unknown>, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('audit_chains')
    .addColumn('chain', bytes, (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('genesis', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('audit_records')
    .addColumn('chain', bytes, (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_records_key', ['chain', 'sequence'])
    .execute()
  await db.schema
    .createTable('checkpoints')
    .addColumn('number', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('tenant', bytes, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('jws', 'text', (column) => column.notNull())
    .execute()
}
