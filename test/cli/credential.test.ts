import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMasterKey } from '../../src/vault/envelope.ts'
import { fileBackend } from '../../src/vault/file-backend.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { testCredential, testVersion } from '../support/credentials.ts'

const CANARY = 'sk_live_canary_from_the_command'

let server: CliServer

beforeAll(async () => {
  server = await startCliServer()
})
afterAll(() => server.close())

const ADD = ['--kind', 'api_key', '--origin', 'https://api.stripe.com', '--placement', 'bearer']

describe('writ credential', () => {
  test('takes a secret from stdin or a closed file, and shows none', async () => {
    const first = await server.owner(['credential', 'add', 'pay/one', ...ADD], `${CANARY}\n`)
    expect([first.exit, first.stderr]).toEqual([0, ''])
    const file = join(server.folder, 'secret')
    writeFileSync(file, CANARY, { mode: 0o644 })
    const words = ['credential', 'add', 'pay/two', ...ADD, '--secret-file', file, '--json']
    expect((await server.owner(words)).exit).toBe(2)
    writeFileSync(join(server.folder, 'closed'), CANARY, { mode: 0o600 })
    const closed = words.map((word) => (word === file ? join(server.folder, 'closed') : word))
    const second = await server.owner(closed)
    expect(JSON.parse(second.stdout)).toMatchObject({
      name: 'pay/two',
      placement: { in: 'bearer' },
    })
    for (const ran of [first, second]) expect(ran.stdout + ran.stderr).not.toContain(CANARY)
  })

  test('never from the command line: there is no option that holds one', async () => {
    const help = await server.owner(['credential', 'add', '--help'])
    expect(help.stdout).not.toMatch(/--(secret|value|password) </)
    const ran = await server.owner(['credential', 'add', 'x', ...ADD, '--secret', CANARY], CANARY)
    expect(ran.exit).toBe(2)
  })

  test('rotates, rolls back, disables, enables, lists and removes', async () => {
    await server.owner(['credential', 'add', 'turn', ...ADD, '--environment', 'staging'], CANARY)
    const at = ['turn', '--environment', 'staging']
    const json = async (words: readonly string[], stdin?: string) =>
      JSON.parse((await server.owner(['credential', ...words, '--json'], stdin)).stdout)
    expect(await json(['rotate', ...at], 'another-one')).toMatchObject({ version: 2 })
    expect(await json(['rollback', 'turn', '1', '--environment', 'staging'])).toMatchObject({
      version: 1,
    })
    expect(await json(['disable', ...at])).toMatchObject({ state: 'disabled' })
    expect(await json(['enable', ...at])).toMatchObject({ state: 'active' })
    expect((await json(['show', ...at])).versions).toHaveLength(2)
    const listed = await server.owner(['credential', 'list', '--environment', 'staging'])
    expect(listed.stdout).toMatch(/^turn {2}staging/m)
    expect((await server.owner(['credential', 'remove', ...at, '--yes'])).exit).toBe(0)
    expect((await server.owner(['credential', 'show', ...at])).exit).toBe(4)
  })

  test('says what it needs: a placement it does not know, parts that are no JSON', async () => {
    const words = ['credential', 'add', 'x', '--kind', 'custom', '--placement', 'cookie']
    expect((await server.owner(words, CANARY)).exit).toBe(2)
    const parts = ['credential', 'add', 'x', '--kind', 'custom', '--parts']
    const ran = await server.owner(parts, `{"user":"${CANARY}"`)
    expect(ran.exit).toBe(2)
    expect(ran.stderr).not.toContain(CANARY)
  })

  test('tells why a secret could never be sent, and nothing of it', async () => {
    const ran = await server.owner(['credential', 'add', 'never', ...ADD], `${CANARY}\u0007bell`)
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toContain('printable ASCII')
    expect(ran.stderr + ran.stdout).not.toContain(CANARY)
  })

  test('seals a file that only its own backend opens', async () => {
    const folder = join(server.folder, 'sealed')
    mkdirSync(folder, { mode: 0o700 })
    const keys = join(server.folder, 'keys')
    const words = ['credential', 'seal', 'db.json', '--vault-file-dir', folder, '--keys-dir', keys]
    const ran = await server.owner(words, `{"value":"${CANARY}"}`)
    expect([ran.exit, ran.stdout.trim()]).toEqual([0, 'db.json.sealed'])
    const file = join(folder, 'db.json.sealed')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(CANARY)
    const backend = fileBackend(folder, await openMasterKey(keys, {}))
    const credential = testCredential({ backend: 'file' })
    const version = testVersion(credential, { reference: 'db.json.sealed' })
    const found = await backend.open(credential, version)
    expect(found.ok && found.fields['value']?.use(String)).toBe(CANARY)
  })

  test('KS-04: nothing of it lies in the folders of the server in the clear', () => {
    const found = execFileSync('sh', [
      '-c',
      `grep -rlF ${CANARY} "$1"/data "$1"/keys "$1"/sealed || true`,
      'sh',
      server.folder,
    ])
    expect(found.toString()).toBe('')
  })
})
