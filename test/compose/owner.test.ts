import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openWorld } from '../../src/compose/world.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { hashSecret } from '../../src/usecases/bearer-secret.ts'
import { makeRoleToken } from '../../src/usecases/people/operators.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-owner-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function configFor(data: string): Config {
  const flags = { data_dir: join(folder, data), keys_dir: join(folder, 'keys') }
  const read = readConfig({ flags: { ...flags, 'log.level': 'silent' } })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

/** Opens a world, and tells who the token in the file is for it. */
async function ownerOf(data: string): Promise<string | undefined> {
  const { world, ownerTokenFile, close } = await openWorld(configFor(data), {})
  const token = readFileSync(ownerTokenFile, 'utf8').trim()
  const known = await world.store.read((reads) => reads.roleCredential(hashSecret(token)))
  await close()
  return known?.name
}

it('the first owner can log in, also where an older token lies beside the keys', async () => {
  const keys = join(folder, 'keys')
  mkdirSync(keys, { mode: 0o700 })
  writeFileSync(join(keys, 'owner.token'), `${makeRoleToken('owner')}\n`, { mode: 0o600 })
  expect(await ownerOf('first')).toBe('owner')
})

it('a second start makes no second owner and leaves the token alone', async () => {
  expect(await ownerOf('first')).toBe('owner')
  const before = readFileSync(join(folder, 'keys', 'owner.token'), 'utf8')
  expect(await ownerOf('first')).toBe('owner')
  expect(readFileSync(join(folder, 'keys', 'owner.token'), 'utf8')).toBe(before)
})
