import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { Agent } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import {
  grantFor,
  refusing,
  routeToml,
  scopeOf,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { codeOf, headOf, open, readAll, tell } from '../support/gateway-client.ts'

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

const restart = async (changes: Partial<GatewaySetup> & { routesToml?: string }) => {
  await gateway.gateway.close({ graceMs: 0 })
  gateway = await startGateway(upstream.origin, changes)
}
/** What the upstream got of a request. */
const seen = () =>
  new Promise<{ request: IncomingMessage; body: Buffer }>((resolve) => {
    handle = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        response.end('hello')
        resolve({ request, body: Buffer.concat(chunks) })
      })
    }
  })

describe('an admitted call is forwarded as it was judged', () => {
  it('answers with the receipt, the request id and no refusal', async () => {
    const told = await tell(gateway, { path: '/up/a' })
    expect(told.status).toBe(200)
    expect(told.body.toString()).toBe('hello')
    expect(told.headers['writ-receipt']).toBe('receipt-1')
    expect(told.headers['writ-refusal']).toBeUndefined()
    expect(told.headers['x-request-id']).toBe('req_AAAAAAAAAAAAAAAAAAAAAA')
    expect(gateway.results).toEqual(['answered'])
  })

  it.each([
    ['/up/repos/a/b?x=1', '/repos/a/b?x=1'],
    ['/up/', '/'],
    ['/up/a%20b?q=%2F&r=a+b', '/a%20b?q=%2F&r=a+b'],
    ['/up/%C3%A9/(b)!', '/%C3%A9/(b)!'],
    ['/up/a?', '/a?'],
  ])('judges and forwards the exact bytes of %s', async (path, rest) => {
    const got = seen()
    await tell(gateway, { path })
    expect((await got).request.url).toBe(rest)
    expect(gateway.presentations[0]?.request).toEqual({
      type: 'http',
      method: 'GET',
      target: `${upstream.origin}${rest}`,
    })
  })

  it('puts the base path before the rest, in judgement and on the wire', async () => {
    await restart({ routesToml: routeToml('up', `${upstream.origin}/v1`) })
    const got = seen()
    await tell(gateway, { path: '/up/a' })
    expect((await got).request.url).toBe('/v1/a')
    expect(gateway.presentations[0]?.request).toMatchObject({ target: `${upstream.origin}/v1/a` })
  })

  it('hands the token, the peer of the TLS layer and the request id to admission', async () => {
    await tell(gateway, { path: '/up/a', headers: { 'x-request-id': 'mine' } })
    expect(gateway.presentations[0]).toMatchObject({
      token: 'token',
      peer: { uri: 'spiffe://acme.example/agent/worker' },
      requestId: 'req_AAAAAAAAAAAAAAAAAAAAAA',
    })
  })

  it('does not reach the upstream when admission refuses', async () => {
    let reached = false
    handle = (_request, response) => {
      reached = true
      response.end()
    }
    gateway.admit = refusing('scope_not_granted')
    const told = await tell(gateway, { path: '/up/a', method: 'POST', body: 'x' })
    expect([told.status, codeOf(told)]).toEqual([403, 'scope_not_granted'])
    expect(told.headers['writ-receipt']).toBeUndefined()
    expect(reached).toBe(false)
  })

  it('refuses with status_unknown when admission breaks down', async () => {
    gateway.admit = async () => {
      throw new Error('store away')
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, codeOf(told)]).toEqual([503, 'status_unknown'])
    expect(told.headers['retry-after']).toBe('1')
  })

  it('answers without a receipt when none can be made', async () => {
    await restart({ receiptOf: () => Promise.reject(new Error('no key')) })
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, told.headers['writ-receipt']]).toEqual([200, undefined])
    expect(gateway.lines.map(({ event }) => event)).toContain('gateway.receipt')
  })

  it('waits with the answer until the receipt is made', async () => {
    const late = () =>
      new Promise<string>((resolve) => {
        setTimeout(() => resolve('late'), 50)
      })
    await restart({ receiptOf: late })
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.headers['writ-receipt'], told.body.toString()]).toEqual(['late', 'hello'])
  })
})

