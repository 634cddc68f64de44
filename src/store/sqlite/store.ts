import type { AgentUri } from '../../domain/ids.ts'
import type { Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { Result } from '../../domain/result.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import type { Settled, Settlement } from '../../domain/settlement.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { inSpan } from '../../tracing.ts'
import { outboxOver } from '../alerts/outbox.ts'
import { type CheckpointPlace, Checkpoints } from '../audit/checkpoints.ts'
import { exportTrail } from '../audit/export.ts'
import type { AuditVerdict } from '../audit/verdict.ts'
import { requireWhole, verifyStore } from '../audit/whole-store.ts'
import { noteIssuedToken, takeRequestNonce } from '../cdp.ts'
import { issueNonce } from '../enrollment/nonces.ts'
import type { ObserveCommit, OpenableStore } from '../openable.ts'
import type { IssuedNonce } from '../ports/attestation.ts'
import type { IssuedToken, RequestNonce } from '../ports/cdp.ts'
import type { Decided, Decision, Reads, Transaction } from '../ports.ts'
import { readsOver } from '../reads.ts'
import { settleBy } from '../redeem/settle.ts'
import { RevocationWatch } from '../revocations/revocation-watch.ts'
import { drawStatusIndexes } from '../revocations/status-lists.ts'
import { sealedRowsOver } from '../sealed-rows.ts'
import { noteSessionUse } from '../sessions.ts'
import { sweepAll } from '../sweep.ts'
import { momentOf } from '../time-mark.ts'
import { watchOver } from '../watch.ts'
import { sawProcesses } from '../watched-processes.ts'
import { ChainWriter } from './chain-writer.ts'
import type { SqliteConnection } from './connect.ts'
import { Readers } from './readers.ts'
import { advanceTime } from './time-keeper.ts'
import { watchedLog } from './watched-log.ts'
import { Writer } from './writer.ts'

const SPAN = { kind: 'client', facts: { 'db.system.name': 'sqlite' } } as const

interface Parts {
  readonly writer: SqliteConnection
  readonly watcher: SqliteConnection
  readonly openReader: () => Promise<SqliteConnection>
  readonly clock: Clock
  readonly chain: string
  readonly warningPercent: number
  readonly checkpoints: CheckpointPlace | undefined
  readonly failed: (fault: unknown) => void
  readonly beforeCommit: (() => void) | undefined
  readonly observe: ObserveCommit | undefined
}

/** The store port over one SQLite file: one writer, some readers, one watcher. */
export class SqliteStore implements OpenableStore {
  readonly outbox = outboxOver((work) => this.#writer.chore(work))
  readonly sealed = sealedRowsOver((work) => this.#writer.chore(work))
  readonly watch = watchOver(
    (work) => this.#readers.read((db, now) => work(db, this.#see(now))),
    (work) => this.#writer.chore(work),
  )
  readonly #parts: Parts
  readonly #writer: Writer
  readonly #readers: Readers
  readonly #watch: RevocationWatch
  #seen = 0 as EpochSeconds
  #checkpoints: Checkpoints | undefined
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    const { writer, clock, failed, beforeCommit } = parts
    this.#parts = parts
    this.#readers = new Readers(parts.openReader, clock)
    this.#watch = new RevocationWatch(watchedLog(parts.watcher), failed)
    this.#writer = new Writer({
      connection: writer,
      chain: new ChainWriter(writer, parts.chain),
      clock,
      advanceTime: (connection, from) => this.#see(advanceTime(connection, from)),
      committed: (group) => {
        this.#checkpoints?.count(group.records)
        parts.observe?.(group)
        if (group.decisions) this.#watch.look()
      },
      beforeCommit,
      warningPercent: parts.warningPercent,
    })
  }

  /** Starts what runs by itself: checkpoints, and telling of revocations. */
  async begin(): Promise<void> {
    await this.#watch.begin()
    await this.read(async () => undefined)
    const { checkpoints: place, failed } = this.#parts
    if (place === undefined) return
    const read = this.#readers.read.bind(this.#readers)
    const write = this.#writer.chore.bind(this.#writer)
    const version = () => this.#parts.watcher.raw.pragma('data_version', { simple: true })
    this.#checkpoints = new Checkpoints({ ...place, read, write, version, failed })
  }

  now(): EpochSeconds {
    return momentOf(this.#parts.clock.now(), this.#seen)
  }

  redeem(spend: Spend): Promise<SpendOutcome> {
    return inSpan('writ.store.redeem', () => this.#writer.redeem(spend), SPAN)
  }

  settle(settlement: Settlement): Promise<Decided<Settled>> {
    return settleBy(this, settlement)
  }

  decide<T>(work: (transaction: Transaction) => Promise<Decision<T>>): Promise<Decided<T>> {
    return inSpan('writ.store.decide', () => this.#writer.decide(work), SPAN)
  }

  read<T>(work: (reads: Reads) => Promise<T>): Promise<T> {
    return this.#readers.read((db, now) => work(readsOver(db, this.#see(now))))
  }

  onRevocation(listener: (changes: readonly RevocationChange[]) => void): () => void {
    return this.#watch.listen(listener)
  }

  revocationStaleness(): number {
    return this.#watch.staleness()
  }

  verifyAudit(): Promise<AuditVerdict> {
    return verifyStore((work) => this.#readers.read(work), this.#parts.checkpoints)
  }

  exportAudit(write: (line: string) => Promise<void> | void): Promise<number> {
    return this.#readers.read((db) => exportTrail(db, write))
  }

  issueNonce(nonce: IssuedNonce): Promise<Result<void>> {
    return this.#writer.chore((db, now) => issueNonce(db, now, nonce))
  }

  takeRequestNonce(nonce: RequestNonce): Promise<Result<void>> {
    return this.#writer.chore((db, now) => takeRequestNonce(db, now, nonce))
  }

  noteIssuedToken(token: IssuedToken): Promise<Result<void>> {
    return this.#writer.chore((db, now) => noteIssuedToken(db, now, token))
  }

  async sawProcesses(host: string, agents: readonly AgentUri[]): Promise<void> {
    await this.#writer.chore((db, now) => sawProcesses(db, now, host, agents))
  }

  noteSessionUse(secretHash: string): Promise<void> {
    return this.#writer.chore((db, now) => noteSessionUse(db, now, secretHash))
  }

  drawStatusIndexes(): Promise<number> {
    return this.#writer.chore(drawStatusIndexes)
  }

  sweep(): Promise<number> {
    return sweepAll((step) => this.#writer.chore(step))
  }

  /** Whether this store may serve; see `requireWhole`. */
  requireWhole(verify: boolean): Promise<void> {
    return requireWhole((work) => this.#readers.read(work), this.#parts.checkpoints, verify)
  }

  /** Finishes what waits, signs a last checkpoint and closes. Asking twice is one closing. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Closes without a checkpoint: what was opened here may not be what was left here. */
  async abandon(): Promise<void> {
    this.#checkpoints = undefined
    await this.close()
  }

  #see(moment: EpochSeconds): EpochSeconds {
    if (moment > this.#seen) this.#seen = moment
    return moment
  }

  async #close(): Promise<void> {
    await this.#writer.drain()
    await this.#checkpoints?.close()
    await this.#watch.close()
    this.#readers.close()
    this.#parts.watcher.close()
    this.#parts.writer.close()
  }
}
