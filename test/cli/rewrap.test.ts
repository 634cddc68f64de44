import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld } from '../../src/compose/world.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { type Ran, runWrit } from '../support/cli-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'writ-rewrap-'))
const at = (name: string) => join(folder, name)
const rewrap = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  runWrit(['keys', 'rewrap', '--data-dir', at('data'), '--keys-dir', at('keys'), ...words], { env })

function config(): Config {
  const flags = { data_dir: at('data'), keys_dir: at('keys'), 'log.level': 'silent' }
  const read = readConfig({ flags })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

beforeAll(async () => {
  await (await openWorld(config(), {})).close()
  writeFileSync(at('passphrase.txt'), 'correct horse battery staple\n', { mode: 0o600 })
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('writ keys rewrap', () => {
  test.each([
    [['--generate'], 'Say what becomes of the old key: --keep-old FILE, or --destroy-old.'],
    [['--generate', '--new-key-file', 'x', '--destroy-old', '--yes'], 'Give one of --generate'],
    [['--generate', '--keep-old', 'x', '--destroy-old', '--yes'], 'Keep the old key or destroy'],
    [['--generate', '--destroy-old'], 'Nobody is here to confirm this: give --yes.'],
  ])('%j changes nothing', async (words, sentence) => {
    const before = readFileSync(at('keys/master.key'), 'utf8')
    const ran = await rewrap(words)
    expect([ran.exit, ran.stdout]).toEqual([2, ''])
    expect(ran.stderr).toContain(sentence)
    expect(readFileSync(at('keys/master.key'), 'utf8')).toBe(before)
  })

  test('from the folder to a passphrase and back; the old key is kept or destroyed', async () => {
    const old = readFileSync(at('keys/master.key'), 'utf8')
    const words = ['--new-passphrase-file', at('passphrase.txt'), '--keep-old', at('old.key')]
    const there = await rewrap([...words, '--json'])
    expect([there.exit, there.stderr]).toEqual([0, ''])
    expect(JSON.parse(there.stdout)).toMatchObject({
      ...{ resumed: false, from: 'folder', to: 'passphrase', root: true, keys: 7 },
      ...{ credentials: 0, versions: 0, webhooks: 0, files: 0, unopened: [], old: at('old.key') },
    })
    expect(readFileSync(at('old.key'), 'utf8')).toBe(old)
    expect(existsSync(at('keys/master.key'))).toBe(false)
    await expect(openWorld(config(), {})).rejects.toThrow('is sealed with a passphrase')
    const passphrase = { WRIT_PASSPHRASE_FILE: at('passphrase.txt') }
    await (await openWorld(config(), passphrase)).close()

    const back = await rewrap(['--generate'], passphrase)
    expect([back.exit, back.stderr]).toEqual([0, ''])
    expect(back.stdout).toContain('The old passphrase opens backups made before')
    expect(existsSync(at('keys/passphrase.json'))).toBe(false)
    const again = await rewrap(['--generate', '--destroy-old', '--yes'])
    expect(again.stdout).toContain('The old master key is removed.')
    expect(`${there.stdout}${back.stdout}${again.stdout}`).not.toContain(old.trim())
    await (await openWorld(config(), {})).close()
  }, 60_000)

  test('without a key it finishes what was begun, and nothing was', async () => {
    const ran = await rewrap([])
    expect([ran.exit, ran.stdout]).toEqual([1, ''])
    expect(ran.stderr).toContain('Nothing was begun in')
  })
})
