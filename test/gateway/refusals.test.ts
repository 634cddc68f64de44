import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusing, startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { codeOf, tell } from '../support/gateway-client.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
let handle: RequestListener

beforeEach(async () => {
  handle = (_request, response) => response.end('hello')
  upstream = await startUpstream((request, response) => handle(request, response))
  gateway = await startGateway(upstream.origin)
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

describe('our own refusals can be told from answers of the upstream', () => {
  it('tells code, sentence, request id and where to learn more', async () => {
    gateway.admit = refusing('token_used')
    const told = await tell(gateway, { path: '/up/a' })
    expect(told.headers).toMatchObject({
      'writ-refusal': 'token_used',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'www-authenticate':
        'Bearer error="invalid_token", resource_metadata=' +
        '"https://gateway.test/.well-known/oauth-protected-resource/up"',
    })
    expect(JSON.parse(told.body.toString())).toEqual({
      type: 'urn:writ:refusal:token_used',
      title: 'The token has been used.',
      instance: 'urn:writ:request:req_AAAAAAAAAAAAAAAAAAAAAA',
      status: 401,
      code: 'token_used',
      request_id: 'req_AAAAAAAAAAAAAAAAAAAAAA',
      reasons: [],
    })
    expect(gateway.results).toEqual(['token_used'])
  })

  it('serves the metadata it points to (RFC 9728)', async () => {
    const path = '/.well-known/oauth-protected-resource/up'
    const told = await tell(gateway, { path, headers: { authorization: '' } })
    expect(told.headers['content-type']).toBe('application/json')
    expect(JSON.parse(told.body.toString())).toEqual({
      resource: 'urn:test:up',
      resource_name: 'up',
      authorization_servers: ['https://authority.test'],
      bearer_methods_supported: ['header'],
      tls_client_certificate_bound_access_tokens: true,
      dpop_signing_alg_values_supported: ['EdDSA', 'ES256'],
      dpop_bound_access_tokens_required: false,
      authorization_details_types_supported: ['urn:writ:scope:v1'],
    })
  })

  it.each([
    '/.well-known/oauth-protected-resource/none',
    '/.well-known/oauth-protected-resource/',
    '/.well-known/openid-configuration',
    '/',
    '/up',
    '/up?x',
    '/Up/a',
    '/other/a',
    '//up/a',
    '/%75p/a',
  ])('finds nothing at %s', async (path) => {
    const told = await tell(gateway, { path })
    expect([told.status, codeOf(told)]).toEqual([404, 'not_found'])
    expect(gateway.presentations).toEqual([])
  })

  it('keeps every secret out of its log (I12)', async () => {
    await tell(gateway, { path: '/up/a?key=hunter2', headers: { authorization: 'Bearer s3cret' } })
    gateway.admit = async () => {
      throw new Error('no')
    }
    await tell(gateway, { path: '/up/a?key=hunter2', headers: { authorization: 'Bearer s3cret' } })
    expect(gateway.lines.length).toBeGreaterThan(1)
    expect(JSON.stringify(gateway.lines)).not.toMatch(/hunter2|s3cret/)
  })

  it('answers a refusal though a large body is still under way', async () => {
    gateway.admit = refusing('revoked')
    const body = Buffer.alloc(5 * 1024 * 1024)
    const told = await tell(gateway, { path: '/up/a', method: 'POST', body })
    expect([told.status, codeOf(told), told.headers.connection]).toEqual([401, 'revoked', 'close'])
  })
})

describe('misdirected and unreadable requests are refused before anything else', () => {
  it.each([
    'other.test',
    'pinned.test',
    'pinned.test:444',
    'gateway.test:444',
    'gateway.test.',
    'gateway.test:',
    'a@gateway.test',
    '127.0.0.1',
    '',
  ])('refuses the host "%s"', async (host) => {
    const told = await tell(gateway, { path: '/up/a', headers: { host } })
    expect([told.status, codeOf(told)]).toEqual([421, 'misdirected'])
  })

  it('takes its own names in any case, also with the port the call arrives at', async () => {
    const { port } = gateway
    const hosts = ['GATEWAY.test', `gateway.test:${port}`, `[::1]:${port}`, 'pinned.test:443']
    for (const host of hosts) {
      expect((await tell(gateway, { path: '/up/a', headers: { host } })).status).toBe(200)
    }
  })

  it('points to its metadata under the name and port it was called by', async () => {
    gateway.admit = refusing('token_used')
    const host = `gateway.test:${gateway.port}`
    const told = await tell(gateway, { path: '/up/a', headers: { host } })
    expect(told.headers['www-authenticate']).toMatch(`"https://${host}/.well-known/`)
  })

  it.each([
    ['no token', { authorization: [] }, 'unauthenticated'],
    ['another scheme', { authorization: 'Basic dTpw' }, 'malformed'],
    ['two tokens', { authorization: ['Bearer a', 'Bearer b'] }, 'malformed'],
    ['two in one', { authorization: 'Bearer a, Bearer b' }, 'malformed'],
    ['an upgrade', { connection: 'upgrade', upgrade: 'websocket' }, 'malformed'],
  ])('refuses %s', async (_title, headers: Record<string, string | string[]>, code) => {
    const told = await tell(gateway, { path: '/up/a', headers })
    expect(codeOf(told)).toBe(code)
    expect(gateway.presentations).toEqual([])
  })

  it.each(['TRACE'])('refuses the method %s', async (method) => {
    const told = await tell(gateway, { path: '/up/a', method })
    expect([told.status, codeOf(told)]).toEqual([405, 'method_not_allowed'])
  })

  it.each([
    '?_method=DELETE',
    '?a=1&_method=DELETE',
    '?%5Fmethod=DELETE',
    '?a;_METHOD',
    '?_method',
  ])('refuses a query that overrides the method: %s', async (query) => {
    expect(codeOf(await tell(gateway, { path: `/up/a${query}` }))).toBe('malformed')
  })

  it('refuses a target that is too long', async () => {
    const told = await tell(gateway, { path: `/up/${'a'.repeat(8192)}` })
    expect([told.status, codeOf(told)]).toEqual([413, 'too_large'])
  })
})

describe('an upstream that fails is a refusal with the receipt of the spent token', () => {
  const behind = async (origin: string, upstreamSettings = {}) => {
    await gateway.gateway.close({ graceMs: 0 })
    gateway = await startGateway(origin, { upstream: upstreamSettings })
  }
  const rawUpstream = async (speak: (socket: Socket) => void) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => speak(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('tells an upstream that is not there', async () => {
    upstream.close()
    const told = await tell(gateway, { path: '/up/a', method: 'POST', body: 'abc' })
    expect([told.status, codeOf(told)]).toEqual([502, 'upstream_unreachable'])
    expect(told.headers['writ-receipt']).toBe('receipt-1')
  })

  it('tells an upstream that does not answer in time', async () => {
    await behind(upstream.origin, { headersTimeoutMs: 1000 })
    handle = () => undefined
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, codeOf(told)]).toEqual([504, 'upstream_timeout'])
    expect(told.headers['writ-receipt']).toBe('receipt-1')
  })

  it.each([
    ['hangs up', ''],
    ['does not speak HTTP', 'hello\r\n\r\n'],
    [
      'frames its answer in two ways',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ],
    ['gives two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'switches protocols',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
  ])('tells an upstream that %s', async (_title, bytes) => {
    await behind(await rawUpstream((socket) => socket.end(Buffer.from(bytes, 'latin1'))))
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, codeOf(told)]).toEqual([502, 'upstream_unreachable'])
  })

  it.each([
    ['a counted', 'content-length: 100\r\n\r\nabc'],
    ['a chunked', 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('breaks off %s body that the upstream broke off', async (_title, rest) => {
    const head = `HTTP/1.1 200 OK\r\n${rest}`
    await behind(await rawUpstream((socket) => setTimeout(() => socket.end(head), 10)))
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, told.whole]).toEqual([200, false])
    await expect.poll(() => gateway.results).toEqual(['broken'])
  })

  it('breaks off a body that falls silent', async () => {
    await behind(upstream.origin, { idleTimeoutMs: 1000 })
    handle = (_request, response) => response.write('abc')
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.body.toString(), told.whole]).toEqual(['abc', false])
  })

  it('does not send a call again when a kept connection turns out dead', async () => {
    let calls = 0
    await behind(
      await rawUpstream((socket) => {
        calls += 1
        socket.destroy()
      }),
    )
    expect(codeOf(await tell(gateway, { path: '/up/a' }))).toBe('upstream_unreachable')
    expect(calls).toBe(1)
  })
})