describe('bodies are streamed, and judged only when a rule asks', () => {
  it('streams a body up before it is whole', async () => {
    const first = new Promise<string>((resolve) => {
      handle = (request, response) => {
        request.once('data', (chunk) => resolve(chunk.toString()))
        request.on('end', () => response.end('done'))
      }
    })
    const request = open(gateway, { path: '/up/a', method: 'POST' })
    request.write('one')
    expect(await first).toBe('one')
    request.end('two')
    const response = await headOf(request)
    expect((await readAll(response)).body.toString()).toBe('done')
  })

  it('streams a body down before it is whole', async () => {
    let finish = () => {}
    handle = (_request, response) => {
      response.write('one')
      finish = () => response.end('two')
    }
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    const [chunk] = await once(response, 'data')
    expect(chunk.toString()).toBe('one')
    finish()
    expect((await readAll(response)).body.toString()).toBe('two')
  })

  it('sends the head of a stream that has nothing to say yet', async () => {
    handle = (_request, response) => response.writeHead(200).flushHeaders()
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    expect(response.headers['writ-receipt']).toBe('receipt-1')
    request.destroy()
  })

  it('carries 5 MB both ways unchanged, however it is framed', async () => {
    handle = (request, response) => request.pipe(response)
    const body = Buffer.alloc(5 * 1024 * 1024, 'abcdefg')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    const length = { 'content-length': String(body.length) }
    const counted = await tell(gateway, { path: '/up/a', method: 'POST', body, headers: length })
    const chunked = { 'transfer-encoding': 'chunked' }
    const framed = await tell(gateway, { path: '/up/a', method: 'PUT', body, headers: chunked })
    expect([digest(counted.body), digest(framed.body)]).toEqual([digest(body), digest(body)])
  })

  it('does not read faster from the upstream than the agent takes', async () => {
    let sent = 0
    handle = (_request, response) => {
      const write = () => {
        while (sent < 200 * 1024 * 1024) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536))) return response.once('drain', write)
        }
        return response.end()
      }
      write()
    }
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    response.pause()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(60 * 1024 * 1024)
    request.destroy()
  })

  const judging = (presentationBody: (body: unknown) => void) => {
    const { admit } = gateway
    gateway.admit = async (presentation) => {
      const body = await presentation.readBody?.()
      if (body === undefined || !body.ok) {
        return body ?? { ok: false, refusal: { code: 'fault', facts: {}, reasons: [] } }
      }
      presentationBody(body.value)
      return admit(presentation)
    }
  }

  it('hands a judged body to admission and forwards exactly its bytes', async () => {
    let judged: unknown
    judging((body) => {
      judged = body
    })
    const got = seen()
    const body = '{"a": "ä"}'
    await tell(gateway, {
      path: '/up/a',
      method: 'POST',
      body,
      headers: { 'content-type': 'Application/JSON; charset=UTF-8' },
    })
    expect(judged).toEqual({
      media_type: 'application/json',
      bytes: 11,
      text: body,
      digest: createHash('sha256').update(body).digest('base64url'),
    })
    const { request, body: received } = await got
    expect(received.toString()).toBe(body)
    expect(request.headers['content-length']).toBe('11')
  })

  it('judges the absence of a body', async () => {
    let judged: unknown
    judging((body) => {
      judged = body
    })
    expect((await tell(gateway, { path: '/up/a' })).status).toBe(200)
    expect(judged).toMatchObject({ media_type: '', bytes: 0, text: '' })
  })

  const MB = 1024 * 1024
  it.each([
    ['a coding', { 'content-encoding': 'gzip' }, 'x', 'malformed'],
    ['another charset', { 'content-type': 'text/plain; charset=utf-7' }, 'x', 'malformed'],
    [
      'a second charset',
      { 'content-type': 't/p; charset=utf-8; charset="utf-16"' },
      'x',
      'malformed',
    ],
    ['bytes that are no UTF-8', {}, Buffer.from([0xff, 0xfe]), 'malformed'],
    ['too many bytes', {}, Buffer.alloc(MB + 1, 'a'), 'too_large'],
    [
      'too many chunked bytes',
      { 'transfer-encoding': 'chunked' },
      Buffer.alloc(MB + 1),
      'too_large',
    ],
  ])('does not judge a body with %s', async (_title, headers, body, code) => {
    judging(() => undefined)
    const told = await tell(gateway, { path: '/up/a', method: 'POST', body, headers })
    expect(codeOf(told)).toBe(code)
  })

  it('forwards the bytes of such a body unread when no rule asks', async () => {
    const got = seen()
    const body = Buffer.from([0xff, 0, 0xfe])
    const headers = { 'content-encoding': 'gzip' }
    await tell(gateway, { path: '/up/a', method: 'POST', body, headers })
    const received = await got
    expect(received.body).toEqual(body)
    expect(received.request.headers['content-encoding']).toBe('gzip')
  })

  it('asks for an awaited body only once the call is admitted', async () => {
    const expecting = { expect: '100-continue', 'content-length': '3' }
    gateway.admit = refusing('token_used')
    const refused = open(gateway, { path: '/up/a', method: 'POST', headers: expecting })
    let continued = false
    refused.on('continue', () => {
      continued = true
    })
    refused.flushHeaders()
    const response = await headOf(refused)
    expect([response.statusCode, continued]).toEqual([401, false])
    refused.destroy()
  })

  it('lets an awaited body come when it is', async () => {
    const got = seen()
    const expecting = { expect: '100-continue', 'content-length': '3' }
    const request = open(gateway, { path: '/up/a', method: 'POST', headers: expecting })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('abc')
    const received = await got
    expect(received.body.toString()).toBe('abc')
    expect(received.request.headers.expect).toBeUndefined()
  })
})

