import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acceptStoreRollback, migrateStore, openWorld } from '../../src/compose/world.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { createOperator } from '../../src/usecases/people/operators.ts'
import { runWrit } from '../support/cli-process.ts'
import { sharedCluster } from '../support/postgres.ts'
import { administer, binaries, type Cluster, urlOf } from '../support/postgres-cluster.ts'

const hasTools = existsSync(join(binaries(), 'pg_dump'))
const folder = mkdtempSync(join(tmpdir(), 'writ-dump-'))
const dump = join(folder, 'writ.dump')
const names = [1, 2].map(() => `d_${randomBytes(8).toString('hex')}`)
let cluster: Cluster

beforeAll(async () => {
  cluster = await sharedCluster()
  for (const name of names) await administer(cluster, `create database ${name}`)
}, 60_000)
afterAll(async () => {
  for (const name of names)
    await administer(cluster, `drop database if exists ${name} with (force)`)
  rmSync(folder, { recursive: true, force: true })
})

function configOf(name: string): Config {
  const url = urlOf(cluster, name)
  const flags = { database_url: url, keys_dir: join(folder, name), 'log.level': 'silent' }
  const read = readConfig({ flags })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

async function decide(config: Config, operator: string): Promise<void> {
  const { world, close } = await openWorld(config, {})
  const request = world.ids.request()
  const owner = { kind: 'owner', name: 'owner', tenant: DEFAULT_TENANT, request } as const
  expect((await createOperator(world, owner, { name: operator, role: 'operator' })).ok).toBe(true)
  await close()
}

async function putBack(name: string): Promise<void> {
  await administer(cluster, `drop database ${name} with (force)`)
  await administer(cluster, `create database ${name}`)
  run('pg_restore', '--exit-on-error', '-d', urlOf(cluster, name), dump)
}

const run = (tool: string, ...words: readonly string[]) =>
  execFileSync(join(binaries(), tool), words, { stdio: ['ignore', 'ignore', 'inherit'] })

describe.skipIf(!hasTools)('a PostgreSQL database that was dumped and put back', () => {
  it('does not serve when the checkpoint beside the keys knows of more', async () => {
    const [name = ''] = names
    const config = configOf(name)
    await migrateStore(config)
    await decide(config, 'first')
    run('pg_dump', '-Fc', '--file', dump, config.database_url)
    await decide(config, 'second')
    await putBack(name)
    await expect(openWorld(config, {})).rejects.toMatchObject({ code: 'rolled_back' })
  }, 60_000)

  it('does not serve after writ restore --mark, until what is lost is accepted: I9', async () => {
    const [, name = ''] = names
    const config = configOf(name)
    await migrateStore(config)
    await decide(config, 'first')
    run('pg_dump', '-Fc', '--file', dump, config.database_url)
    await putBack(name)
    await decide(config, 'third')

    const ran = await runWrit(['restore', '--mark', '--keys-dir', config.keys_dir], {
      env: { WRIT_DATABASE_URL: config.database_url },
    })
    expect([ran.exit, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout).toContain('--accept-rollback')
    await expect(openWorld(config, {})).rejects.toMatchObject({
      code: 'rolled_back',
      message: expect.stringContaining('was put back from a backup of'),
    })
    expect(await acceptStoreRollback(config, {})).toBeDefined()
    const { world, close } = await openWorld(config, {})
    const standing = await world.store.read((reads) =>
      reads.revocations(DEFAULT_TENANT, [`tenant:${DEFAULT_TENANT}`]),
    )
    expect(standing.map(({ subject, effect }) => [subject, effect])).toEqual([
      ['tenant:default', 'suspended'],
    ])
    const retired = world.keys.list().filter(({ purpose }) => purpose === 'token')
    expect(retired.map(({ state }) => state).toSorted()).toEqual(['active', 'revoked'])
    await close()
  }, 60_000)
})
