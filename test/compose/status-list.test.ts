import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openWorld } from '../../src/compose/world.ts'
import { readConfig } from '../../src/settings/config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-status-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['the setting', { status_list: 'true' }, true],
  ['no word of it', {}, false],
] as const)('a world with %s offers status lists: %s', async (_name, setting, offered) => {
  const folders = { data_dir: join(folder, 'data'), keys_dir: join(folder, 'keys') }
  const read = readConfig({ flags: { ...folders, 'log.level': 'silent', ...setting } })
  if (!read.ok) throw new Error(read.problem)
  const { world, close } = await openWorld(read.config, {})
  const index = await world.statusLists?.takeIndex()
  const place = world.statusLists?.placeOf({ statusIndex: index ?? 0 })
  await close()
  expect([index !== undefined, place?.uri]).toEqual([
    offered,
    offered ? `${read.config.issuer}/v1/status-lists/0` : undefined,
  ])
})
