import type { Kysely } from 'kysely'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { ChainDraft } from '../audit/chain-draft.ts'
import { readRecordHash } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import type { Session } from './session.ts'

const INSERT_CHAIN =
  'insert into audit_chains (chain, tenant, started_at, genesis) values ($1, $2, $3, $4)'
const INSERT_RECORDS = `insert into audit_records
    (chain, sequence, tenant, previous_hash, hash, body)
  select $1, w.sequence, w.tenant, w.previous_hash, w.hash, w.body
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
    as w (sequence, tenant, previous_hash, hash, body)`

/** Writes what waits of a chain; call inside the transaction. */
export async function writeChain(
  chain: ChainDraft,
  session: Session,
  now: EpochSeconds,
): Promise<void> {
  const { genesis, records } = chain.unwritten()
  if (records.length === 0) return
  if (genesis !== undefined) {
    await session.query(INSERT_CHAIN, [chain.chain, DEFAULT_TENANT, now, genesis])
  }
  await session.query(INSERT_RECORDS, [
    chain.chain,
    records.map(({ sequence }) => sequence),
    records.map(({ tenant }) => tenant),
    records.map(({ previousHash }) => previousHash),
    records.map(({ hash }) => hash),
    records.map(({ body }) => body),
  ])
}

/** Whether what was added to the chain stands in the database, record for record. */
export async function stands(db: Kysely<Schema>, chain: ChainDraft): Promise<boolean> {
  const { end } = chain
  if (end === undefined) return false
  return (await readRecordHash(db, chain.chain, end.sequence)) === end.hash
}
