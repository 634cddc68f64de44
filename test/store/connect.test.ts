import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MADE_BY_ANOTHER } from '../../src/store/migrate.ts'
import { openConnection, type SqliteConnection } from '../../src/store/sqlite/connect.ts'
import { bindingsProblem, driverProblem, loadDriver } from '../../src/store/sqlite/driver.ts'
import { afterTest, type TestPlace, testPlace } from '../support/store.ts'
import { given, testAgent } from '../support/store-facts.ts'

async function connect(place: TestPlace, role: 'writer' | 'reader'): Promise<SqliteConnection> {
  const connection = await openConnection(await loadDriver(), place.path, role)
  afterTest(() => connection.close())
  return connection
}

describe('a connection', () => {
  const pragmas: readonly (readonly [string, unknown])[] = [
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['fullfsync', 1],
    ['checkpoint_fullfsync', 1],
    ['foreign_keys', 1],
    ['busy_timeout', 5_000],
    ['trusted_schema', 0],
    ['wal_autocheckpoint', 4_000],
    ['journal_size_limit', 64 * 1024 * 1024],
  ]

  it.each(pragmas)('reads back %s as %j, for writing and for reading', async (name, value) => {
    const place = testPlace()
    for (const role of ['writer', 'reader'] as const) {
      const { raw } = await connect(place, role)
      expect(raw.pragma(name, { simple: true })).toBe(value)
    }
  })

  it('syncs fully also after another connection changed the file to WAL', async () => {
    const place = testPlace()
    const store = await place.open()
    await given(store, { agents: [testAgent('worker')] })
    const { raw } = await connect(place, 'writer')
    expect(raw.pragma('synchronous', { simple: true })).toBe(2)
  })

  it('for reading can not write', async () => {
    const place = testPlace()
    await place.open()
    const { raw } = await connect(place, 'reader')
    expect(() => raw.exec("insert into trees values ('r', 't', 1)")).toThrow('readonly')
  })

  it('enforces foreign keys', async () => {
    const place = testPlace()
    await place.open()
    const { raw } = await connect(place, 'writer')
    const orphan = `insert into leases (root_id, id, tenant, parent_id, depth, path, holder, subject,
      contract_version, opened_at, expires_at, renewals, granted_seconds, budgets, holders,
      attestation, scope)
      values ('r', 'l', 't', 'nobody', 1, 'r/l/', 'h', 's', 1, 1, 1, 0, 0, 0, '[]', '{}', '{}')`
    expect(() => raw.exec(orphan)).toThrow('FOREIGN KEY')
  })

  it('prepares a statement once, and forgets when there are too many', async () => {
    const connection = await connect(testPlace(), 'writer')
    const first = connection.prepare('select 1')
    expect(connection.prepare('select 1')).toBe(first)
    for (let at = 0; at < 300; at += 1) connection.prepare(`select ${at + 2}`)
    expect(connection.prepare('select 1')).not.toBe(first)
  })
})

describe.skipIf(process.platform === 'win32')('the file', () => {
  it('and its logs are private, in a private folder that is made when missing', async () => {
    const place = testPlace()
    const path = join(place.folder, 'a', 'b', 'writ.db')
    const store = await place.open({ path })
    await given(store, { agents: [testAgent('worker')] })
    const modes = [dirname(path), path, `${path}-wal`, `${path}-shm`].map(
      (name) => statSync(name).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600])
  })

  it('is closed to others when it was open to them', async () => {
    const place = testPlace()
    writeFileSync(place.path, '', { mode: 0o644 })
    chmodSync(place.path, 0o644)
    await place.open()
    expect(statSync(place.path).mode & 0o777).toBe(0o600)
  })

  it('is not opened in a folder that is open to others', async () => {
    const place = testPlace()
    const folder = join(place.folder, 'open')
    mkdirSync(folder)
    chmodSync(folder, 0o755)
    const opening = place.open({ path: join(folder, 'writ.db') })
    await expect(opening).rejects.toMatchObject({
      code: 'unusable',
      message: `The folder ${folder} is open to others; run "chmod 700 ${folder}".`,
    })
  })

  it('is refused with a sentence when it is no database', async () => {
    const place = testPlace()
    writeFileSync(place.path, 'this is no database, and long enough to be looked at '.repeat(40))
    await expect(place.open()).rejects.toThrow('file is not a database')
  })

  it('is refused with a sentence when a newer Writ made it', async () => {
    const place = testPlace()
    await place.open()
    const { raw } = await connect(place, 'writer')
    raw.exec("insert into kysely_migration values ('9999-later', '2026-01-01T00:00:00.000Z')")
    await expect(place.open()).rejects.toMatchObject({
      code: 'unusable',
      message: MADE_BY_ANOTHER,
    })
  })
})

describe('the driver', () => {
  const table: readonly (readonly [string, string | undefined, boolean])[] = [
    ['12.11.1', '9', true],
    ['12.11.1', undefined, true],
    ['13.2.0', '9', false],
    ['13.2.0', undefined, false],
    ['13.2.0', '10', true],
    ['14.0.0', '9', false],
    ['14.0.0', '11', true],
  ]

  it.each(table)('%s with Node-API %s can run: %s', (version, napi, runs) => {
    const problem = driverProblem(version, napi)
    expect(problem === undefined).toBe(runs)
    if (!runs) expect(problem).toContain('install better-sqlite3@12')
  })

  it('that was not built is told from one that was built for another Node', () => {
    const missing = bindingsProblem(new Error('Could not locate the bindings file. Tried:\n → x'))
    expect(missing).toContain('install script did not run')
    const other = bindingsProblem(new Error('was compiled … using NODE_MODULE_VERSION 115.'))
    expect(other).toContain('another version of Node')
    expect(bindingsProblem(new Error('disk full'))).toBeUndefined()
    expect(bindingsProblem('odd')).toBeUndefined()
  })
})
