import type { Kysely } from 'kysely'
import { StoreFault } from '../fault.ts'
import type { Schema } from '../schema.ts'
import type { CheckpointPlace } from './checkpoints.ts'
import { readLastCheckpoint } from './last-checkpoint.ts'
import { findRollback, rollbackProblem, rollbackSentence } from './rollback.ts'
import { trailOfStore } from './trail-of-store.ts'
import type { AuditVerdict } from './verdict.ts'
import { verifyTrail } from './verify-trail.ts'

/** Runs work over a snapshot. */
type ReadSnapshot = <T>(work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>

/**
 * Refuses a store that may not serve, with a StoreFault: `rolled_back` when it is older than the
 * checkpoint beside the keys, `audit_broken` when it was asked to verify the trail and that does
 * not hold together. The checkpoint is read first: the store can only be newer than it.
 */
export async function requireWhole(
  read: ReadSnapshot,
  place: CheckpointPlace | undefined,
  verify: boolean,
): Promise<void> {
  const last = place && (await readLastCheckpoint(place.keysDir))
  await read(async (db) => {
    const finding = place && (await findRollback(db, last, place.checkpointer))
    if (finding !== undefined) throw new StoreFault('rolled_back', rollbackSentence(finding))
    if (!verify) return
    const verdict = await verifyTrail(trailOfStore(db, 'newest'), place?.checkpointer, 'newest')
    if (verdict.whole) return
    const { problem, chain, sequence } = verdict.bad
    const where = `record ${sequence} of chain ${chain}, ${problem}`
    throw new StoreFault('audit_broken', `The audit trail is not whole: ${where}.`)
  })
}

/** Whether the whole trail holds together and reaches the checkpoint beside the keys. */
export async function verifyStore(
  read: ReadSnapshot,
  place: CheckpointPlace | undefined,
): Promise<AuditVerdict> {
  const last = place && (await readLastCheckpoint(place.keysDir))
  return read(async (db) => {
    const verdict = await verifyTrail(trailOfStore(db, 'all'), place?.checkpointer)
    if (!verdict.whole || place === undefined) return verdict
    const behind = await findRollback(db, last, place.checkpointer)
    return behind === undefined ? verdict : { whole: false, bad: rollbackProblem(behind) }
  })
}
