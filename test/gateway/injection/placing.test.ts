import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  CREDENTIAL_HEADER_CHARACTERS_MAX,
  PLACEHOLDERS_MAX,
  SCRUBBED_SECRET_BYTES_MIN,
  SECRET_BACKSLASHES_MAX,
} from '../../../src/domain/limits.ts'
import { codeOf, tell } from '../../support/gateway-client.ts'
import {
  type InjectingGateway,
  KEY,
  startInjecting,
  startTlsUpstream,
  type TlsUpstream,
} from '../../support/injection.ts'

let upstream: TlsUpstream
let gateway: InjectingGateway

beforeAll(async () => {
  upstream = await startTlsUpstream()
  gateway = await startInjecting(upstream, { more: 'headers = ["x-*"]' })
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})
afterEach(() => {
  Object.assign(gateway, { placement: { in: 'bearer' }, secret: KEY })
  upstream.got.length = 0
})

/** One call, and what the upstream got of it. */
const call = async (ask: Partial<Parameters<typeof tell>[1]> = {}) => {
  const told = await tell(gateway, { path: '/up/a', ...ask })
  const [got] = upstream.got
  if (got === undefined) throw new Error(`nothing reached the upstream: ${codeOf(told)}`)
  expect(upstream.got).toHaveLength(1)
  return { ...got, headers: got.request.headers, url: got.request.url }
}
const refusalOf = async (ask: Partial<Parameters<typeof tell>[1]> = {}) => {
  const spent = gateway.spent
  const code = codeOf(await tell(gateway, { path: '/up/a', ...ask }))
  expect([upstream.got.length, gateway.spent]).toEqual([0, spent])
  return code
}

