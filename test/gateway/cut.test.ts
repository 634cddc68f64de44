import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { later } from '../../src/domain/time.ts'
import { LEASE_SUBJECT, startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { codeOf, headOf, open, readAll, tell } from '../support/gateway-client.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
let handle: RequestListener

beforeEach(async () => {
  upstream = await startUpstream((request, response) => handle(request, response))
  gateway = await startGateway(upstream.origin)
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

/** Opens a stream down and waits for its first bytes; answers when either side was cut. */
async function openStream() {
  const upstreamClosed = new Promise<number>((resolve) => {
    handle = (request, response) => {
      response.write('first')
      request.once('close', () => resolve(performance.now()))
    }
  })
  const request = open(gateway, { path: '/up/a' })
  request.on('error', () => undefined)
  request.end()
  const response = await headOf(request)
  await once(response, 'data')
  const clientClosed = readAll(response).then((told) => ({ told, at: performance.now() }))
  return { upstreamClosed, clientClosed }
}

describe('I9: revocation cuts what is running', () => {
  it('cuts both sides of a stream within 100 ms, and not cleanly', async () => {
    const { upstreamClosed, clientClosed } = await openStream()
    const began = performance.now()
    gateway.revoke(LEASE_SUBJECT)
    const { told, at } = await clientClosed
    expect(told.whole).toBe(false)
    expect(at - began).toBeLessThan(100)
    expect((await upstreamClosed) - began).toBeLessThan(100)
    expect(gateway.gateway.inFlight).toBe(0)
  })

  it('cuts a suspended one too, and leaves one that depends on something else', async () => {
    const { clientClosed } = await openStream()
    gateway.revoke('agent:spiffe://acme.example/agent/other')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(gateway.gateway.inFlight).toBe(1)
    gateway.revoke(LEASE_SUBJECT, 'suspended')
    expect((await clientClosed).told.whole).toBe(false)
  })

  it('cuts an upload', async () => {
    const closed = new Promise((resolve) => {
      handle = (request) => request.once('close', resolve)
    })
    const request = open(gateway, { path: '/up/a', method: 'POST' })
    request.write('first')
    await once(upstream.server, 'request')
    gateway.revoke(LEASE_SUBJECT)
    const response = await headOf(request)
    expect(response.headers['writ-refusal']).toBe('revoked')
    await closed
    request.destroy()
  })

  it.each([
    ['revoked', 'revoked'],
    ['suspended', 'suspended'],
  ] as const)('tells an agent that waits for its answer: %s', async (effect, code) => {
    handle = () => undefined
    const told = tell(gateway, { path: '/up/a' })
    await once(upstream.server, 'request')
    gateway.revoke(LEASE_SUBJECT, effect)
    const refusal = await told
    expect(codeOf(refusal)).toBe(code)
    expect(refusal.headers['writ-receipt']).toBe('receipt-1')
  })

  it('catches a revocation between redemption and forwarding', async () => {
    let reached = false
    handle = (_request, response) => {
      reached = true
      response.end()
    }
    const { admit } = gateway
    gateway.admit = async (presentation) => {
      const admitted = await admit(presentation)
      gateway.revoke('agent:spiffe://acme.example/agent/other')
      gateway.revoke(LEASE_SUBJECT, 'suspended')
      gateway.revoke(LEASE_SUBJECT)
      return admitted
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect([codeOf(told), reached]).toEqual(['revoked', false])
    expect(told.headers['writ-receipt']).toBe('receipt-1')
  })

  it('does not hold an unrelated revocation during admission against the call', async () => {
    handle = (_request, response) => response.end('x')
    const { admit } = gateway
    gateway.admit = (presentation) => {
      gateway.revoke('agent:spiffe://acme.example/agent/other')
      return admit(presentation)
    }
    expect((await tell(gateway, { path: '/up/a' })).status).toBe(200)
  })

  it('cuts an answer that is whole at the gateway but not yet at the agent', async () => {
    handle = (_request, response) => response.end(Buffer.alloc(4 * 1024 * 1024))
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    response.pause()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(gateway.gateway.inFlight).toBe(1)
    gateway.revoke(LEASE_SUBJECT)
    response.resume()
    expect((await readAll(response)).whole).toBe(false)
  })
})

describe('a stream ends with what it depends on', () => {
  it('is cut at the end of the lease', async () => {
    gateway.leaseEndsAt = later(gateway.now, 10)
    const { clientClosed } = await openStream()
    gateway.now = later(gateway.now, 9)
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(gateway.gateway.inFlight).toBe(1)
    gateway.now = later(gateway.now, 1)
    expect((await clientClosed).told.whole).toBe(false)
  })

  it('is cut at the end of the certificate', async () => {
    gateway.leaseEndsAt = later(gateway.now, 1_000_000)
    const { clientClosed } = await openStream()
    gateway.now = later(gateway.now, 24 * 60 * 60)
    expect((await clientClosed).told.whole).toBe(false)
  })

  it('is not cut at the end of the token', async () => {
    await openStream()
    gateway.now = later(gateway.now, 61)
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(gateway.gateway.inFlight).toBe(1)
  })
})
