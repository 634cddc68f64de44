import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONNECTOR_HEARTBEAT_MS } from '../../src/domain/limits.ts'
import { MAIN, READER } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

const ROUTE = `
[[route]]
name = "keyed"
upstream = "https://api.upstream.example"
resource = "https://gateway.test/keyed"
credential = "key"
`
const KEY = 'sk_live_canary_connector_0001'
const CONTRACT = JSON.stringify({
  type: 'urn:writ:scope:v1',
  grants: [
    { type: 'http', hosts: ['api.upstream.example'], methods: ['GET'], paths: ['/repos/**'] },
  ],
  audiences: ['https://gateway.test/keyed'],
})
const TERMS = JSON.stringify({
  categories: ['api_key'],
  actions: true,
  approval_mode: 'auto_within_contract',
})
const INFO = { name: 'foreign', version: '1.0.0' }

/** What these tests use of either client. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  callTool(call: { name: string; arguments?: Record<string, unknown> }): Promise<any>
  close(): Promise<void>
}

let server: CliServer
let secrets: { WRIT_KEY_PASSPHRASE_FILE: string; WRIT_PLATFORM_KEY_FILE: string }

const ok = ({ exit, stdout, stderr }: { exit: number | null; stdout: string; stderr: string }) => {
  if (exit !== 0) throw new Error(stderr)
  return stdout
}
const inFolder = (name: string) => join(server.folder, name)

/** Invites, joins and lets in, by the commands a person would type. */
async function enrolled(name: string): Promise<string> {
  const made = JSON.parse(ok(await server.owner(['--json', 'enroll', 'new'])))
  const folder = inFolder(name)
  const words = ['connector', 'join', '--name', name, '--out', folder, '--timeout', '60']
  const joining = server.writ(words, made.token, secrets)
  for (;;) {
    const seen = JSON.parse(ok(await server.owner(['--json', 'enroll', 'pending'])))
    const [waits] = seen.items.filter((one: { name: string }) => one.name === name)
    if (waits === undefined) continue
    const decide = ['enroll', 'approve', waits.id, '--contract', CONTRACT, '--terms', TERMS]
    ok(await server.owner(decide))
    break
  }
  ok(await joining)
  return folder
}

function processOf(folder: string, more: readonly string[] = []) {
  const words = ['connector', 'run', '--identity', folder, ...more]
  return {
    command: process.execPath,
    args: ['--import', READER, MAIN, ...words],
    env: { PATH: process.env['PATH'] ?? '', ...server.env, ...secrets } as Record<string, string>,
    stderr: 'pipe' as const,
  }
}

async function connectV2(folder: string, more?: readonly string[]): Promise<AnyClient> {
  const client = new ClientV2(INFO)
  await client.connect(new StdioV2(processOf(folder, more)))
  return client as unknown as AnyClient
}

async function connectV1(folder: string): Promise<AnyClient> {
  const client = new ClientV1(INFO)
  await client.connect(new StdioV1(processOf(folder)))
  return client as unknown as AnyClient
}

/** The process itself, for what it says and how it ends. */
function started(folder: string, more: readonly string[] = []) {
  const { command, args, env } = processOf(folder, more)
  const child = spawn(command, args, { env })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  return { child, said: () => said, exited }
}

beforeAll(async () => {
  server = await startCliServer(ROUTE)
  secrets = {
    WRIT_KEY_PASSPHRASE_FILE: inFolder('passphrase'),
    WRIT_PLATFORM_KEY_FILE: inFolder('machine'),
  }
  writeFileSync(secrets.WRIT_KEY_PASSPHRASE_FILE, 'correct horse battery staple', { mode: 0o600 })
  writeFileSync(secrets.WRIT_PLATFORM_KEY_FILE, 'a'.repeat(64), { mode: 0o600 })
  const secret = inFolder('secret')
  writeFileSync(secret, KEY, { mode: 0o600 })
  const add = ['credential', 'add', 'key', '--kind', 'bearer', '--category', 'api_key']
  ok(await server.owner([...add, '--origin', 'https://api.upstream.example'], KEY))
}, 60_000)
afterAll(() => server.close())

