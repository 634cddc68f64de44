import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { migrateStore, openWorld } from '../../src/compose/world.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { hashSecret } from '../../src/usecases/bearer-secret.ts'
import { freshDatabase } from '../support/postgres.ts'
import { afterTest } from '../support/store.ts'

/** A configuration on a fresh database, whose URL is told by a file. */
async function configured(): Promise<Config> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-compose-'))
  const file = join(folder, 'database.url')
  writeFileSync(file, `${await freshDatabase()}\n`, { mode: 0o600 })
  const flags = { database_url_file: file, keys_dir: join(folder, 'keys'), data_dir: folder }
  const read = readConfig({ flags: { ...flags, 'log.level': 'silent' } })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

async function opened(config: Config) {
  const open = await openWorld(config, {})
  afterTest(() => open.close())
  return open
}

it('processes with the same keys share one database, and the first owner can log in', async () => {
  const config = await configured()
  await migrateStore(config)
  const first = await opened(config)
  const worlds = [first, await opened(config), await opened(config)]
  const token = readFileSync(first.ownerTokenFile, 'utf8').trim()
  for (const { world } of worlds) {
    const owner = await world.store.read((reads) => reads.roleCredential(hashSecret(token)))
    expect(owner?.name).toBe('owner')
  }
  const rows = await first.world.store.read((reads) => reads.auditRows({}, 10))
  expect(rows.map(({ body }) => JSON.parse(body).event)).toEqual(['authority.started'])
})

it('of several first starts at once, the token in the file is that of the owner', async () => {
  const config = await configured()
  const worlds = await Promise.all([opened(config), opened(config), opened(config)])
  const [first] = worlds
  const token = readFileSync(first?.ownerTokenFile ?? '', 'utf8').trim()
  const owner = await first?.world.store.read((reads) => reads.roleCredential(hashSecret(token)))
  expect(owner?.name).toBe('owner')
})
