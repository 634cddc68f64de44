import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { listAuditChains, listCheckpoints, readAuditRows } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import type { AuditItem, CheckpointChoice } from './verdict.ts'

/** Rows read before the event loop gets its turn. */
const PAGE_ROWS = 1_000

/** The trail in the store, as one snapshot sees it. */
export async function* trailOfStore(
  db: Kysely<Schema>,
  checkpoints: CheckpointChoice,
): AsyncIterable<AuditItem> {
  yield* checkpointsOf(db, checkpoints)
  const chains = await listAuditChains(db)
  for (const { chain, genesis } of chains) yield { kind: 'chain', chain, genesis }
  for (const chain of new Set([...chains.map((row) => row.chain), ...(await recorded(db))])) {
    yield* recordsOf(db, chain)
  }
}

async function* checkpointsOf(
  db: Kysely<Schema>,
  choice: CheckpointChoice,
): AsyncIterable<AuditItem> {
  let cursor: string | null = null
  do {
    const limit: number = choice === 'newest' ? 1 : PAGE_ROWS
    const page: Awaited<ReturnType<typeof listCheckpoints>> = await listCheckpoints(db, {
      limit,
      cursor,
    })
    for (const { number, jws } of page.items) yield { kind: 'checkpoint', number, jws }
    cursor = choice === 'newest' ? null : page.cursor
    await nextTurn()
  } while (cursor !== null)
}

async function* recordsOf(db: Kysely<Schema>, chain: string): AsyncIterable<AuditItem> {
  let sequence = Number.MIN_SAFE_INTEGER
  for (;;) {
    const rows = await readAuditRows(db, { chain, sequence }, PAGE_ROWS)
    for (const row of rows) yield { kind: 'record', ...row }
    const last = rows[rows.length - 1]
    if (last === undefined || rows.length < PAGE_ROWS) return
    sequence = last.sequence
    await nextTurn()
  }
}

/** The chains that have records, whether or not anything says how they began. */
async function recorded(db: Kysely<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<{ chain: string | null }>`
    with recursive chains(chain) as (
      select min(chain) from audit_records
      union all
      select (select min(r.chain) from audit_records r where r.chain > chains.chain)
      from chains where chains.chain is not null
    )
    select chain from chains`.execute(db)
  return rows.map((row) => row.chain).filter((chain) => chain !== null)
}
