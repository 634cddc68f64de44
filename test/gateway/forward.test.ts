import type { IncomingMessage, RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import {
  refusing,
  routeToml,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
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
