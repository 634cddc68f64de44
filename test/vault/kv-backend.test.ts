import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Credential } from '../../src/domain/credential.ts'
import { VAULT_ANSWER_BYTES_MAX, VAULT_TIMEOUT_MS } from '../../src/domain/limits.ts'
import type { VaultBackend } from '../../src/vault/credential-vault.ts'
import { dropFields } from '../../src/vault/envelope.ts'
import { kvBackend } from '../../src/vault/kv-backend.ts'
import { testCredential, testVersion } from '../support/credentials.ts'
import { type HttpsServer, startHttps } from '../support/https-server.ts'
import { freshFolder } from '../support/pki.ts'

const TOKEN = 'hvs.canary-token'
const CANARY = 'sk_live_canary_in_kv'
const tokenFile = join(freshFolder(), 'token')
const credential = testCredential({ backend: 'vault_kv' })

let server: HttpsServer
let backend: VaultBackend

beforeAll(async () => {
  server = await startHttps()
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 })
  backend = open({})
})
beforeEach(() => server.answer(kvEngine({ 'payments/stripe': { value: CANARY, other: 'x' } })))
afterAll(() => server.close())

function open(change: Partial<Parameters<typeof kvBackend>[0]>): VaultBackend {
  const { url, authorities } = server
  return kvBackend({ url, authorities, mount: 'secret', namespace: '', tokenFile, ...change })
}

/** A KV version 2 engine as Vault and OpenBao answer for it (their API documents, KV v2). */
function kvEngine(secrets: Readonly<Record<string, unknown>>, namespace?: string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const tell = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const path = /^\/v1\/secret\/data\/(.+)$/.exec(request.url ?? '')?.[1] ?? ''
    if (request.headers['x-vault-token'] !== TOKEN) tell(403, { errors: ['permission denied'] })
    else if (request.headers['x-vault-namespace'] !== namespace) tell(404, { errors: ['no route'] })
    else if (!Object.hasOwn(secrets, path)) tell(404, { errors: [] })
    else tell(200, envelope(secrets[path]))
  }
}

function envelope(data: unknown, change: object = {}): object {
  const metadata = {
    created_time: '2026-11-21T08:00:00.000000Z',
    custom_metadata: null,
    deletion_time: '',
    destroyed: false,
    version: 3,
    ...change,
  }
  return {
    request_id: 'b6b3f0fb-8b1c-5c1a-0f0e-0d3b8c4a8d3e',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: { data, metadata },
    wrap_info: null,
    warnings: null,
    auth: null,
    mount_type: 'kv',
  }
}

async function told(
  reference: string,
  change: Partial<Credential> = {},
  by: VaultBackend = backend,
): Promise<unknown> {
  const found = await by.open({ ...credential, ...change }, testVersion(credential, { reference }))
  if (!found.ok) return found.reason
  const texts = Object.entries(found.fields).map(([name, secret]) => [name, secret.use(String)])
  dropFields(found.fields)
  return Object.fromEntries(texts)
}

