import type { Kysely } from 'kysely'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { ChainDraft } from '../audit/chain-draft.ts'
import { readOpenHeads } from '../audit/open-heads.ts'
import { readChainHead } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import type { SqliteConnection } from './connect.ts'

const INSERT_RECORD = `insert into audit_records
  (chain, sequence, tenant, previous_hash, hash, body) values (?, ?, ?, ?, ?, ?)`
const INSERT_CHAIN =
  'insert into audit_chains (chain, tenant, started_at, genesis) values (?, ?, ?, ?)'

/** This process's own chain, written with `flush` inside the group's transaction. */
export class ChainWriter extends ChainDraft {
  readonly #connection: SqliteConnection
  #doubtful = false

  constructor(connection: SqliteConnection, chain: string) {
    super(chain)
    this.#connection = connection
  }

  /** Writes what waits; call inside the transaction. */
  flush(now: EpochSeconds): void {
    const { genesis, records } = this.unwritten()
    if (records.length === 0) return
    if (genesis !== undefined) {
      this.#connection.prepare(INSERT_CHAIN).run(this.chain, DEFAULT_TENANT, now, genesis)
    }
    const insert = this.#connection.prepare(INSERT_RECORD)
    for (const { sequence, tenant, previousHash, hash, body } of records) {
      insert.run(this.chain, sequence, tenant, previousHash, hash, body)
    }
  }

  /** After a group that failed: as if nothing had been added, unless `resume` finds otherwise. */
  override forget(): void {
    super.forget()
    this.#doubtful = true
  }

  /**
   * Looks, at the beginning of a transaction, where the chain ends, since a commit that failed may
   * have reached the disk all the same; and which heads a chain that is yet to begin will name.
   */
  async resume(db: Kysely<Schema>): Promise<void> {
    if (this.#doubtful) {
      this.resumeAt(await readChainHead(db, this.chain))
      this.#doubtful = false
    }
    if (!this.begun) this.beginAfter(await readOpenHeads(db))
  }
}
