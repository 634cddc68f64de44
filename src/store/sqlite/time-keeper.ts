import { DEFAULT_TENANT } from '../../domain/ids.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { TIME_MARK } from '../schema.ts'
import { momentOf } from '../time-mark.ts'
import type { SqliteConnection } from './connect.ts'

const READ = 'select value from meta where tenant = ? and name = ?'
const ADVANCE = `insert into meta (tenant, name, value) values (?, ?, ?)
  on conflict (tenant, name) do update set value = excluded.value
  where excluded.value > meta.value`

/**
 * The moment of a writing transaction: the clock, but never before the mark, which moves along in
 * the same commit. Every process reads the mark under the write lock, so none is behind another.
 */
export function advanceTime(connection: SqliteConnection, clock: Clock): EpochSeconds {
  const row = connection.prepare(READ).get(DEFAULT_TENANT, TIME_MARK) as
    | { value: EpochSeconds }
    | undefined
  const mark = row?.value ?? (0 as EpochSeconds)
  const now = momentOf(clock.now(), mark)
  if (now > mark) connection.prepare(ADVANCE).run(DEFAULT_TENANT, TIME_MARK, now)
  return now
}
