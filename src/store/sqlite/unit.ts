import type { EpochSeconds } from '../../domain/time.ts'
import { type ChoreJob, type DecideJob, requireTruthful } from '../jobs.ts'
import { transactionOver } from '../transaction.ts'
import type { ChainWriter } from './chain-writer.ts'
import { type SqliteConnection, storeFault } from './connect.ts'
import { sessionOn } from './dialect.ts'

/** What a unit of a group needs: the one transaction, its moment and this process's chain. */
export interface Group {
  readonly connection: SqliteConnection
  readonly chain: ChainWriter
  readonly now: EpochSeconds
}

/**
 * Runs one decision in its own savepoint. A refusal takes back the unit's writes and keeps its
 * record; a throw, or a deadline, takes back both, since a decision without a record is none (I10).
 * Answers how to settle the job once the group's commit is on disk. Throws only when the whole
 * group is lost.
 */
export async function runDecision(job: DecideJob, group: Group): Promise<() => void> {
  const { connection, chain, now } = group
  const records = chain.pending()
  const gate = { open: true }
  connection.prepare('savepoint unit').run()
  try {
    const session = sessionOn(connection, gate)
    const transaction = transactionOver(session, { now, record: chain.next() })
    const decision = await Promise.race([job.work(transaction), job.overdue])
    gate.open = false
    requireTruthful(decision)
    if (!decision.result.ok) connection.prepare('rollback to unit').run()
    const record = chain.append(decision.record, now)
    connection.prepare('release unit').run()
    return () => job.settle({ result: decision.result, record, at: now })
  } catch (fault) {
    gate.open = false
    takeBack(group, records, fault)
    return () => job.fail(storeFault(fault))
  }
}

/** Runs housekeeping in its own savepoint; a throw takes it back and fails it alone. */
export async function runChore(job: ChoreJob, group: Group): Promise<() => void> {
  const { connection, chain, now } = group
  const records = chain.pending()
  const gate = { open: true }
  connection.prepare('savepoint unit').run()
  try {
    const answer = await Promise.race([job.work(sessionOn(connection, gate), now), job.overdue])
    gate.open = false
    connection.prepare('release unit').run()
    return () => job.settle(answer)
  } catch (fault) {
    gate.open = false
    takeBack(group, records, fault)
    return () => job.fail(storeFault(fault))
  }
}

/** Undoes what happened since the savepoint; a transaction that SQLite gave up is lost whole. */
export function takeBack({ connection, chain }: Group, records: number, fault: unknown): void {
  if (!connection.raw.inTransaction) throw fault
  connection.prepare('rollback to unit').run()
  connection.prepare('release unit').run()
  chain.rewind(records)
}
