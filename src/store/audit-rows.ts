import type { Kysely, Selectable } from 'kysely'
import type { ChainHead } from '../domain/audit.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { AuditChain, AuditRow, Checkpoint, Page, PageRequest } from './ports.ts'
import type { AuditRecordsTable, Schema } from './schema.ts'

/**
 * Records after a position: of one chain when it is named, else of all chains in their order. A
 * chain without a sequence begins at its first record.
 */
export async function readAuditRows(
  db: Kysely<Schema>,
  after: { readonly chain?: string; readonly sequence?: number },
  limit: number,
): Promise<readonly AuditRow[]> {
  const rows: AuditRow[] = []
  const chains = after.chain === undefined ? await listAuditChains(db) : [{ chain: after.chain }]
  for (const { chain } of chains) {
    if (rows.length >= limit) break
    const found = await db
      .selectFrom('audit_records')
      .selectAll()
      .where('chain', '=', chain)
      .where('sequence', '>', after.sequence ?? 0)
      .orderBy('sequence')
      .limit(limit - rows.length)
      .execute()
    rows.push(...found.map(auditRowOf))
  }
  return rows
}

/** Records of one chain before a sequence number, or its last ones, the newest first. */
export async function readAuditRowsBefore(
  db: Kysely<Schema>,
  before: { readonly chain: string; readonly sequence?: number },
  limit: number,
): Promise<readonly AuditRow[]> {
  let query = db.selectFrom('audit_records').selectAll().where('chain', '=', before.chain)
  if (before.sequence !== undefined) query = query.where('sequence', '<', before.sequence)
  const rows = await query.orderBy('sequence', 'desc').limit(limit).execute()
  return rows.map(auditRowOf)
}

/** Every chain, oldest first. */
export async function listAuditChains(db: Kysely<Schema>): Promise<readonly AuditChain[]> {
  const rows = await db
    .selectFrom('audit_chains')
    .selectAll()
    .orderBy('started_at')
    .orderBy('chain')
    .execute()
  return rows.map((row) => ({
    chain: row.chain,
    startedAt: row.started_at as EpochSeconds,
    genesis: row.genesis,
  }))
}

/** The last record of a chain, or undefined when it has none. */
export async function readChainHead(
  db: Kysely<Schema>,
  chain: string,
): Promise<ChainHead | undefined> {
  return db
    .selectFrom('audit_records')
    .select(['chain', 'sequence', 'hash'])
    .where('chain', '=', chain)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The hash of one record, or undefined when there is none at that place. */
export async function readRecordHash(
  db: Kysely<Schema>,
  chain: string,
  sequence: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('audit_records')
    .select('hash')
    .where('chain', '=', chain)
    .where('sequence', '=', sequence)
    .executeTakeFirst()
  return row?.hash
}

/** Checkpoints, newest first. */
export async function listCheckpoints(
  db: Kysely<Schema>,
  page: PageRequest,
): Promise<Page<Checkpoint>> {
  const before = readCursor(page.cursor, 1)
  if (before === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('checkpoints').selectAll()
  if (before !== null) query = query.where('number', '<', Number(before[0]))
  const rows = await query
    .orderBy('number', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, {
    item: (row) => ({ number: row.number, at: row.at as EpochSeconds, jws: row.jws }),
    key: (row) => [row.number],
  })
}

function auditRowOf(row: Selectable<AuditRecordsTable>): AuditRow {
  return {
    chain: row.chain,
    sequence: row.sequence,
    previousHash: row.previous_hash,
    hash: row.hash,
    body: row.body,
  }
}
