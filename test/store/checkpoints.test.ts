import type { Kysely } from 'kysely'
import { expect, it } from 'vitest'
import type { EpochSeconds } from '../../src/domain/time.ts'
import { Checkpoints } from '../../src/store/audit/checkpoints.ts'
import { readLastCheckpoint } from '../../src/store/audit/last-checkpoint.ts'
import { listCheckpoints } from '../../src/store/audit-rows.ts'
import { openSqliteStore } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { openConnection } from '../../src/store/sqlite/connect.ts'
import { sessionOn } from '../../src/store/sqlite/dialect.ts'
import { loadDriver } from '../../src/store/sqlite/driver.ts'
import { afterTest, testPlace } from '../support/store.ts'
import { testCheckpointer } from '../support/store-checkpointer.ts'
import { given, T0, testAgent } from '../support/store-facts.ts'

type Work<T> = (db: Kysely<Schema>, now: EpochSeconds) => Promise<T>

it('a slower process on the same keys folder does not put an older checkpoint back', async () => {
  const place = testPlace()
  const store = await openSqliteStore({ path: place.path, clock: place.clock })
  afterTest(() => store.close())
  await given(store, { agents: [testAgent('worker')] })
  const connection = await openConnection(await loadDriver(), place.path, 'writer')
  afterTest(() => connection.close())
  const db = sessionOn(connection, { open: true })
  let meanwhile = async (): Promise<void> => {}
  const process = () => {
    const checkpoints = new Checkpoints({
      checkpointer: testCheckpointer(),
      keysDir: place.keysDir,
      read: <T>(work: Work<T>) => work(db, T0),
      write: async <T>(work: Work<T>) => {
        const answer = await work(db, T0)
        const others = meanwhile
        meanwhile = async () => {}
        await others()
        return answer
      },
      version: () => 0,
      failed: (fault) => {
        throw fault
      },
    })
    afterTest(() => checkpoints.close())
    return checkpoints
  }
  await process().make()
  meanwhile = () => process().make()
  await process().make()
  const { items } = await listCheckpoints(db, { limit: 5, cursor: null })
  expect(items.map(({ number }) => number)).toEqual([3, 2, 1])
  expect(await readLastCheckpoint(place.keysDir)).toBe(items[0]?.jws)
})
