import type { Kysely } from 'kysely'
import type { AuditEntry, AuditPosition, ChainHead } from '../../domain/audit.ts'
import { DEFAULT_TENANT, type TenantId } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { genesisHash, genesisText, recordBody, recordHash } from '../audit/chain-hash.ts'
import { readOpenHeads } from '../audit/open-heads.ts'
import { readChainHead } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import type { SqliteConnection } from './connect.ts'

interface PendingRecord {
  readonly sequence: number
  readonly tenant: TenantId
  readonly previousHash: string
  readonly hash: string
  readonly body: string
}

interface ChainEnd {
  readonly sequence: number
  readonly hash: string
}

const INSERT_RECORD = `insert into audit_records
  (chain, sequence, tenant, previous_hash, hash, body) values (?, ?, ?, ?, ?, ?)`
const INSERT_CHAIN =
  'insert into audit_chains (chain, tenant, started_at, genesis) values (?, ?, ?, ?)'

/**
 * This process's own chain of audit records. Records are added inside the group's transaction,
 * written with `flush`, and count once `confirm` has been called after the commit; `forget` returns
 * to the last confirmed record. The chain begins with its first record, so that a process which
 * decides nothing leaves nothing.
 */
export class ChainWriter {
  readonly #connection: SqliteConnection
  readonly #chain: string
  #confirmed: ChainEnd | undefined
  #end: ChainEnd | undefined
  #genesis: string | undefined
  #known: readonly ChainHead[] = []
  #pending: PendingRecord[] = []
  #doubtful = false

  constructor(connection: SqliteConnection, chain: string) {
    this.#connection = connection
    this.#chain = chain
  }

  /** Where the next record will stand. */
  next(): AuditPosition {
    return { chain: this.#chain, sequence: (this.#end?.sequence ?? 0) + 1 }
  }

  /** Adds the one record of a decision (I10); call inside the transaction. */
  append(entry: AuditEntry, now: EpochSeconds): AuditPosition {
    const position = this.next()
    const body = recordBody(position, now, entry)
    const previousHash = this.#end?.hash ?? this.#begin(now)
    const hash = recordHash(previousHash, body)
    const { sequence } = position
    this.#pending.push({ sequence, tenant: entry.tenant, previousHash, hash, body })
    this.#end = { sequence, hash }
    return position
  }

  /** How many records wait; `rewind` to it takes back what was added since. */
  pending(): number {
    return this.#pending.length
  }

  /** Takes back the records added since `pending` answered `count`. */
  rewind(count: number): void {
    this.#pending.length = count
    const last = this.#pending[count - 1]
    this.#end = last === undefined ? this.#confirmed : last
  }

  /** Writes what waits; call inside the transaction. */
  flush(now: EpochSeconds): void {
    if (this.#pending.length === 0) return
    if (this.#confirmed === undefined && this.#genesis !== undefined) {
      this.#connection.prepare(INSERT_CHAIN).run(this.#chain, DEFAULT_TENANT, now, this.#genesis)
    }
    const insert = this.#connection.prepare(INSERT_RECORD)
    for (const { sequence, tenant, previousHash, hash, body } of this.#pending) {
      insert.run(this.#chain, sequence, tenant, previousHash, hash, body)
    }
  }

  /** After the commit: the records stand. Answers how many. */
  confirm(): number {
    const count = this.#pending.length
    this.#confirmed = this.#end
    this.#pending = []
    return count
  }

  /** After a group that failed: as if nothing had been added, unless `resume` finds otherwise. */
  forget(): void {
    this.#end = this.#confirmed
    this.#pending = []
    this.#doubtful = true
  }

  /**
   * Looks, at the beginning of a transaction, where the chain ends, since a commit that failed may
   * have reached the disk all the same; and which heads a chain that is yet to begin will name.
   */
  async resume(db: Kysely<Schema>): Promise<void> {
    if (this.#doubtful) {
      const end = await readChainHead(db, this.#chain)
      this.#confirmed = end && { sequence: end.sequence, hash: end.hash }
      this.#end = this.#confirmed
      this.#doubtful = false
    }
    if (this.#confirmed === undefined) this.#known = await readOpenHeads(db)
  }

  #begin(now: EpochSeconds): string {
    this.#genesis = genesisText({ chain: this.#chain, at: now, heads: this.#known })
    return genesisHash(this.#genesis)
  }
}
