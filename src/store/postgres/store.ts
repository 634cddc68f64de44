import type { AgentUri } from '../../domain/ids.ts'
import type { Spend, SpendOutcome } from '../../domain/redemption.ts'
import type { Result } from '../../domain/result.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import type { Settled, Settlement } from '../../domain/settlement.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { inSpan } from '../../tracing.ts'
import { outboxOver } from '../alerts/outbox.ts'
import { type CheckpointPlace, Checkpoints } from '../audit/checkpoints.ts'
import { exportTrail } from '../audit/export.ts'
import type { AuditVerdict } from '../audit/verdict.ts'
import { requireWhole, verifyStore } from '../audit/whole-store.ts'
import { noteIssuedToken, takeRequestNonce } from '../cdp.ts'
import { issueNonce } from '../enrollment/nonces.ts'
import { StoreFault } from '../fault.ts'
import type { ObserveCommit, OpenableStore } from '../openable.ts'
import type { IssuedNonce } from '../ports/attestation.ts'
import type { IssuedToken, RequestNonce } from '../ports/cdp.ts'
import type { Decided, Decision, Reads, Store, Transaction } from '../ports.ts'
import { readsOver } from '../reads.ts'
import { settleBy } from '../redeem/settle.ts'
import { RevocationWatch } from '../revocations/revocation-watch.ts'
import { drawStatusIndexes } from '../revocations/status-lists.ts'
import { sealedRowsOver } from '../sealed-rows.ts'
import { noteSessionUse } from '../sessions.ts'
import { sweepAll } from '../sweep.ts'
import { watchOver } from '../watch.ts'
import { sawProcesses } from '../watched-processes.ts'
import { Lanes } from './lanes.ts'
import type { ConnectionPool } from './pool.ts'
import { Snapshots } from './snapshots.ts'
import { isPassing } from './sql-state.ts'
import type { TimeKeeper } from './time-keeper.ts'
import { watchedLog } from './watched-log.ts'

const SPAN = { kind: 'client', facts: { 'db.system.name': 'postgresql' } } as const

/** Closing does not wait longer than this for a database that is away. */
const CLOSE_MS = 2_000

interface Parts {
  readonly writers: ConnectionPool
  readonly readers: ConnectionPool
  readonly lanes: number
  readonly time: TimeKeeper
  readonly settings: string
  readonly newChain: () => string
  readonly warningPercent: number
  readonly checkpoints: CheckpointPlace | undefined
  readonly failed: (fault: unknown) => void
  readonly beforeCommit: (() => void) | undefined
  readonly observe: ObserveCommit | undefined
}