describe('PROXY-10: the credential of the route goes where it belongs', () => {
  it('as a bearer token, instead of the token of the call', async () => {
    expect((await call()).headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('as a user and password', async () => {
    gateway.placement = { in: 'basic', username: 'app' }
    const pair = Buffer.from(`app:${KEY}`).toString('base64')
    expect((await call()).headers.authorization).toBe(`Basic ${pair}`)
  })

  it('as a header with a prefix, in place of whatever the agent sent under that name', async () => {
    gateway.placement = { in: 'header', name: 'X-Api-Key', prefix: 'key ' }
    const mine = { 'X-API-KEY': ['mine', 'again'], x_api_key: 'mine', 'x-other': 'kept' }
    const { request, headers } = await call({ headers: mine })
    expect(headers['x-api-key']).toBe(`key ${KEY}`)
    expect(headers['x-other']).toBe('kept')
    const names = request.rawHeaders.map((name) => name.toLowerCase().replaceAll('_', '-'))
    expect(names.filter((name) => name === 'x-api-key')).toHaveLength(1)
  })

  it('as a query parameter at the end', async () => {
    gateway.placement = { in: 'query', name: 'key' }
    expect((await call()).url).toBe(`/a?key=${encodeURIComponent(KEY)}`)
  })

  it.each([
    ['?key=mine&a=1'],
    ['?a=1&KEY=mine'],
    ['?a=1&k%65y=mine'],
    ['?%6B%65%79=mine&a=1&key'],
    ['?key[]=mine&a=1&key[0]=x&key%5Bx%5D=y'],
    ['?+key=mine&a=1&key%00x=y'],
    ['?key=mine;a=1'],
  ])('in place of the parameter of %s', async (query) => {
    gateway.placement = { in: 'query', name: 'key' }
    const { url } = await call({ path: `/up/a${query}` })
    expect(url).toBe(`/a?a=1&key=${encodeURIComponent(KEY)}`)
  })

  it('and nothing is sent where readers would find the parameter in other places', async () => {
    gateway.placement = { in: 'query', name: 'key' }
    expect(await refusalOf({ path: '/up/a?a=1;key=mine' })).toBe('malformed')
  })

  it('as its name, version and environment in the record, and nothing else', async () => {
    await call()
    expect(gateway.chosen.at(-1)).toEqual({
      credential: 'github',
      credential_version: 1,
      environment: 'production',
    })
  })

  it('and the opened secret is dropped before the call is over', async () => {
    await call()
    expect(() => gateway.opened.at(-1)?.use((bytes) => bytes)).toThrow('dropped')
  })
})

describe('PROXY-29: a placeholder is replaced on the way out', () => {
  const TEXT = '{{github}}'
  const json = { 'content-type': 'application/json', 'content-digest': 'sha-256=:AA==:' }
  const placeholder = () => {
    gateway.placement = { in: 'placeholder', text: TEXT }
  }

  it('in the strings of a JSON body, escaped, with the length made anew', async () => {
    placeholder()
    const body = `{"a" : "x${TEXT}y", "b": ["${TEXT}", 1.50]}`
    const { body: sent, headers } = await call({ method: 'POST', headers: json, body })
    const escaped = JSON.stringify(KEY).slice(1, -1)
    expect(sent).toBe(`{"a" : "x${escaped}y", "b": ["${escaped}", 1.50]}`)
    expect(headers['content-length']).toBe(String(Buffer.byteLength(sent)))
    expect(headers['content-digest']).toBeUndefined()
  })

  it('in the values of a form', async () => {
    placeholder()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = `a=1&k=${encodeURIComponent(TEXT)}&c=%zz`
    const { body: sent } = await call({ method: 'POST', headers, body })
    expect(sent).toBe(`a=1&k=${encodeURIComponent(KEY)}&c=%zz`)
  })

  it('in headers that pass', async () => {
    placeholder()
    const { headers } = await call({ headers: { 'x-token': `v ${TEXT}` } })
    expect(headers['x-token']).toBe(`v ${KEY}`)
  })

  it('and the request was judged without it', async () => {
    placeholder()
    await call({ method: 'POST', headers: json, body: `{"a":"${TEXT}"}` })
    expect(JSON.stringify(gateway.presentations.at(-1)?.request)).not.toContain(KEY.slice(0, 12))
  })

  it.each([
    ['is nowhere', { path: '/up/a' }],
    ['is in the target alone', { path: `/up/a?k=${encodeURIComponent(TEXT)}` }],
    ['is outside of what can be read', { method: 'POST', body: TEXT }],
    ['is in a body that is not JSON', { method: 'POST', headers: json, body: `{"a":"${TEXT}"` }],
    [
      'is in a body with a member twice',
      { method: 'POST', headers: json, body: `{"a":1,"a":"${TEXT}"}` },
    ],
    [
      'is there too often',
      { method: 'POST', headers: json, body: JSON.stringify([TEXT.repeat(PLACEHOLDERS_MAX + 1)]) },
    ],
    [
      'is in a body that is compressed',
      { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: TEXT },
    ],
  ])('and nothing is sent when it %s', async (_where, ask) => {
    placeholder()
    expect(await refusalOf(ask)).toBe('malformed')
  })

  it('and nothing is sent when the body is longer than what is judged', async () => {
    placeholder()
    const body = JSON.stringify([TEXT, 'x'.repeat(2_000_000)])
    expect(await refusalOf({ method: 'POST', headers: json, body })).toBe('too_large')
  })
})

describe('a call without its credential goes nowhere, and keeps its token', () => {
  it.each([
    ['has a line end', `${KEY}\r\nx-admin: 1`],
    ['has a control character', `${KEY}\x00`],
    ['is not ASCII', `${KEY}é`],
    ['ends with a space', `${KEY} `],
    ['is shorter than what can be told from other text', 's'.repeat(SCRUBBED_SECRET_BYTES_MIN - 1)],
    ['is longer than a head may be', 'x'.repeat(CREDENTIAL_HEADER_CHARACTERS_MAX + 1)],
    ['could be read in too many ways', `${KEY}${'\\'.repeat(SECRET_BACKSLASHES_MAX + 1)}`],
  ])('when the secret %s', async (_what, secret) => {
    gateway.secret = secret
    expect(await refusalOf()).toBe('credential_unavailable')
    expect(() => gateway.opened.at(-1)?.use((bytes) => bytes)).toThrow('dropped')
  })

  it('when it is placed nowhere', async () => {
    gateway.placement = { in: 'none' }
    expect(await refusalOf()).toBe('credential_unavailable')
  })

  it('when admission forgets to ask for it', async () => {
    const { admit } = gateway
    gateway.admit = ({ choose: _choose, ...presentation }) => admit(presentation)
    const told = await tell(gateway, { path: '/up/a' })
    gateway.admit = admit
    expect([codeOf(told), upstream.got.length]).toEqual(['credential_unavailable', 0])
  })
})

describe('a route names a credential only where one can be opened', () => {
  it('else the gateway does not start', async () => {
    const setup = startInjecting(upstream, { openCredential: undefined as never })
    await expect(setup).rejects.toThrow('only a gateway on the store can open one')
  })
})
