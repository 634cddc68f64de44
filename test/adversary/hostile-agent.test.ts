import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/http/route-table.ts'
import { PLACEHOLDER } from '../support/leaks/canaries.ts'
import { asker, done, type Member } from '../support/leaks/deployment.ts'
import { tellAll, WAYS } from '../support/leaks/echoes.ts'
import { Hostile } from '../support/leaks/hostile.ts'
import { type Site, startSite } from '../support/leaks/site.ts'
import { leaksOf } from '../support/leaks/spellings.ts'
import { openLease } from '../support/leaks/stories/calls.ts'

const PLACED = ['bearer', 'api-key', 'header', 'basic', 'query', 'placeholder', 'oauth', 'kv']

/** What this client does not tell of answers: hints, trailers and reasons. */
const BARE = ['early-hints', 'trailers', 'reason']

let site: Site
let me: Member
let accomplice: Member
let lease: string
let mallory: Hostile

beforeAll(async () => {
  site = await startSite()
  me = await site.agent('mallory', { actions: true })
  accomplice = await site.agent('accomplice', { actions: true })
  lease = await openLease(site, me)
  site.around.answer(tellAll)
}, 60_000)
afterAll(() => site?.close())
beforeEach(() => {
  site.around.got.upstream.length = 0
  site.receiver.arrived.length = 0
  mallory = new Hostile(site, me, lease)
})

/** Whether the upstream got the secret of a route since the attempt began. */
function used(name: string): boolean {
  const secret = site.kinds.find((kind) => kind.name === name)?.secret ?? ''
  const bytes = Buffer.from(site.around.got.upstream.join('\n'))
  return leaksOf(secret, [{ name: 'upstream', bytes }]).length > 0
}

/** All ways to have a request echoed, over one route. */
async function everyEcho(as: Hostile, name: string, more: object = {}): Promise<void> {
  for (const way of WAYS) {
    const headers = { 'x-in': PLACEHOLDER, ...more }
    await as.call('POST', `/${name}/echo/${way}`, { headers, body: { in: PLACEHOLDER } })
  }
}

