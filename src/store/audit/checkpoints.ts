import type { Kysely } from 'kysely'
import type { CheckpointStatement } from '../../domain/audit.ts'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import {
  CHECKPOINT_CHAINS_MAX,
  CHECKPOINT_RECORDS,
  CHECKPOINT_SECONDS,
} from '../../domain/limits.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { listCheckpoints } from '../audit-rows.ts'
import { StoreFault } from '../fault.ts'
import type { Checkpoint } from '../ports.ts'
import type { Schema } from '../schema.ts'
import { readTimeMark } from '../time-mark.ts'
import { checkpointHash } from './chain-hash.ts'
import { replaceLastCheckpoint } from './last-checkpoint.ts'
import { readOpenHeads } from './open-heads.ts'
import type { Checkpointer } from './verdict.ts'

/** Where checkpoints are signed and kept beside the store. */
export interface CheckpointPlace {
  readonly checkpointer: Checkpointer
  /** The folder of the keys; the newest checkpoint is kept there too. */
  readonly keysDir: string
}

/** Runs work over a snapshot, or in a transaction of the writer. */
type Runs = <T>(work: (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>) => Promise<T>

interface Parts extends CheckpointPlace {
  readonly read: Runs
  readonly write: Runs
  /** Differs from its last answer when anybody has committed since; cheap to ask. */
  readonly version: () => unknown
  readonly failed: (fault: unknown) => void
}

/**
 * Signs the heads of all chains every CHECKPOINT_RECORDS records of this process, or every
 * CHECKPOINT_SECONDS while records arrive from anywhere, and keeps the newest statement in the
 * store and beside the keys. What was decided after the newest one can be cut off without notice.
 */
export class Checkpoints {
  readonly #parts: Parts
  readonly #timer: NodeJS.Timeout
  #records = 0
  #stated = ''
  #version: unknown
  #busy: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#look(), CHECKPOINT_SECONDS * 1_000).unref()
  }

  /** Counts records that were committed. */
  count(records: number): void {
    this.#records += records
    if (this.#records < CHECKPOINT_RECORDS) return
    this.#records = 0
    void this.make()
  }

  /** Makes a checkpoint unless the heads are those of the last one; faults are reported. */
  make(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#state()).catch(this.#parts.failed)
    return this.#busy
  }

  /** The last checkpoint of this process. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.make()
  }

  #look(): void {
    try {
      const version = this.#parts.version()
      if (version === this.#version) return
      this.#version = version
      void this.make()
    } catch (fault) {
      this.#parts.failed(fault)
    }
  }

  async #state(): Promise<void> {
    const { read, write, checkpointer, keysDir } = this.#parts
    const { number, statement } = await read(draftOf)
    const stated = JSON.stringify(statement.heads)
    if (stated === this.#stated || statement.heads.length === 0) return
    if (statement.heads.length > CHECKPOINT_CHAINS_MAX) {
      throw new StoreFault('fault', 'There are more open audit chains than a checkpoint can name.')
    }
    const jws = await checkpointer.sign(statement)
    // A store that has checkpoints does not serve without one beside the keys, so the first one is
    // there before the store knows of it: what it names is committed, and no crash comes between.
    if (number === 1) await replaceLastCheckpoint(keysDir, jws)
    const checkpoint = { number, at: statement.at, jws }
    const kept = await write((db) => keep(db, checkpoint))
    if (kept) this.#stated = stated
    if (kept || number === 1) await this.#putBesideKeys(checkpoint)
  }

  /** Of several processes on one folder the slower one does not put an older one over a newer. */
  async #putBesideKeys(checkpoint: Checkpoint): Promise<void> {
    const { read, keysDir } = this.#parts
    for (let beside = checkpoint; ; ) {
      await replaceLastCheckpoint(keysDir, beside.jws)
      const newest = await read(newestOf)
      if (newest === undefined || newest.number <= beside.number) return
      beside = newest
    }
  }
}

/** What stands in a snapshot, so that nothing in it can still be undone. */
async function draftOf(
  db: Kysely<Schema>,
  now: EpochSeconds,
): Promise<{ readonly number: number; readonly statement: CheckpointStatement }> {
  const newest = await newestOf(db)
  const previous = newest === undefined ? null : checkpointHash(newest.jws)
  const heads = await readOpenHeads(db)
  const mark = await readTimeMark(db)
  return { number: (newest?.number ?? 0) + 1, statement: { at: now, heads, mark, previous } }
}

/** False when another process stated something meanwhile; its checkpoint will do. */
async function keep(db: Kysely<Schema>, checkpoint: Checkpoint): Promise<boolean> {
  const newest = await newestOf(db)
  if ((newest?.number ?? 0) + 1 !== checkpoint.number) return false
  await db
    .insertInto('checkpoints')
    .values({ ...checkpoint, tenant: DEFAULT_TENANT })
    .execute()
  return true
}

async function newestOf(db: Kysely<Schema>): Promise<Checkpoint | undefined> {
  return (await listCheckpoints(db, { limit: 1, cursor: null })).items[0]
}
