import type { IncomingMessage, RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import {
  grantFor,
  routeToml,
  scopeOf,
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
