import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Credential, TokenEndpoint } from '../../src/domain/credential.ts'
import {
  OAUTH_TOKEN_MARGIN_SECONDS,
  OAUTH_TOKEN_SECONDS_DEFAULT,
  OAUTH_TOKEN_SECONDS_MAX,
  OAUTH_TOKENS_MAX,
} from '../../src/domain/limits.ts'
import { AccessTokens } from '../../src/vault/access-tokens.ts'
import { testCredential, testFields } from '../support/credentials.ts'
import { type HttpsServer, startHttps } from '../support/https-server.ts'

const SECRET = 'client secret: ä&%+'

let server: HttpsServer
let now = 0
/** What the issuer was sent. */
let sent: { readonly form: URLSearchParams; readonly authorization: string | undefined }[] = []

beforeAll(async () => {
  server = await startHttps()
})
beforeEach(() => {
  now = 1_000_000
  sent = []
  issues({ expires_in: 600 })
})
afterAll(() => server.close())

/** An issuer that numbers its tokens. */
function issues(more: object, status = 200, delayMs = 0): void {
  server.answer(async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await text(request))
    sent.push({ form, authorization: request.headers.authorization })
    const body = { access_token: `access-${sent.length}`, token_type: 'Bearer', ...more }
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }, delayMs)
  })
}

function open(timeoutMs = 2_000): AccessTokens {
  return new AccessTokens({ now: () => now, authorities: server.authorities, timeoutMs })
}

function client(change: Partial<TokenEndpoint> = {}, more: Partial<Credential> = {}): Credential {
  const url = `${server.url}/oauth/token`
  const usual = { url, clientId: 'writ:1', clientAuth: 'basic', scope: null } as const
  const token = { ...usual, audience: null, privateNet: true, ...change }
  return testCredential({ kind: 'oauth_client', token, ...more })
}

async function told(tokens: AccessTokens, credential = client(), secret = SECRET): Promise<string> {
  const found = await tokens.open(credential, testFields({ value: secret }))
  return found.ok ? (found.fields['value']?.use(String) ?? '') : found.reason
}

describe('PROXY-16: access tokens by the client credentials grant', () => {
  it('are asked for with both halves form-encoded in the header (RFC 6749 §2.3.1)', async () => {
    const credential = client({ scope: 'read write', audience: 'https://api.example' })
    expect(await told(open(), credential)).toBe('access-1')
    const encoded = 'writ%3A1:client+secret%3A+%C3%A4%26%25%2B'
    expect(sent[0]?.authorization).toBe(`Basic ${Buffer.from(encoded).toString('base64')}`)
    expect(Object.fromEntries(sent[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      audience: 'https://api.example',
    })
  })

  it('or in the body, where the issuer wants them there', async () => {
    expect(await told(open(), client({ clientAuth: 'post' }))).toBe('access-1')
    expect(sent[0]?.authorization).toBeUndefined()
    expect(Object.fromEntries(sent[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'writ:1',
      client_secret: SECRET,
    })
  })

  it('are used until OAUTH_TOKEN_MARGIN_SECONDS before their end', async () => {
    const tokens = open()
    expect(await told(tokens)).toBe('access-1')
    now += (600 - OAUTH_TOKEN_MARGIN_SECONDS) * 1_000 - 1
    expect(await told(tokens)).toBe('access-1')
    now += 1
    expect(await told(tokens)).toBe('access-2')
  })

  it.each([
    ['OAUTH_TOKEN_SECONDS_DEFAULT when nothing is said', {}, OAUTH_TOKEN_SECONDS_DEFAULT],
    ['OAUTH_TOKEN_SECONDS_MAX at most', { expires_in: 1e9 }, OAUTH_TOKEN_SECONDS_MAX],
    ['what a text says', { expires_in: '90' }, 90],
  ])('live %s', async (_name, more, seconds) => {
    issues(more)
    const tokens = open()
    await told(tokens)
    now += (seconds - OAUTH_TOKEN_MARGIN_SECONDS) * 1_000 - 1
    expect(await told(tokens)).toBe('access-1')
    now += 1
    expect(await told(tokens)).toBe('access-2')
  })

  it('of many callers one asks, and each gets a copy of its own', async () => {
    issues({ expires_in: 600 }, 200, 50)
    const tokens = open()
    const opened = await Promise.all(
      Array.from({ length: 20 }, () => tokens.open(client(), testFields({ value: SECRET }))),
    )
    expect(sent).toHaveLength(1)
    const [first, ...others] = opened.map((found) => (found.ok ? found.fields['value'] : undefined))
    first?.drop()
    expect(others.every((secret) => secret?.use(String) === 'access-1')).toBe(true)
    expect(await told(tokens)).toBe('access-1')
  })

  it('KS-09: a new secret, another version or another owner asks anew', async () => {
    const tokens = open()
    expect(await told(tokens)).toBe('access-1')
    expect(await told(tokens, client(), 'another secret')).toBe('access-2')
    expect(await told(tokens, client({}, { version: 2 }))).toBe('access-3')
    expect(await told(tokens, client({}, { environment: 'staging' }))).toBe('access-4')
    expect(await told(tokens, client({}, { mark: 'changed' }))).toBe('access-5')
    expect(await told(tokens)).toBe('access-1')
  })

  it('are few: beyond the most that are kept the one unused for longest goes', async () => {
    const keptMax = 2
    expect(keptMax).toBeLessThan(OAUTH_TOKENS_MAX)
    const tokens = new AccessTokens({ now: () => now, authorities: server.authorities, keptMax })
    for (const secret of ['a', 'b', 'a', 'c']) await told(tokens, client(), secret)
    expect(sent).toHaveLength(3)
    expect(await told(tokens, client(), 'a')).toBe('access-1')
    expect(await told(tokens, client(), 'b')).toBe('access-4')
  })

  it('are forgotten when the vault closes', async () => {
    const tokens = open()
    expect(await told(tokens)).toBe('access-1')
    tokens.close()
    expect(await told(tokens)).toBe('access-2')
  })
})

describe('PROXY-18: an issuer that gives no token', () => {
  const cases: readonly (readonly [string, object, number, string])[] = [
    ['refuses', { error: 'invalid_client' }, 401, 'token_status_401'],
    ['is broken', {}, 500, 'token_status_500'],
    ['redirects', {}, 307, 'token_status_307'],
    ['names no token', { access_token: undefined }, 200, 'token_unfit'],
    ['gives another type', { token_type: 'mac' }, 200, 'token_unfit'],
    ['gives no type', { token_type: undefined }, 200, 'token_unfit'],
    ['gives one that is over', { expires_in: 0 }, 200, 'token_unfit'],
    ['gives one that ends nowhere', { expires_in: 'soon' }, 200, 'token_unfit'],
  ]
  it.each(cases)('%s', async (_name, more, status, reason) => {
    issues(more, status)
    const tokens = open()
    expect(await told(tokens)).toBe(reason)
    issues({ expires_in: 600 })
    expect(await told(tokens)).toBe('access-2')
  })

  it('is slow', async () => {
    issues({}, 200, 1_000)
    expect(await told(open(60))).toBe('token_timeout')
  })

  it('lies at a private address that the row does not allow, by number or by name', async () => {
    const numbered = client({ privateNet: false })
    expect(await told(open(), numbered)).toBe('token_private_address')
    const url = `${server.url.replace('127.0.0.1', 'localhost')}/oauth/token`
    expect(await told(open(), client({ privateNet: false, url }))).toBe('token_private_address')
    expect(sent).toEqual([])
    expect(await told(open(), client({ url }))).toBe('access-1')
  })
})