describe('CDP-05, CDP-01: an agent that does what it likes never has the key it uses', () => {
  it.each(PLACED)(
    'by echoes in every encoding, placed as %s',
    async (name) => {
      await everyEcho(mallory, name)
      expect([used(name), mallory.gained()]).toEqual([true, []])
    },
    30_000,
  )

  const HEADERS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a key of its own beside it', { 'x-api-key': 'mine', x_api_key: 'mine' }],
    ['a range', { range: 'bytes=0-80', 'if-range': '"x"' }],
    ['a compressed answer', { 'accept-encoding': 'gzip, br, deflate, zstd' }],
    ['trailers', { te: 'trailers, gzip' }],
    ['a proxy before it', { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test' }],
    ['another method', { 'x-http-method-override': 'TRACE', 'x-method-override': 'TRACE' }],
    ['another target', { 'x-original-url': '/echo/plain', 'x-rewrite-url': '/echo/plain' }],
    ['a cookie and a referer', { cookie: 'a=b', referer: 'https://evil.test/' }],
    ['a debug switch', { 'x-debug': '1', 'x-b3-flags': '1', prefer: 'return=representation' }],
  ]
  it.each(HEADERS)('by headers that ask for %s', async (_what, headers) => {
    for (const way of ['plain', 'headers', 'trailers', 'gzip', 'partial', 'base64']) {
      await mallory.call('GET', `/bearer/echo/${way}`, { headers })
      await mallory.call('GET', `/api-key/echo/${way}`, { headers })
    }
    expect([used('bearer'), mallory.gained()]).toEqual([true, []])
  })

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'by the method %s',
    async (method) => {
      for (const name of PLACED) await mallory.call(method, `/${name}/echo/plain`)
      expect(mallory.gained()).toEqual([])
    },
  )

  const TARGETS: readonly (readonly [string, string])[] = [
    ['the parameter of the credential, first', '/query/echo/plain?key=mine&KEY=mine'],
    ['the parameter as a list', '/query/echo/json?key[]=mine&key%5B0%5D=mine'],
    ['the parameter behind a semicolon', '/query/echo/plain?a=1;key=mine'],
    [
      'the placeholder in the query',
      `/placeholder/echo/plain?q=${encodeURIComponent(PLACEHOLDER)}`,
    ],
    ['the placeholder in the path', `/placeholder/echo/${encodeURIComponent(PLACEHOLDER)}`],
    ['the placeholder of another route', `/bearer/echo/plain?q=${encodeURIComponent(PLACEHOLDER)}`],
    ['a fragment', '/query/echo/plain?a=%23&b=%26key%3D'],
    ['dots', '/bearer/../bearer/echo/plain'],
    ['encoded dots', '/bearer/%2e%2e/query/echo/plain'],
    ['two slashes', '//bearer//echo/plain'],
    ['a whole URL', '/bearer/https://evil.test/echo/plain'],
    ['a route of nobody', '/idle/echo/plain'],
  ]
  it.each(TARGETS)('by the target: %s', async (_what, path) => {
    await mallory.call('GET', path, { headers: { 'x-in': PLACEHOLDER } })
    await mallory.call('POST', path, { body: { in: PLACEHOLDER } })
    expect(mallory.gained()).toEqual([])
  })

  it('by a redirect to a server of its own, which is handed back bare and not followed', async () => {
    for (const name of PLACED) {
      const to = encodeURIComponent(site.receiver.url)
      const told = await mallory.call('GET', `/${name}/away?to=${to}`)
      if (name === 'bearer')
        expect([told?.status, told?.headers['location']]).toEqual([307, undefined])
    }
    expect([used('bearer'), mallory.gained(), site.receiver.arrived]).toEqual([true, [], []])
  })

  it('by guesses, letter for letter: each comes back as it was sent, but the whole', async () => {
    const secret = site.kinds.find(({ name }) => name === 'bearer')?.secret ?? ''
    const guess = (text: string) =>
      mallory.call('GET', '/bearer/guess', { headers: { 'x-guess': text } })
    for (const length of [1, 2, 8, 20, secret.length - 1]) {
      const right = secret.slice(0, length)
      const wrong = `${right.slice(0, -1)}~`
      const told = [(await guess(right))?.text, (await guess(wrong))?.text]
      expect(told).toEqual([`[${right}]`, `[${wrong}]`])
    }
    expect((await guess(secret))?.text).toBe(`[${'*'.repeat(secret.length)}]`)
    expect(used('bearer')).toBe(true)
  })

  it('by two requests in one, so that the second is taken for a body', async () => {
    const head = async () => `Host: localhost\r\nAuthorization: Bearer ${await mallory.token()}\r\n`
    const next = `GET /bearer/echo/plain HTTP/1.1\r\n${await head()}\r\n`
    const shapes = [
      'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'Content-Length: 500\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n1f4\r\n',
      'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      'Content-Length: 0\r\nContent-Length: 500\r\n\r\n',
      'Content-Length: 0\r\nExpect: 100-continue\r\n\r\n',
      'Connection: authorization, x-api-key\r\n\r\n',
      'Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n',
      'X: y\r\n\tAuthorization: Bearer other\r\n\r\n',
    ]
    for (const shape of shapes) {
      const first = `POST /bearer/echo/plain HTTP/1.1\r\n${await head()}${shape}`
      await mallory.raw(first, next)
    }
    expect([used('bearer'), mallory.gained()]).toEqual([true, []])
    expect(mallory.witness.places()[0]?.bytes.length).toBeGreaterThan(500)
  }, 30_000)

  it('by every address of the API, with every method, as itself', async () => {
    const paths = [...new Set(ROUTES.map(({ path }) => path))].filter((p) => !/feed|stream/.test(p))
    for (const path of paths) {
      for (const filled of ['bearer', me.uri, lease]) {
        const at = path.replaceAll(/\{[a-z]+\}/g, encodeURIComponent(filled))
        if (at === `/v1/leases/${lease}/revoke` || at === `/v1/leases/${lease}/release`) continue
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          await mallory.api(method, at, method === 'GET' ? {} : { body: {} })
        }
      }
    }
    expect(mallory.gained()).toEqual([])
  }, 60_000)

  it('by the credentials themselves: to read, re-place, rotate, send elsewhere', async () => {
    const at = '/v1/credentials/bearer'
    const origins = [site.receiver.url.replace('/writ', '')]
    const seen = [
      await mallory.api('GET', '/v1/credentials'),
      await mallory.api('GET', at),
      await mallory.api('PATCH', at, { body: { origins } }),
      await mallory.api('POST', `${at}/rollback`, { body: { version: 1 } }),
      await mallory.api('POST', `${at}/rotate`, { body: { fields: { value: 'known-to-me' } } }),
      await mallory.api('POST', '/v1/webhooks', { body: { url: site.receiver.url } }),
      await mallory.api('GET', '/v1/policies'),
      await mallory.api('GET', '/v1/audit/export'),
    ]
    expect([seen.map(({ status }) => status), mallory.gained()]).toEqual([seen.map(() => 403), []])
  })

  it('by actions, which answer with what the upstream said', async () => {
    const statuses = new Map<string, number>()
    for (const way of WAYS) {
      const body = { lease_id: lease, route: 'bearer', method: 'GET', path: `/echo/${way}` }
      statuses.set(way, (await mallory.api('POST', '/v1/actions', { body })).status)
    }
    expect([statuses.get('plain'), statuses.get('gzip'), statuses.get('cut-off')]).toEqual([
      200, 502, 502,
    ])
    expect([used('bearer'), mallory.gained()]).toEqual([true, []])
  }, 30_000)

  it('by a handle, also one bound to another address', async () => {
    const make = async (more: object) => {
      const body = { lease_id: lease, label: 'mine', ...more }
      return (await done(me.ask('POST', '/v1/handles', { body }))).handle
    }
    const call = async (handle: string, way: string) => {
      const headers = { authorization: `Bearer ${handle}` }
      const holder = asker(mallory.witness, 'holder', site.deployment.at.handles, { headers })
      return holder('GET', `/proxy/bearer/echo/${way}`).catch(() => undefined)
    }
    expect((await call(await make({ addresses: ['10.9.0.0/16'] }), 'plain'))?.status).toBe(401)
    expect(used('bearer')).toBe(false)
    const free = await make({})
    for (const way of WAYS) await call(free, way)
    expect([used('bearer'), mallory.gained()]).toEqual([true, []])
  }, 30_000)

  it('by an accomplice that it delegates to', async () => {
    const { type, grants } = site.contract
    const order = { lease_id: lease, delegate: accomplice.uri, scope: { type, grants } }
    const { token } = await done(me.ask('POST', '/v1/delegations', { body: order }))
    const child = await done(accomplice.ask('POST', '/v1/delegations/redeem', { body: { token } }))
    const other = new Hostile(site, accomplice, child.id)
    await everyEcho(other, 'basic')
    expect([used('basic'), other.gained()]).toEqual([true, []])
  }, 30_000)

  it.each(WAYS.filter((way) => !BARE.includes(way)))(
    'while the echo %s, asked without the gateway, tells it',
    async (way) => {
      const secret = site.kinds.find(({ name }) => name === 'bearer')?.secret ?? ''
      const direct = asker(mallory.witness, 'itself', site.around.upstream.url, {
        headers: { authorization: `Bearer ${secret}` },
        connections: site.around.trusting,
      })
      await direct('GET', `/echo/${way}`)
      expect(mallory.gained()).not.toEqual([])
    },
  )
})
