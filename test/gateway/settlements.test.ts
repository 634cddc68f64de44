import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LeaseId } from '../../src/domain/ids.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import { later } from '../../src/domain/time.ts'
import type { SettleCall } from '../../src/gateway/settlements.ts'
import { usd } from '../support/budgets.ts'
import {
  admittedAs,
  grantFor,
  LEASE_SUBJECT,
  routeToml,
  scopeOf,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { codeOf, headOf, open, readAll, tell } from '../support/gateway-client.ts'

const ROOT = 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId
const COST = 'cost = [{ unit = "USD", decimals = 2, amount = 3 }]'

type Settlement = Parameters<SettleCall>[0]

let upstream: Awaited<ReturnType<typeof startUpstream>>
let handle: RequestListener
let gateway: TestGateway | undefined
let settlements: Settlement[]
let results: string[]
let settleCall: SettleCall

beforeEach(async () => {
  handle = (_request, response) => response.end('hello')
  upstream = await startUpstream((request, response) => handle(request, response))
  settlements = []
  results = []
  settleCall = async (call) => {
    settlements.push(call)
    return accept({ jti: call.jti, lease: ROOT, spent: [], again: false })
  }
})
afterEach(async () => {
  await gateway?.gateway.close({ graceMs: 0 })
  gateway = undefined
  upstream.close()
})

/** A gateway before `origin` whose calls have three cents reserved, unless `reserved` says less. */
async function gatewayTo(origin: string, reserved: readonly ReturnType<typeof usd>[] = [usd(3)]) {
  const started = await startGateway(origin, {
    routesToml: routeToml('up', origin, COST),
    settleCall: (call) => settleCall(call),
    observeSettlement: (result) => results.push(result),
  })
  started.admit = async (presentation) => {
    const admitted = admittedAs(presentation, started.scope, later(started.now, 600))
    const lease = { id: ROOT, lineage: [ROOT] }
    const claims = { ...admitted.claims, lease }
    const held = reserved.length === 0 ? {} : { reserved }
    return accept({ ...admitted, claims, ...held })
  }
  gateway = started
  return started
}

const until = async (done: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !done(); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A TCP upstream that does with a connection what it is told to. */
async function rawUpstream(act: (write: (text: string) => void, end: () => void) => void) {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () =>
      act(
        (text) => socket.write(text),
        () => socket.destroy(),
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

describe('what a call costs', () => {
  it('is stated by its route to admission', async () => {
    const started = await gatewayTo(upstream.origin)
    await tell(started, { path: '/up/a' })
    expect(started.presentations[0]?.costs).toEqual([usd(3)])
  })

  it('is committed when the upstream answered, whatever it said', async () => {
    handle = (_request, response) => response.writeHead(500).end('no')
    const started = await gatewayTo(upstream.origin)
    expect((await tell(started, { path: '/up/a' })).status).toBe(500)
    await until(() => results.length > 0)
    const { claims } = admittedAs(started.presentations[0] ?? never(), started.scope, started.now)
    const call = { root: ROOT, jti: claims.jti, actual: [usd(3)] }
    expect(settlements).toEqual([{ ...call, request: 'req_AAAAAAAAAAAAAAAAAAAAAA' }])
    expect(results).toEqual(['committed'])
  })

  it('is settled by nobody when nothing was reserved', async () => {
    const started = await gatewayTo(upstream.origin, [])
    await tell(started, { path: '/up/a' })
    await started.gateway.close({ graceMs: 100 })
    expect([settlements, results]).toEqual([[], []])
  })

  it('is committed once, also when the answer breaks off or the agent leaves', async () => {
    const broken = await rawUpstream((write, end) => {
      write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
      setTimeout(end, 20)
    })
    const started = await gatewayTo(broken.origin)
    expect((await tell(started, { path: '/up/a' })).whole).toBe(false)
    await started.gateway.close({ graceMs: 100 })
    expect(results).toEqual(['committed'])
    broken.close()
  })
})

describe('I11: what certainly never reached the upstream is given back', () => {
  it('nobody listens there', async () => {
    const free = await rawUpstream(() => undefined)
    free.close()
    const started = await gatewayTo(free.origin)
    expect(codeOf(await tell(started, { path: '/up/a' }))).toBe('upstream_unreachable')
    await until(() => results.length > 0)
    expect([settlements[0]?.actual, results]).toEqual(['released', ['released']])
  })

  it('the address is out of the reach of the grant', async () => {
    const started = await gatewayTo(upstream.origin)
    started.scope = scopeOf(grantFor(upstream.origin, { private_net: false }))
    expect(codeOf(await tell(started, { path: '/up/a' }))).toBe('upstream_refused')
    await until(() => results.length > 0)
    expect(results).toEqual(['released'])
  })

  it('a revocation that came between redemption and forwarding', async () => {
    const started = await gatewayTo(upstream.origin)
    const { admit } = started
    started.admit = async (presentation) => {
      const admitted = await admit(presentation)
      started.revoke(LEASE_SUBJECT)
      return admitted
    }
    expect(codeOf(await tell(started, { path: '/up/a' }))).toBe('revoked')
    await until(() => results.length > 0)
    expect(results).toEqual(['released'])
  })
})

describe('I11: an outcome nobody knows stays reserved', () => {
  it('the upstream takes the request and goes away', async () => {
    const silent = await rawUpstream((_write, end) => end())
    const started = await gatewayTo(silent.origin)
    expect(codeOf(await tell(started, { path: '/up/a' }))).toBe('upstream_unreachable')
    await until(() => results.length > 0)
    expect([settlements, results]).toEqual([[], ['unknown']])
    silent.close()
  })

  it('the agent goes away, or is cut, before the upstream has answered', async () => {
    let arrived: () => void = () => undefined
    const reached = () => new Promise<void>((resolve) => (arrived = resolve))
    handle = () => arrived()
    const started = await gatewayTo(upstream.origin)
    const first = reached()
    const left = open(started, { path: '/up/a' })
    left.end()
    await first
    left.destroy()
    await until(() => results.length > 0)
    const second = reached()
    const cut = open(started, { path: '/up/a' })
    cut.end()
    await second
    started.revoke(LEASE_SUBJECT)
    await readAll(await headOf(cut))
    await until(() => results.length > 1)
    expect([settlements, results]).toEqual([[], ['unknown', 'unknown']])
  })

  it('a settlement that fails is told in the log, and the call is none the worse', async () => {
    const started = await gatewayTo(upstream.origin)
    settleCall = async () => refuse('conflict')
    expect((await tell(started, { path: '/up/a' })).body.toString()).toBe('hello')
    settleCall = () => Promise.reject(new Error('the authority is away'))
    expect((await tell(started, { path: '/up/a' })).body.toString()).toBe('hello')
    await until(() => results.length > 1)
    expect(results).toEqual(['failed', 'failed'])
    const told = started.lines.filter(({ event }) => event === 'gateway.settlement')
    expect(told.map(({ facts }) => facts['refusal'])).toEqual(['conflict', undefined])
  })

  it('a gateway that closes waits for what it has begun to settle', async () => {
    const started = await gatewayTo(upstream.origin)
    let settle: () => void = () => undefined
    const waiting = new Promise<void>((resolve) => (settle = resolve))
    settleCall = async (call) => {
      await waiting
      return accept({ jti: call.jti, lease: ROOT, spent: [], again: false })
    }
    await tell(started, { path: '/up/a' })
    let closed = false
    const closing = started.gateway.close({ graceMs: 0 }).then(() => (closed = true))
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(closed).toBe(false)
    settle()
    await closing
    expect(results).toEqual(['committed'])
  })
})

function never(): never {
  throw new Error('a call was presented')
}
