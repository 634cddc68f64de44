import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let server: CliServer
let contract = ''

beforeAll(async () => {
  server = await startCliServer()
  contract = join(server.folder, 'contract.json')
  const grant = { type: 'http', hosts: ['api.github.com'], methods: ['GET'], paths: ['/**'] }
  const audiences = ['https://gateway.test/up']
  const scope = { type: 'urn:writ:scope:v1', grants: [grant], audiences }
  writeFileSync(contract, JSON.stringify(scope))
})
afterAll(() => server.close())

/** The token of a new invitation. */
async function invited(): Promise<string> {
  const ran = await server.owner(['enroll', 'new', '--json'])
  expect(ran.exit, ran.stderr).toBe(0)
  return JSON.parse(ran.stdout).token
}

/** The registration of this name once it waits. */
async function waitingFor(name: string): Promise<string> {
  for (let looks = 0; looks < 100; looks += 1) {
    const ran = await server.owner(['enroll', 'pending', '--json'])
    const found = JSON.parse(ran.stdout).items.find((one: { name: string }) => one.name === name)
    if (found !== undefined) return found.id
    await sleep(100)
  }
  throw new Error(`${name} never registered`)
}

describe('writ enroll', () => {
  test('LEASH-10 to 13: from an invitation to an agent that asks for itself', async () => {
    const folder = join(server.folder, 'newcomer')
    const words = ['enroll', 'join', '--name', 'newcomer', '--out', folder, '--program', contract]
    const joining = server.writ([...words, '--token-file', '-', '--json'], await invited())
    const id = await waitingFor('newcomer')
    const shown = await server.owner(['enroll', 'show', id])
    expect(shown.stdout).toContain('nobody vouches for it')
    expect(shown.stdout).toContain('binary fingerprint')
    const terms = ['--terms', '{"approval_mode":"auto_within_contract"}']
    const approved = await server.owner(['enroll', 'approve', id, '--contract', contract, ...terms])
    expect(approved.exit, approved.stderr).toBe(0)
    const joined = await joining
    expect(joined.exit, joined.stderr).toBe(0)
    expect(JSON.parse(joined.stdout)).toMatchObject({
      uri: 'spiffe://writ.local/agent/newcomer',
      registration: id,
    })
    for (const file of ['agent.key', 'agent.crt', 'ca.crt']) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    }
    const own = await server.writ(['agent', 'show', 'newcomer', '--identity', folder])
    expect(own.exit, own.stderr).toBe(0)
    expect(own.stdout).toContain('auto within contract')
  })

  test('LEASH-34: a bound key opens here with its passphrase, and nowhere else', async () => {
    const folder = join(server.folder, 'bound')
    const files = ['passphrase', 'machine', 'elsewhere'].map((name) => join(server.folder, name))
    const [passphrase = '', machine = '', elsewhere = ''] = files
    writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 })
    writeFileSync(machine, 'a'.repeat(32), { mode: 0o600 })
    writeFileSync(elsewhere, 'b'.repeat(32), { mode: 0o600 })
    const here = { WRIT_KEY_PASSPHRASE_FILE: passphrase, WRIT_PLATFORM_KEY_FILE: machine }
    const words = ['enroll', 'join', '--name', 'bound', '--out', folder, '--bind']
    const joining = server.writ(words, await invited(), here)
    const id = await waitingFor('bound')
    await server.owner(['enroll', 'approve', id, '--contract', contract])
    const joined = await joining
    expect(joined.exit, joined.stderr).toBe(0)
    const kept = readFileSync(join(folder, 'agent.key'), 'utf8')
    expect(kept).toMatch(/^writ-bound-key-v1\./)
    expect(kept).not.toContain('PRIVATE KEY')

    const ask = (identity: string, env: NodeJS.ProcessEnv) =>
      server.writ(['agent', 'show', 'bound', '--identity', identity], undefined, env)
    expect((await ask(folder, here)).exit).toBe(0)
    const copy = join(server.folder, 'copy')
    cpSync(folder, copy, { recursive: true })
    const there = await ask(copy, { ...here, WRIT_PLATFORM_KEY_FILE: elsewhere })
    expect([there.exit, there.stderr]).toEqual([2, expect.stringContaining('another machine')])
    const without = await ask(folder, { WRIT_PLATFORM_KEY_FILE: machine })
    expect([without.exit, without.stderr]).toEqual([2, expect.stringContaining('passphrase')])

    const renewed = await server.writ(['agent', 'renew', '--identity', folder], undefined, here)
    expect(renewed.exit, renewed.stderr).toBe(0)
    expect(readFileSync(join(folder, 'agent.key'), 'utf8')).toMatch(/^writ-bound-key-v1\./)
    expect((await ask(folder, here)).exit).toBe(0)
  })

  test('who is denied is told so, and a token is good once', async () => {
    const token = await invited()
    const words = ['enroll', 'join', '--name', 'unwanted', '--out', join(server.folder, 'unwanted')]
    const joining = server.writ(words, token)
    const id = await waitingFor('unwanted')
    const denied = await server.owner(['enroll', 'deny', id])
    expect(denied.exit, denied.stderr).toBe(0)
    const joined = await joining
    expect([joined.exit, joined.stderr]).toEqual([3, expect.stringContaining('denied')])
    const again = await server.writ(words, token)
    expect([again.exit, again.stderr]).toEqual([3, expect.stringContaining('unauthenticated')])
  })

  test('LEASH-16: an enrollment token is not sent in the clear to another machine', async () => {
    const words = ['enroll', 'join', '--name', 'clear', '--addr', 'http://192.0.2.1:9441']
    const ran = await server.writ(words, 'writ_enroll_x')
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('in the clear')])
  })

  test('waits for the agent when asked to, and says who came', async () => {
    const ran = await server.owner(['enroll', 'new', '--ttl', '1', '--wait'])
    expect(ran.exit, ran.stderr).toBe(0)
    expect(ran.stdout).toMatch(/^writ_enroll_[\w-]{43}\n$/)
    expect(ran.stderr).toContain('Nobody came in time.')
  })
})
