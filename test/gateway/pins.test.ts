import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LeaseId } from '../../src/domain/ids.ts'
import { DNS_PIN_ADDRESSES_MAX, DNS_TIMEOUT_MS } from '../../src/domain/limits.ts'
import { createPins, type PinKeeper } from '../../src/gateway/pins.ts'
import { createUpstreams } from '../../src/gateway/upstream.ts'
import {
  admittedAs,
  grantFor,
  routeToml,
  scopeOf,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { codeOf, tell } from '../support/gateway-client.ts'

const ROOT = 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId
const OTHER = 'lease_BBBBBBBBBBBBBBBBBBBBBA' as LeaseId

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
let origin: string
let answers: readonly string[]
let asked: number
let moved: string[]
let root: LeaseId

/** A store in memory. */
function keeperIn(pins: Map<string, readonly string[]>): PinKeeper {
  return {
    read: async (name) => pins.get(`${name.root} ${name.host}`),
    async pin(name, addresses) {
      const key = `${name.root} ${name.host}`
      if (!pins.has(key)) pins.set(key, addresses)
      return pins.get(key) ?? []
    },
    moved: async (name) => {
      moved.push(`${name.root} ${name.host}`)
    },
  }
}

const resolve = async () => {
  asked += 1
  return answers
}
const start = async (more = '', pinKeeper?: PinKeeper) => {
  gateway = await startGateway(origin, {
    routesToml: routeToml('up', origin, more),
    upstream: { resolve, connectTimeoutMs: 500 },
    ...(pinKeeper === undefined ? {} : { pinKeeper }),
  })
  gateway.scope = scopeOf(grantFor(origin))
  gateway.admit = async (presentation) => {
    const { claims, ...rest } = admittedAs(presentation, gateway.scope, gateway.leaseEndsAt)
    const lease = { id: root, lineage: [root] }
    return { ok: true, value: { ...rest, claims: { ...claims, lease } } }
  }
}
const call = async () => {
  const told = await tell(gateway, { path: '/up/a' })
  return told.status === 200 ? 200 : codeOf(told)
}

beforeEach(async () => {
  upstream = await startUpstream((_request, response) => {
    response.setHeader('connection', 'close').end('hello')
  })
  origin = upstream.origin.replace('127.0.0.1', 'upstream.test')
  answers = ['127.0.0.1']
  asked = 0
  moved = []
  root = ROOT
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

describe('CDP-18: a tree keeps the addresses it first had', () => {
  it.each([
    ['to a private address', ['10.0.0.1']],
    ['to another public one', ['93.184.216.34']],
    ['to nothing', []],
  ])('does not follow a name that is bound anew %s', async (_to, next) => {
    await start()
    expect(await call()).toBe(200)
    answers = next
    expect(await call()).toBe(200)
    expect(await call()).toBe(200)
    expect(asked).toBe(1)
  })

  it('takes what stands in the store, whatever the name says now', async () => {
    answers = ['93.184.216.34']
    await start('', keeperIn(new Map([[`${ROOT} upstream.test`, ['127.0.0.1']]])))
    expect(await call()).toBe(200)
    expect(asked).toBe(0)
  })

  it('pins another tree by itself: the first who calls wins for all gateways', async () => {
    const pins = new Map<string, readonly string[]>()
    await start('', keeperIn(pins))
    await call()
    answers = ['93.184.216.34']
    root = OTHER
    expect(await call()).not.toBe(200)
    expect([...pins.values()]).toEqual([['127.0.0.1'], ['93.184.216.34']])
  })

  it('a pinned private address stays refused without private_net', async () => {
    await start()
    gateway.scope = scopeOf(grantFor(origin, { private_net: false }))
    expect(await call()).toBe('upstream_refused')
    answers = ['93.184.216.34']
    expect(await call()).toBe('upstream_refused')
  })

  it('refuses when the pinned address is silent, and tells once that the name has moved', async () => {
    await start('', keeperIn(new Map()))
    expect(await call()).toBe(200)
    upstream.server.close()
    upstream.server.closeAllConnections()
    await once(upstream.server, 'close')
    expect(await call()).toBe('upstream_unreachable')
    expect(moved).toEqual([])
    const elsewhere = createServer((_request, response) => response.end('other'))
    elsewhere.listen(Number(new URL(upstream.origin).port), '127.0.0.2')
    await once(elsewhere, 'listening')
    answers = ['127.0.0.2']
    expect(await call()).toBe('upstream_unreachable')
    expect(await call()).toBe('upstream_unreachable')
    expect(moved).toEqual([`${ROOT} upstream.test`])
    elsewhere.close()
  })

  it('follows the name where the route says dns = "dynamic"', async () => {
    await start('dns = "dynamic"')
    expect(await call()).toBe(200)
    answers = []
    expect(await call()).toBe('upstream_unreachable')
  })

  it('a name without an address, and a keeper that can not know, refuse the call', async () => {
    answers = []
    await start()
    expect(await call()).toBe('upstream_unreachable')
    await gateway.gateway.close({ graceMs: 0 })
    await start('', { ...keeperIn(new Map()), read: () => Promise.reject(new Error('away')) })
    expect(await call()).toBe('status_unknown')
  })
})

describe('the pins of one gateway', () => {
  const log = { debug() {}, info() {}, warn() {}, fault() {} }
  const name = { root: ROOT, host: 'upstream.test' }

  it('reads a pin once for all who ask at once, and not again', async () => {
    await start()
    let reads = 0
    const read = async () => {
      reads += 1
      return ['192.0.2.1']
    }
    const keeper = { ...keeperIn(new Map()), read }
    const pins = createPins({ resolve, keeper, log })
    expect(pins.known(name)).toBeUndefined()
    await Promise.all([pins.ask(name), pins.ask(name)])
    expect([reads, pins.known(name)]).toEqual([1, ['192.0.2.1']])
  })

  it('gives up a name that is not resolved within DNS_TIMEOUT_MS, and asks again later', async () => {
    await start()
    const never = new Promise<readonly string[]>(() => undefined)
    const resolves = [never, Promise.resolve(Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`))]
    const pins = createPins({
      resolve: () => resolves.shift() ?? never,
      keeper: undefined,
      log,
    })
    const began = performance.now()
    await expect(pins.ask(name)).rejects.toMatchObject({ code: 'WRIT_UNRESOLVED_NAME' })
    expect(performance.now() - began).toBeGreaterThan(DNS_TIMEOUT_MS * 0.9)
    expect(await pins.ask(name)).toHaveLength(DNS_PIN_ADDRESSES_MAX)
  })

  it('connections of trees with different pins are kept apart, of equal ones shared', async () => {
    await start()
    const upstreams = createUpstreams({ resolve })
    const pool = (pinned: readonly string[] | undefined, privateNet = false) =>
      upstreams.pool('https://upstream.test', { pinned, privateNet })
    const one = pool(['192.0.2.1', '192.0.2.2'])
    expect(pool(['192.0.2.2', '192.0.2.1'])).toBe(one)
    const others = [pool(['192.0.2.1']), pool(undefined), pool(['192.0.2.1', '192.0.2.2'], true)]
    expect(new Set([one, ...others]).size).toBe(4)
    await upstreams.close()
  })
})