describe('connections', () => {
  it('serves many calls over one connection, and ends it when it is too old', async () => {
    await restart({ connectionSecondsMax: 10 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    handle = (_request, response) => response.end('x')
    for (let call = 0; call < 3; call += 1) {
      const request = open(gateway, { path: '/up/a', agent })
      request.on('socket', (socket) => ports.add(socket.localPort))
      request.end()
      const response = await headOf(request)
      expect((await readAll(response)).headers.connection).toBe('keep-alive')
      ports.add(response.socket?.localPort)
    }
    gateway.now = (gateway.now + 10) as typeof gateway.now
    const aged = await tell(gateway, { path: '/up/a', agent })
    expect(aged.headers.connection).toBe('close')
    agent.destroy()
  })

  it('refuses a peer whose certificate ended on a kept-alive connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await tell(gateway, { path: '/up/a', agent })).status).toBe(200)
    gateway.now = (gateway.now + 24 * 60 * 60) as typeof gateway.now
    const told = await tell(gateway, { path: '/up/a', agent })
    expect([told.status, codeOf(told)]).toEqual([401, 'certificate_expired'])
    expect(gateway.presentations).toHaveLength(1)
    agent.destroy()
  })

  it('refuses more calls at once than it may hold', async () => {
    await restart({ callsMax: 1 })
    handle = () => undefined
    const first = open(gateway, { path: '/up/a' })
    first.end()
    await once(upstream.server, 'request')
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, codeOf(told)]).toEqual([503, 'overloaded'])
    first.destroy()
  })

  it('forgets a call whose agent went away, and tells the upstream', async () => {
    const closed = new Promise((resolve) => {
      handle = (request) => request.once('close', resolve)
    })
    const request = open(gateway, { path: '/up/a' })
    request.end()
    await once(upstream.server, 'request')
    expect(gateway.gateway.inFlight).toBe(1)
    request.destroy()
    await closed
    expect(gateway.gateway.inFlight).toBe(0)
    expect(gateway.results).toEqual(['broken'])
  })

  it('lets running calls end when it closes, and cuts those that do not', async () => {
    const pending: (() => void)[] = []
    handle = (_request, response) => pending.push(() => response.end('late'))
    const quick = tell(gateway, { path: '/up/quick' })
    await once(upstream.server, 'request')
    const slow = tell(gateway, { path: '/up/slow' })
    await once(upstream.server, 'request')
    const closed = gateway.gateway.close({ graceMs: 200 })
    pending[0]?.()
    expect((await quick).body.toString()).toBe('late')
    await closed
    expect(codeOf(await slow)).toBe('overloaded')
  })
})

describe('what the grant says about the address holds for the connection', () => {
  it('refuses a private address without private_net, also over a connection that exists', async () => {
    expect((await tell(gateway, { path: '/up/a' })).status).toBe(200)
    gateway.scope = scopeOf(grantFor(upstream.origin, { private_net: false }))
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, codeOf(told)]).toEqual([502, 'upstream_refused'])
    expect(told.headers['writ-receipt']).toBe('receipt-1')
  })

  it('takes private_net only from a grant that covers the very request', async () => {
    gateway.scope = scopeOf(
      grantFor(upstream.origin, { private_net: false }),
      grantFor(upstream.origin, { paths: ['/private/**'] }),
    )
    expect(codeOf(await tell(gateway, { path: '/up/a' }))).toBe('upstream_refused')
    expect((await tell(gateway, { path: '/up/private/a' })).status).toBe(200)
  })

  const named = (addresses: readonly string[]) => {
    const origin = upstream.origin.replace('127.0.0.1', 'upstream.test')
    const asked: string[] = []
    const resolve = async (hostname: string) => {
      asked.push(hostname)
      return addresses
    }
    return {
      origin,
      asked,
      changes: { routesToml: routeToml('up', origin), upstream: { resolve } },
    }
  }

  it('dials the address it resolved, once for a connection, and keeps the name', async () => {
    const { origin, asked, changes } = named(['127.0.0.1'])
    await restart(changes)
    gateway.scope = scopeOf(grantFor(origin))
    const got = seen()
    await tell(gateway, { path: '/up/a' })
    await tell(gateway, { path: '/up/a' })
    expect((await got).request.headers.host).toBe(origin.slice('http://'.length))
    expect(asked).toEqual(['upstream.test'])
  })

  it.each([
    [['127.0.0.1']],
    [['169.254.169.254']],
    [['10.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['93.184.216.34', '127.0.0.1']],
  ])('refuses a name that resolves to %s', async (addresses) => {
    const { origin, changes } = named(addresses)
    await restart(changes)
    gateway.scope = scopeOf(grantFor(origin, { private_net: false }))
    expect(codeOf(await tell(gateway, { path: '/up/a' }))).toBe('upstream_refused')
  })

  it('tells a name without an address apart', async () => {
    const { origin, changes } = named([])
    await restart(changes)
    gateway.scope = scopeOf(grantFor(origin))
    expect(codeOf(await tell(gateway, { path: '/up/a' }))).toBe('upstream_unreachable')
  })

  it('asks the system resolver when it is given none', async () => {
    const origin = upstream.origin.replace('127.0.0.1', 'localhost')
    await restart({ routesToml: routeToml('up', origin) })
    gateway.scope = scopeOf(grantFor(origin, { private_net: false, hosts: ['localhost'] }))
    expect(codeOf(await tell(gateway, { path: '/up/a' }))).toBe('upstream_refused')
  })
})
