import { readChangesAfter, readRevocationHead } from '../revocations/revocation-log.ts'
import type { WatchedLog } from '../revocations/revocation-watch.ts'
import type { Snapshots } from './snapshots.ts'

/** The log over snapshots: one row is read to see whether anything is new. */
export function watchedLog(snapshots: Snapshots): WatchedLog {
  return {
    head: () => snapshots.read((db) => readRevocationHead(db)),
    since: (seq) =>
      snapshots.read(async (db) => {
        const head = await readRevocationHead(db)
        return head === seq ? undefined : readChangesAfter(db, seq)
      }),
  }
}
