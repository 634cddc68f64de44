import { readChangesAfter, readRevocationHead } from '../revocations/revocation-log.ts'
import type { WatchedLog } from '../revocations/revocation-watch.ts'
import type { SqliteConnection } from './connect.ts'
import { sessionOn } from './dialect.ts'

/**
 * The log over a connection of its own: the version of the file changes when any other connection
 * has committed, and asking for it is cheap.
 */
export function watchedLog(connection: SqliteConnection): WatchedLog {
  const session = () => sessionOn(connection, { open: true })
  let read: unknown
  return {
    head: () => readRevocationHead(session()),
    async since(seq) {
      const version = connection.raw.pragma('data_version', { simple: true })
      if (version === read) return undefined
      const found = await readChangesAfter(session(), seq)
      read = version
      return found
    },
  }
}
