import type { AuditEntry, AuditPosition, ChainHead } from '../../domain/audit.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { genesisHash, genesisText, recordBody, recordHash } from './chain-hash.ts'

/** A record that waits to be written. */
export interface PendingRecord {
  readonly sequence: number
  readonly tenant: TenantId
  readonly previousHash: string
  readonly hash: string
  readonly body: string
}

/** Where a chain ends. */
type ChainEnd = Pick<ChainHead, 'sequence' | 'hash'>

/**
 * One chain of audit records, in the memory of whoever writes it. Records are added inside a
 * transaction, which writes what `unwritten` answers, and count once `confirm` has been called
 * after the commit; `forget` returns to the last confirmed record. The chain begins with its first
 * record, so that a process which decides nothing leaves nothing.
 */
export class ChainDraft {
  readonly chain: string
  #confirmed: ChainEnd | undefined
  #end: ChainEnd | undefined
  #genesis: string | undefined
  #known: readonly ChainHead[] = []
  #pending: PendingRecord[] = []

  constructor(chain: string) {
    this.chain = chain
  }

  /** Whether a record of the chain stands. */
  get begun(): boolean {
    return this.#confirmed !== undefined
  }

  /** The last record added, confirmed or not. */
  get end(): ChainEnd | undefined {
    return this.#end
  }

  /** Where the next record will stand. */
  next(): AuditPosition {
    return { chain: this.chain, sequence: (this.#end?.sequence ?? 0) + 1 }
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

  /** What has to be written before the commit: the records, and the genesis before the first. */
  unwritten(): {
    readonly genesis: string | undefined
    readonly records: readonly PendingRecord[]
  } {
    const begins = this.#confirmed === undefined && this.#pending.length > 0
    return { genesis: begins ? this.#genesis : undefined, records: this.#pending }
  }

  /** After the commit: the records stand. Answers how many. */
  confirm(): number {
    const count = this.#pending.length
    this.#confirmed = this.#end
    this.#pending = []
    return count
  }

  /** After a transaction that failed: as if nothing had been added. */
  forget(): void {
    this.#end = this.#confirmed
    this.#pending = []
  }

  /** Goes on from where the chain was found to end. */
  resumeAt(end: ChainEnd | undefined): void {
    this.#confirmed = end && { sequence: end.sequence, hash: end.hash }
    this.#end = this.#confirmed
  }

  /** The heads that this chain's genesis will name, should it begin now. */
  beginAfter(heads: readonly ChainHead[]): void {
    this.#known = heads
  }

  #begin(now: EpochSeconds): string {
    this.#genesis = genesisText({ chain: this.chain, at: now, heads: this.#known })
    return genesisHash(this.#genesis)
  }
}
