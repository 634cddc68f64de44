import { LEDGER_GAP_SECONDS } from '../../domain/limits.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import type { SqliteConnection } from '../sqlite/connect.ts'
import { advanceTime } from '../sqlite/time-keeper.ts'

const MARK = `select value from meta where name = 'time_mark'`
const REBORN = 'update ledger set born_at = ? where born_at < ?'

/**
 * The moment of a writing transaction, as in every store. A ledger in use notes the time every
 * LEDGER_TICK_MS; one whose last note is older than LEDGER_GAP_SECONDS may be an old copy that was
 * put back, or wake with a machine that was. It can not tell what was spent since, so its memory
 * begins anew, in the same transaction, whichever process is first to look.
 */
export function advanceLedgerTime(connection: SqliteConnection, clock: Clock): EpochSeconds {
  const mark = (connection.prepare(MARK).get() as { value: number } | undefined)?.value ?? 0
  const now = advanceTime(connection, clock)
  if (now - mark > LEDGER_GAP_SECONDS) connection.prepare(REBORN).run(now, now)
  return now
}
