import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { Agent } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import { startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
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