function answers(status: number, body: unknown, headers: Record<string, string> = {}): void {
  server.answer((_request, response) => {
    response.writeHead(status, headers)
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}

describe('CRP-41, CDP-10: a KV version 2 engine over TLS', () => {
  it('gives the newest version of a secret, by path and key', async () => {
    expect(await told('payments/stripe')).toEqual({ value: CANARY })
    expect(await told('payments/stripe#other')).toEqual({ value: 'x' })
    const custom = { kind: 'custom', placement: { in: 'none' } } as const
    expect(await told('payments/stripe', custom)).toEqual({ value: CANARY, other: 'x' })
  })

  it('is asked at each use: what changes there counts at once', async () => {
    expect(await told('payments/stripe')).toEqual({ value: CANARY })
    server.answer(kvEngine({ 'payments/stripe': { value: 'rotated' } }))
    expect(await told('payments/stripe')).toEqual({ value: 'rotated' })
  })

  it('is named its namespace', async () => {
    server.answer(kvEngine({ a: { value: CANARY } }, 'team/a'))
    expect(await told('a', {}, open({ namespace: 'team/a' }))).toEqual({ value: CANARY })
    expect(await told('a')).toBe('not_in_vault')
  })

  it('the token is read from its file at each use, and others must not read that file', async () => {
    const file = join(freshFolder(), 'token')
    const own = open({ tokenFile: file })
    expect(await told('payments/stripe', {}, own)).toBe('no_vault_token')
    writeFileSync(file, 'hvs.other', { mode: 0o600 })
    expect(await told('payments/stripe', {}, own)).toBe('vault_denied')
    writeFileSync(file, TOKEN)
    expect(await told('payments/stripe', {}, own)).toEqual({ value: CANARY })
    const shared = join(freshFolder(), 'token')
    writeFileSync(shared, TOKEN, { mode: 0o644 })
    expect(await told('payments/stripe', {}, open({ tokenFile: shared }))).toBe('no_vault_token')
  })
})

describe('LEASH-38: what the vault does not give is not to be had', () => {
  const gone = { deletion_time: '2026-11-21T09:00:00Z' }
  const cases: readonly (readonly [string, number, unknown, string])[] = [
    ['denied', 403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }, 'vault_denied'],
    ['not there', 404, { errors: [] }, 'not_in_vault'],
    ['deleted', 404, envelope(null, gone), 'deleted_in_vault'],
    ['destroyed', 404, envelope(null, { ...gone, destroyed: true }), 'deleted_in_vault'],
    ['deleted, as a 200', 200, envelope(null, gone), 'deleted_in_vault'],
    ['sealed', 503, { errors: ['Vault is sealed'] }, 'vault_sealed'],
    ['a standby', 473, { errors: [] }, 'vault_standby'],
    ['broken', 500, { errors: ['internal error'] }, 'vault_fault'],
    ['no JSON', 200, '<html>', 'vault_not_json'],
    ['a key twice', 200, '{"data":{},"data":{}}', 'vault_not_json'],
    ['no such key', 200, envelope({ password: CANARY }), 'unfit'],
    ['a number', 200, envelope({ value: 7 }), 'unfit'],
    ['another shape', 200, { data: { value: CANARY } }, 'unfit'],
    ['too much', 200, `"${'x'.repeat(VAULT_ANSWER_BYTES_MAX)}"`, 'vault_too_large'],
  ]
  it.each(cases)('%s', async (_name, status, body, reason) => {
    answers(status, body)
    expect(await told('payments/stripe')).toBe(reason)
  })

  it('a redirect is not followed, so that the token reaches nobody else', async () => {
    const other = await startHttps()
    let asked = 0
    other.answer((_request, response) => {
      asked += 1
      response.end(JSON.stringify(envelope({ value: 'stolen' })))
    })
    answers(307, '', { location: `${other.url}/v1/secret/data/payments/stripe` })
    expect(await told('payments/stripe')).toBe('vault_redirects')
    expect(asked).toBe(0)
    await other.close()
  })

  it('silence is given up after VAULT_TIMEOUT_MS at most, before and within an answer', async () => {
    expect(VAULT_TIMEOUT_MS).toBeLessThan(10_000)
    const hasty = open({ timeoutMs: 80 })
    server.answer(() => undefined)
    expect(await told('payments/stripe', {}, hasty)).toBe('vault_timeout')
    server.answer((_request, response) => {
      response.writeHead(200)
      response.write('{"data":')
    })
    expect(await told('payments/stripe', {}, hasty)).toBe('vault_timeout')
  })

  it('a vault that changes to another protocol instead of answering', async () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
    server.answer((request) => void request.socket.write(head))
    expect(await told('payments/stripe')).toBe('vault_unreachable')
  })

  it('a vault that is away, that breaks off, or that nobody vouches for', async () => {
    const gone = await startHttps()
    await gone.close()
    const away = open({ url: gone.url, authorities: gone.authorities })
    expect(await told('payments/stripe', {}, away)).toBe('vault_unreachable')
    server.answer((request) => void request.socket.destroy())
    expect(await told('payments/stripe')).toBe('vault_unreachable')
    const stranger = open({ authorities: undefined })
    expect(await told('payments/stripe', {}, stranger)).toBe('vault_not_trusted')
  })

  it('a connection the vault closed while nobody used it is no failure', async () => {
    expect(await told('payments/stripe')).toEqual({ value: CANARY })
    const served = new Set<unknown>()
    let closed = 0
    server.answer((request, response) => {
      if (served.has(request.socket)) {
        closed += 1
        request.socket.destroy()
      } else kvEngine({ 'payments/stripe': { value: CANARY } })(request, response)
      served.add(request.socket)
    })
    for (let round = 0; round < 6; round += 1) {
      expect(await told('payments/stripe')).toEqual({ value: CANARY })
    }
    expect(closed).toBeGreaterThan(0)
  })
})
