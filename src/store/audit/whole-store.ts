import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import type { CheckpointPlace } from './checkpoints.ts'
import { readLastCheckpoint, readRestored } from './last-checkpoint.ts'
import {
  findRollback,
  type RollbackFinding,
  rollbackProblem,
  rollbackSentence,
} from './rollback.ts'
import { trailOfStore } from './trail-of-store.ts'
import type { AuditVerdict } from './verdict.ts'
import { verifyTrail } from './verify-trail.ts'

/** Runs work over a snapshot. */
type ReadSnapshot = <T>(work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>

/** A checkpoint is beside the keys this soon after it is in the store, or its process is gone. */
const BESIDE_MS = 500
const LOOK_MS = 50

/**
 * Refuses a store that may not serve, with a StoreFault: `rolled_back` when it is older than the
 * checkpoint beside the keys, `audit_broken` when it was asked to verify the trail and that does
 * not hold together.
 */
export async function requireWhole(
  read: ReadSnapshot,
  place: CheckpointPlace | undefined,
  verify: boolean,
): Promise<void> {
  const finding = place && (await rollbackOf(read, place))
  if (finding !== undefined) throw new StoreFault('rolled_back', rollbackSentence(finding))
  if (!verify) return
  const verdict = await read((db) =>
    verifyTrail(trailOfStore(db, 'newest'), place?.checkpointer, 'newest'),
  )
  if (verdict.whole) return
  const { problem, chain, sequence } = verdict.bad
  const where = `record ${sequence} of chain ${chain}, ${problem}`
  throw new StoreFault('audit_broken', `The audit trail is not whole: ${where}.`)
}

/** Whether the whole trail holds together and reaches the checkpoint beside the keys. */
export async function verifyStore(
  read: ReadSnapshot,
  place: CheckpointPlace | undefined,
): Promise<AuditVerdict> {
  const behind = place && (await rollbackOf(read, place))
  const verdict = await read((db) => verifyTrail(trailOfStore(db, 'all'), place?.checkpointer))
  if (!verdict.whole || behind === undefined) return verdict
  return { whole: false, bad: rollbackProblem(behind) }
}

/**
 * The checkpoint is read before the snapshot, so that the store can only be newer than it. The very
 * first one may come between the two, made by another process: then the next look finds it.
 */
async function rollbackOf(
  read: ReadSnapshot,
  { keysDir, checkpointer }: CheckpointPlace,
): Promise<RollbackFinding | undefined> {
  for (const until = Date.now() + BESIDE_MS; ; await delay(LOOK_MS)) {
    const last = await readLastCheckpoint(keysDir)
    const restored = await readRestored(keysDir)
    const finding = await read((db) => findRollback(db, { last, restored }, checkpointer))
    if (finding?.reason !== 'checkpoint_missing' || Date.now() > until) return finding
  }
}
