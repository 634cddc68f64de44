import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MADE_BY_ANOTHER, MIGRATIONS } from '../../src/store/migrate.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { mint, must, openLease, type Presented, present } from '../faults/calls.ts'
import { type Deployment, deploy, type Member } from '../faults/deployment.ts'
import { sharedCluster } from '../support/postgres.ts'
import { administer, type Cluster, urlOf } from '../support/postgres-cluster.ts'

const name = `u_${randomBytes(8).toString('hex')}`
let cluster: Cluster
let site: Deployment
let worker: Member
let pool: pg.Pool

/** What the next version might add: to tables that every call writes, and a table of its own. */
const LATER = {
  '0002-later': {
    async up(db: Parameters<(typeof MIGRATIONS)[string]['up']>[0]) {
      for (const table of ['leases', 'agents', 'audit_records', 'spent_tokens', 'meta']) {
        await db.schema.alterTable(table).addColumn('later', 'text').execute()
      }
      const counted = sql`0`
      await db.schema
        .alterTable('leases')
        .addColumn('later_count', 'bigint', (column) => column.notNull().defaultTo(counted))
        .execute()
      await db.schema.createTable('later').addColumn('id', 'text').execute()
      await db.schema.createIndex('leases_later').on('leases').column('later').execute()
      await sql`select pg_sleep(0.1)`.execute(db)
    },
  },
}

beforeAll(async () => {
  cluster = await sharedCluster()
  await administer(cluster, `create database ${name}`)
  const databaseUrl = urlOf(cluster, name)
  pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  site = await deploy({ gateways: 0, databaseUrl })
  worker = await site.enroll('worker', 4)
}, 120_000)
afterAll(async () => {
  await site.end()
  await pool.end()
  await administer(cluster, `drop database ${name} with (force)`)
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const migrations = async () =>
  (await pool.query<{ name: string }>('select name from writ_migrations order by name')).rows.map(
    (row) => row.name,
  )

/** Opens leases, mints, presents and revokes in a few lanes until the work is done. */
async function underLoad(
  work: (answered: (more: number) => Promise<void>) => Promise<void>,
): Promise<readonly Presented[]> {
  const told: Presented[] = []
  let over = false
  const lanes = Array.from({ length: 3 }, async (_, lane) => {
    for (let n = 0; !over; n += 1) {
      const lease = await openLease(worker, site.scope)
      for (const token of await mint(worker, lease, 2)) {
        told.push(await present(worker, site.gateways[0] ?? '', token, `/${lane}/${n}`))
      }
      await must(worker.api, `/v1/leases/${lease}/revoke`, { reason: 'done' })
      await pause(20)
    }
  })
  const all = Promise.all(lanes)
  const answered = async (more: number) => {
    for (const end = told.length + more; told.length < end; ) await pause(20)
  }
  await Promise.race([work(answered), all])
  over = true
  await all
  return told
}

describe('a process that serves while the migration of a newer version runs', () => {
  it('goes on with the tables as they were and as they are: not one request fails', async () => {
    let before = 0
    const told = await underLoad(async (answered) => {
      await answered(6)
      before = await migrations().then(({ length }) => length)
      await migratePostgres(pool, { ...MIGRATIONS, ...LATER })
      await answered(12)
    })
    expect(before).toBe(Object.keys(MIGRATIONS).length)
    expect(await migrations()).toEqual([...Object.keys(MIGRATIONS), '0002-later'])
    expect(new Set(told)).toEqual(new Set(['spent']))
    const verdict = await site.owner.call<{ whole: boolean }>({
      method: 'GET',
      path: '/v1/audit/verify',
    })
    expect(verdict).toMatchObject({ ok: true, value: { whole: true } })
  }, 60_000)

  it('does not start again on those tables, and says what to run and what the way back is', async () => {
    const [first] = site.authorities
    expect(await first?.end()).toBe(0)
    await expect(first?.restart()).rejects.toThrow(MADE_BY_ANOTHER)
    const [row] = (await pool.query('select later, later_count from leases limit 1')).rows
    expect(row, 'what it wrote meanwhile is whole for the newer version').toEqual({
      later: null,
      later_count: '0',
    })
  }, 60_000)
})