/** The store port over PostgreSQL: some lanes that write, some connections that read. */
export class PostgresStore implements OpenableStore {
  readonly outbox = outboxOver((work) => this.#lanes.chore(work))
  readonly sealed = sealedRowsOver((work) => this.#lanes.chore(work))
  readonly watch = watchOver(
    (work) => this.#answered(() => this.#snapshots.read(work)),
    (work) => this.#lanes.chore(work),
  )
  readonly #parts: Parts
  readonly #lanes: Lanes
  readonly #snapshots: Snapshots
  readonly #watch: RevocationWatch
  #checkpoints: Checkpoints | undefined
  #commits = 0
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    const { writers, readers, time, settings, newChain, failed, beforeCommit } = parts
    this.#parts = parts
    this.#snapshots = new Snapshots(readers, time)
    this.#watch = new RevocationWatch(watchedLog(this.#snapshots), failed)
    this.#lanes = new Lanes(parts.lanes, {
      pool: writers,
      snapshots: this.#snapshots,
      time,
      settings,
      newChain,
      warningPercent: parts.warningPercent,
      beforeCommit,
      committed: (group) => {
        this.#commits += 1
        this.#checkpoints?.count(group.records)
        parts.observe?.(group)
        if (group.decisions) this.#watch.look()
      },
    })
  }

  /** Starts what runs by itself: checkpoints, and telling of revocations. */
  async begin(): Promise<void> {
    await this.#watch.begin()
    const { checkpoints: place, failed } = this.#parts
    if (place === undefined) return
    this.#checkpoints = new Checkpoints({
      ...place,
      read: (work) => this.#snapshots.walk(work),
      write: (work) => this.#lanes.chore(work),
      // What other processes commit is in their own checkpoints.
      version: () => this.#commits,
      failed,
    })
  }

  now(): EpochSeconds {
    return this.#parts.time.now()
  }

  redeem(spend: Spend): Promise<SpendOutcome> {
    return inSpan('writ.store.redeem', () => this.#lanes.redeem(spend), SPAN)
  }

  settle(settlement: Settlement): Promise<Decided<Settled>> {
    const decide: Store['decide'] = (work) => this.#lanes.decideBelow(settlement.root, work)
    return settleBy({ decide }, settlement)
  }

  decide<T>(work: (transaction: Transaction) => Promise<Decision<T>>): Promise<Decided<T>> {
    return inSpan('writ.store.decide', () => this.#lanes.decide(work), SPAN)
  }

  read<T>(work: (reads: Reads) => Promise<T>): Promise<T> {
    return this.#answered(() => this.#snapshots.read((db, now) => work(readsOver(db, now))))
  }

  onRevocation(listener: (changes: readonly RevocationChange[]) => void): () => void {
    return this.#watch.listen(listener)
  }

  revocationStaleness(): number {
    return this.#watch.staleness()
  }

  verifyAudit(): Promise<AuditVerdict> {
    const { checkpoints } = this.#parts
    return this.#answered(() => verifyStore((work) => this.#snapshots.walk(work), checkpoints))
  }

  exportAudit(write: (line: string) => Promise<void> | void): Promise<number> {
    return this.#answered(() => this.#snapshots.walk((db) => exportTrail(db, write)))
  }

  issueNonce(nonce: IssuedNonce): Promise<Result<void>> {
    return this.#lanes.chore((db, now) => issueNonce(db, now, nonce))
  }

  takeRequestNonce(nonce: RequestNonce): Promise<Result<void>> {
    return this.#lanes.chore((db, now) => takeRequestNonce(db, now, nonce))
  }

  noteIssuedToken(token: IssuedToken): Promise<Result<void>> {
    return this.#lanes.chore((db, now) => noteIssuedToken(db, now, token))
  }

  async sawProcesses(host: string, agents: readonly AgentUri[]): Promise<void> {
    await this.#lanes.chore((db, now) => sawProcesses(db, now, host, agents))
  }

  noteSessionUse(secretHash: string): Promise<void> {
    return this.#lanes.chore((db, now) => noteSessionUse(db, now, secretHash))
  }

  drawStatusIndexes(): Promise<number> {
    return this.#lanes.chore(drawStatusIndexes)
  }

  sweep(): Promise<number> {
    return sweepAll((step) => this.#lanes.chore(step))
  }

  /** Whether this store may serve; see `requireWhole`. */
  requireWhole(verify: boolean): Promise<void> {
    const { checkpoints } = this.#parts
    return this.#answered(() =>
      requireWhole((work) => this.#snapshots.walk(work), checkpoints, verify),
    )
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

  async #close(): Promise<void> {
    await this.#lanes.drain()
    await this.#checkpoints?.close()
    await this.#watch.close()
    const { writers, readers } = this.#parts
    const ended = Promise.allSettled([writers.end(), readers.end()])
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS)
    })
    await Promise.race([ended, late])
    clearTimeout(timer)
  }

  /** A database that does not answer is a state that is not known, and after closing none is. */
  async #answered<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new StoreFault('status_unknown', 'The store is closed.')
    }
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      throw new StoreFault('status_unknown', 'The database does not answer.', error)
    }
  }
}
