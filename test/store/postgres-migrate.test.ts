import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { sharedCluster } from '../support/postgres.ts'
import { administer, urlOf } from '../support/postgres-cluster.ts'
import { afterTest } from '../support/store.ts'
import { given, testAgent } from '../support/store-facts.ts'

async function emptyDatabase(): Promise<string> {
  const cluster = await sharedCluster()
  const name = `e_${randomBytes(8).toString('hex')}`
  await administer(cluster, `create database ${name}`)
  afterTest(() => administer(cluster, `drop database ${name} with (force)`))
  return urlOf(cluster, name)
}

async function query(databaseUrl: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the tables of PostgreSQL', () => {
  it('are made by command alone: without them a process does not start, and says what to do', async () => {
    const databaseUrl = await emptyDatabase()
    const sentence =
      'The database has no tables of Writ yet; run "writ migrate", or start with --migrate.'
    await expect(openStore({ databaseUrl })).rejects.toMatchObject({
      code: 'unusable',
      message: sentence,
    })
  })

  it('are waited for only where a server answers: else that is told at once', async () => {
    const databaseUrl = 'postgres://writ@127.0.0.1:1/writ'
    await expect(openStore({ databaseUrl, migrate: true })).rejects.toMatchObject({
      code: 'status_unknown',
      message: 'The database does not answer.',
    })
  })

  it('are made once when four processes migrate at once', async () => {
    const databaseUrl = await emptyDatabase()
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openStore({ databaseUrl, migrate: true })),
    )
    for (const store of stores) afterTest(() => store.close())
    const [first] = stores
    if (first === undefined) throw new Error('four stores')
    await given(first, { agents: [testAgent('worker')] })
    expect(await query(databaseUrl, 'select name from writ_migrations')).toHaveLength(1)
    expect(await query(databaseUrl, 'select owner from writ_migration_lease')).toEqual([])
  })

  it('are made though another process is seen half-way: the type of a table, and no table', async () => {
    const databaseUrl = await emptyDatabase()
    await query(databaseUrl, 'create domain writ_migration_lease as text')
    const opening = openStore({ databaseUrl, migrate: true })
    await delay(200)
    await query(databaseUrl, 'drop domain writ_migration_lease')
    await (await opening).close()
    expect(await query(databaseUrl, 'select name from writ_migrations')).toHaveLength(1)
  })

  it('wait for a lease that is held, and take one whose process is gone', async () => {
    const databaseUrl = await emptyDatabase()
    await query(
      databaseUrl,
      `create table writ_migration_lease
        (id text primary key, owner text not null, expires_at bigint not null)`,
    )
    const now = 'floor(extract(epoch from clock_timestamp()))::bigint'
    const held = `insert into writ_migration_lease values ('migration', 'gone', ${now} + 2)`
    await query(databaseUrl, held)
    const started = performance.now()
    const store = await openStore({ databaseUrl, migrate: true })
    await store.close()
    expect(performance.now() - started).toBeGreaterThan(1_000)
  })

  it('of another version are refused', async () => {
    const databaseUrl = await emptyDatabase()
    await (await openStore({ databaseUrl, migrate: true })).close()
    await query(databaseUrl, `insert into writ_migrations values ('9999-later', 'now')`)
    for (const migrate of [true, false]) {
      const opened = openStore({ databaseUrl, migrate })
      await expect(opened).rejects.toThrow('The store was made by another version of Writ')
    }
  })
})
