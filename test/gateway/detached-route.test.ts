import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  DETACHED_STALE_SECONDS_DEFAULT,
  DETACHED_STALE_SECONDS_MAX,
} from '../../src/domain/limits.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import {
  refusing,
  routeToml,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { codeOf, headOf, open, readAll, tell } from '../support/gateway-client.ts'

const DETACHED = 'mode = "detached"'

const read = (text: string) => readRouteTable({ name: 'routes.toml', text })
const modeOf = (more: string) => {
  const table = read(routeToml('a', 'https://a.test', more))
  return table.ok ? table.routes.get('a')?.mode : table.problem
}

describe('the mode of a route', () => {
  it('is the authority unless it says otherwise', () => {
    expect(modeOf('')).toEqual({ kind: 'authority' })
    expect(modeOf('mode = "authority"')).toEqual({ kind: 'authority' })
  })

  it.each([
    ['', DETACHED_STALE_SECONDS_DEFAULT],
    ['max_stale_seconds = 1', 1],
    [`max_stale_seconds = ${DETACHED_STALE_SECONDS_MAX}`, DETACHED_STALE_SECONDS_MAX],
  ])('detached %s', (more, maxStaleSeconds) => {
    expect(modeOf(`${DETACHED}\n${more}`)).toEqual({ kind: 'detached', maxStaleSeconds })
  })

  it.each(['0', '-1', '61', '1.5', '"5"', 'true', 'inf', 'nan'])(
    'is refused with max_stale_seconds = %s',
    (value) => {
      expect(modeOf(`${DETACHED}\nmax_stale_seconds = ${value}`)).toBe(
        'routes.toml: route 1: max_stale_seconds has to be a whole number from 1 to 60.',
      )
    },
  )

  it('has one of two names, and says when a setting is without meaning', () => {
    expect(modeOf('mode = "offline"')).toContain('mode has to be "authority" or "detached".')
    expect(modeOf('mode = 1')).toContain('mode has to be "authority" or "detached".')
    expect(modeOf('max_stale_seconds = 5')).toContain('goes with mode = "detached"')
  })

  it('I7: one resource is spent in one memory', () => {
    const same = (name: string, more: string) =>
      routeToml(name, 'https://a.test', more).replace(`urn:test:${name}`, 'urn:test:one')
    const two = read(same('a', DETACHED) + same('b', ''))
    expect(two).toEqual({
      ok: false,
      problem: 'routes.toml: route 2: resource is that of route a, so mode has to be the same.',
    })
    expect(read(same('a', DETACHED) + same('b', DETACHED)).ok).toBe(true)
  })
})

describe('Writ-Staleness', () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  let gateway: TestGateway
  let handle: RequestListener

  beforeEach(async () => {
    handle = (_request, response) => response.writeHead(200, { 'Writ-Staleness': '0' }).end('ok')
    upstream = await startUpstream((request, response) => handle(request, response))
    const routesToml =
      routeToml('up', upstream.origin, `${DETACHED}\nmax_stale_seconds = 2`) +
      routeToml('asks', upstream.origin)
    gateway = await startGateway(upstream.origin, { routesToml, receiptOf: async () => undefined })
  })
  afterEach(async () => {
    await gateway.gateway.close({ graceMs: 0 })
    upstream.close()
  })

  it.each([
    [0, '0'],
    [0.01, '1'],
    [1, '1'],
    [1.2, '2'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])(
    'of %d s is told as %s, whatever the upstream says, and there is no receipt',
    async (stale, told) => {
      gateway.stale = stale
      const { headers } = await tell(gateway, { path: '/up/a' })
      expect(headers['writ-staleness']).toBe(told)
      expect(headers['writ-receipt']).toBeUndefined()
    },
  )

  it('is told with refusals, also with those before a token is read', async () => {
    gateway.stale = 1.5
    gateway.admit = refusing('status_unknown')
    const refused = await tell(gateway, { path: '/up/a' })
    expect([codeOf(refused), refused.headers['writ-staleness']]).toEqual(['status_unknown', '2'])
    const bare = await tell(gateway, { path: '/up/a', headers: { authorization: [] } })
    expect([codeOf(bare), bare.headers['writ-staleness']]).toEqual(['unauthenticated', '2'])
  })

  it('is that of the end of admission, not of its beginning', async () => {
    gateway.stale = 0.5
    gateway.admit = async () => {
      gateway.stale = 1.5
      return refusing('revoked')()
    }
    expect((await tell(gateway, { path: '/up/a' })).headers['writ-staleness']).toBe('2')
  })

  it('is not told of routes that the authority decides', async () => {
    gateway.stale = 1.5
    expect((await tell(gateway, { path: '/asks/a' })).headers['writ-staleness']).toBeUndefined()
  })

  it('is that of the decision, not of the answer', async () => {
    handle = (_request, response) => {
      gateway.stale = 1.9
      response.end('late')
    }
    gateway.stale = 0.3
    expect((await tell(gateway, { path: '/up/a' })).headers['writ-staleness']).toBe('1')
  })

  it('I9: a stream ends when what is known of revocations is older than the route allows', async () => {
    handle = (_request, response) => void response.write('first')
    const streams = await Promise.all(
      ['/up/a', '/asks/a'].map(async (path) => {
        const request = open(gateway, { path })
        request.end()
        const response = await headOf(request)
        await once(response, 'data')
        return response
      }),
    )
    const [detached] = streams
    if (detached === undefined) throw new Error('two streams')
    gateway.stale = 1.9
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(gateway.gateway.inFlight).toBe(2)
    gateway.stale = 2.1
    expect((await readAll(detached)).whole).toBe(false)
    expect(gateway.gateway.inFlight).toBe(1)
  })
})