describe('LEASH-06: the connector beside an agent', () => {
  let folder: string
  beforeAll(async () => {
    folder = await enrolled('worker')
  }, 60_000)

  it.each([
    ['version 2', connectV2],
    ['version 1', connectV1],
  ])('LEASH-44: serves the SDK’s client, %s, over stdio', async (_name, connect) => {
    const client = await connect(folder)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('leash/request_secret')
    const info = await client.callTool({ name: 'leash/connection_info' })
    expect(info.structuredContent).toMatchObject({ health: 'ok', implementation: { tier: 3 } })
    const given = { category: 'api_key' }
    const asked = await client.callTool({ name: 'leash.request_secret', arguments: given })
    expect(asked.structuredContent).toMatchObject({ status: 'granted', uses: [{ route: 'keyed' }] })
    expect(JSON.stringify([info, asked])).not.toContain(KEY)
    const odd = await client.callTool({ name: 'leash/check_status', arguments: { odd: 1 } })
    expect([odd.isError, odd.structuredContent.code]).toEqual([true, 'malformed'])
    await client.close()
  })

  it('LEASH-13, LEASH-34: its state opens on no other machine, and without no passphrase', async () => {
    const copy = inFolder('copied')
    mkdirSync(copy, { mode: 0o700 })
    for (const file of ['agent.crt', 'agent.key', 'ca.crt']) {
      copyFileSync(join(folder, file), join(copy, file))
    }
    expect(readFileSync(join(copy, 'agent.key'), 'utf8')).not.toContain('PRIVATE KEY')
    const elsewhere = inFolder('other-machine')
    writeFileSync(elsewhere, 'b'.repeat(64), { mode: 0o600 })
    const words = ['connector', 'run', '--identity', copy, '--platform-key-file', elsewhere]
    const ran = await server.writ(words, '', secrets)
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('another machine')])
  })

  it('does not run with a key that lies open', async () => {
    const open = inFolder('open')
    const contract = ['--contract', CONTRACT, '--trust-domain', 'writ.local']
    ok(await server.owner(['agent', 'add', 'open', '--out', open, ...contract]))
    const ran = await server.writ(['connector', 'run', '--identity', open], '', secrets)
    expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('writ connector join')])
  })

  it('LEASH-48: its log names each request as the authority does, and nothing of what it says', async () => {
    const { child, said, exited } = started(folder)
    const call = {
      name: 'leash/request_secret',
      arguments: { category: 'api_key', purpose: 'why' },
    }
    const clientInfo = INFO
    const opening = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
    const lines = [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: opening },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call },
    ]
    for (const line of lines) child.stdin.write(`${JSON.stringify(line)}\n`)
    let answers = ''
    while (!answers.includes('"id":2')) {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
      answers += chunk.toString('utf8')
    }
    child.stdin.end()
    expect((await exited)[0]).toBe(0)
    const line = said()
      .split('\n')
      .find((text) => text.includes('leash/request_secret'))
    const { request_id, event, outcome } = JSON.parse(line ?? '{}')
    expect([event, outcome]).toEqual(['connector.request', 'answered'])
    const trail = ok(await server.owner(['audit', 'export']))
    expect(trail).toContain(request_id)
    expect(said()).not.toMatch(/"why"|lease_[A-Za-z0-9_-]{22}/)
  })
})

describe('LEASH-40: a connector that is taken back', () => {
  it('stops within one heartbeat of being suspended, by itself', async () => {
    expect(CONNECTOR_HEARTBEAT_MS).toBe(10_000)
    const folder = await enrolled('taken')
    const { exited, said } = started(folder, ['--heartbeat', '1'])
    await untilAsked(() => said().includes('connector.request'))
    const subject = 'spiffe://writ.local/agent/taken'
    ok(await server.owner(['revoke', subject, '--suspend', '--yes']))
    const at = performance.now()
    const [exit] = await exited
    expect(exit).toBe(3)
    expect(said()).toContain('suspended')
    // Its own interval is a second; the rest is for slow machines.
    expect(performance.now() - at).toBeLessThan(CONNECTOR_HEARTBEAT_MS)
  }, 60_000)
})

describe('LEASH-37, LEASH-38: the authority goes away between two calls', () => {
  it('the second fails in plain words, and nothing of the first is told again', async () => {
    const folder = await enrolled('alone')
    const client = await connectV2(folder, ['--heartbeat', '1'])
    const first = await client.callTool({ name: 'leash/list_available' })
    expect(first.structuredContent.categories).toEqual([{ category: 'api_key', available: true }])
    await server.end('SIGKILL')
    const second = await client.callTool({ name: 'leash/list_available' })
    expect(second.isError).toBe(true)
    expect(second.structuredContent).toMatchObject({ code: 'status_unknown', next: 'wait' })
    await expect(client.listTools()).rejects.toThrow()
    await client.close()
  }, 60_000)
})

async function untilAsked(there: () => boolean): Promise<void> {
  while (!there()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
}
