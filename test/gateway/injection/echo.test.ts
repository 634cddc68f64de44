import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, headOf, open, readAll, tell } from '../../support/gateway-client.ts'
import {
  type Got,
  type InjectingGateway,
  KEY,
  startInjecting,
  startTlsUpstream,
  type TlsUpstream,
} from '../../support/injection.ts'

let upstream: TlsUpstream
let gateway: InjectingGateway
const quiet: TlsUpstream['handle'] = (_got, response) => response.end('hello')

beforeAll(async () => {
  upstream = await startTlsUpstream()
  gateway = await startInjecting(upstream, {
    more: 'headers = ["x-*"]\nresponse = ["no-store", "no-model"]',
  })
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})
afterEach(() => {
  Object.assign(gateway, { placement: { in: 'bearer' }, secret: KEY })
  upstream.handle = quiet
  upstream.got.length = 0
})

/** All that a request said, in every encoding an echo may use. */
const echoOf = ({ request, body }: Got): string => {
  const plain = `${request.url}\n${request.rawHeaders.join('\n')}\n${body}`
  const bytes = Buffer.from(plain)
  return [
    plain,
    JSON.stringify({ plain }),
    JSON.stringify(JSON.stringify(request.headers)),
    encodeURIComponent(plain),
    new URLSearchParams({ plain }).toString(),
    ...[0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')),
    ...[0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64url')),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    plain.replaceAll('&', '&amp;').replaceAll('"', '&#34;'),
  ].join('\n')
}
/** Whatever of an answer an agent could make the secret of. */
const everythingIn = (text: string): string => {
  const words = text.split(/[^A-Za-z0-9+/_=-]+/)
  const decoded = words.flatMap((word) => [
    Buffer.from(word, 'base64').toString('latin1'),
    Buffer.from(word.slice(1), 'base64').toString('latin1'),
    Buffer.from(word.slice(2), 'base64').toString('latin1'),
    Buffer.from(word, 'hex').toString('latin1'),
  ])
  const unescaped = text
    .replaceAll(/\\u00(..)/g, (_all, hex: string) => String.fromCharCode(Number(`0x${hex}`)))
    .replaceAll(/%(..)/g, (_all, hex: string) => String.fromCharCode(Number(`0x${hex}`)))
    .replaceAll('&amp;', '&')
    .replaceAll('&#34;', '"')
    .replaceAll('\\', '')
  return [text, unescaped, ...decoded].join('\n')
}

describe('PROXY-40: an upstream that tells everything back tells the agent no secret', () => {
  const placements = [
    { in: 'bearer' },
    { in: 'basic', username: 'app' },
    { in: 'header', name: 'x-api-key', prefix: '' },
    { in: 'query', name: 'key' },
    { in: 'placeholder', text: '{{github}}' },
  ] as const

  it.each(placements)('placed as $in', async (placement) => {
    gateway.placement = placement
    upstream.handle = (got, response) => {
      if (!echoOf(got).includes('4eC39HqLyjWD') && placement.in !== 'basic')
        response.statusCode = 401
      response.setHeader('x-echo', JSON.stringify(got.request.headers))
      response.setHeader('x-key', KEY)
      response.setHeader('location', `https://other.test${got.request.url}`)
      response.setHeader('x-authorization', got.request.headers.authorization ?? 'none')
      response.setHeader('set-cookie', `key=${KEY}`)
      response.setHeader('www-authenticate', `Bearer realm="${KEY}"`)
      response.end(echoOf(got))
    }
    const told = await tell(gateway, {
      method: 'POST',
      path: '/up/a?b=1',
      headers: { 'content-type': 'application/json', 'x-sent': '{{github}}' },
      body: '{"k":"{{github}}"}',
    })
    expect(told.status).toBe(200)
    const seen = everythingIn(`${told.rawHeaders.join('\n')}\n${told.body.toString('latin1')}`)
    for (const part of ['sk_live_4e', '4eC39HqLyjWD', 'zdp7 dc'].map((text) => text.slice(1, -1))) {
      expect(seen).not.toContain(part)
    }
    expect(told.headers['set-cookie'] ?? told.headers['www-authenticate']).toBeUndefined()
    expect(told.headers['x-key']).toBeUndefined()
    expect(told.body.length).toBe(Number(told.headers['content-length'] ?? told.body.length))
  })

  it('nor when it comes in pieces of one byte', async () => {
    upstream.handle = async (got, response) => {
      for (const byte of Buffer.from(`<${got.request.headers.authorization}>`)) {
        response.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
      response.end()
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect(told.body.toString()).toBe(`<Bearer ${'*'.repeat(KEY.length)}>`)
  })

  it('nor in a redirect, which is not followed', async () => {
    gateway.placement = { in: 'query', name: 'key' }
    upstream.handle = (got, response) => {
      response.writeHead(302, { location: `https://upstream.test/b${got.request.url}` }).end()
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, told.headers.location, upstream.got.length]).toEqual([302, undefined, 1])
  })

  it('and a redirect without it is told', async () => {
    upstream.handle = (_got, response) => response.writeHead(301, { location: '/b' }).end()
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, told.headers.location, upstream.got.length]).toEqual([301, '/b', 1])
  })

  it('nor in trailers', async () => {
    upstream.handle = (_got, response) => {
      response.writeHead(200, { trailer: 'x-key', 'transfer-encoding': 'chunked' })
      response.write('a')
      response.addTrailers({ 'x-key': KEY })
      response.end()
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.body.toString(), told.headers['trailer']]).toEqual(['a', undefined])
  })
})

describe('an answer that could not be read is not told', () => {
  it('the upstream is asked for one it can read, and whole', async () => {
    const headers = {
      ...{ 'accept-encoding': 'gzip, br', 'accept-charset': 'utf-7, ibm037' },
      ...{ range: 'bytes=0-9', 'if-range': '"a"' },
    }
    await tell(gateway, { path: '/up/a', headers })
    const { headers: got } = upstream.got[0]?.request ?? {}
    expect(got?.['accept-encoding']).toBe('identity')
    for (const name of ['accept-charset', 'range', 'if-range']) expect(got).not.toHaveProperty(name)
  })

  it.each([
    ['in a coding nobody asked for', 200, { 'content-encoding': 'gzip' }],
    ['in two codings', 200, { 'content-encoding': 'identity, gzip' }],
    ['compressed on its way', 200, { 'transfer-encoding': 'gzip, chunked' }],
    ['as a part', 206, { 'content-range': 'bytes 0-9/20' }],
    ['as parts', 200, { 'content-type': 'multipart/byteranges; boundary=a' }],
    ['in UTF-7', 200, { 'content-type': 'text/html; charset="UTF-7"' }],
    ['in EBCDIC', 200, { 'content-type': 'text/plain;charset=IBM037' }],
  ])(
    'when it comes %s: its token is spent, and the receipt says so',
    async (_how, status, head) => {
      upstream.handle = (_got, response) => response.writeHead(status, head).end(gzipSync(KEY))
      const told = await tell(gateway, { path: '/up/a' })
      expect([told.status, codeOf(told)]).toEqual([502, 'response_withheld'])
      expect(told.headers['writ-receipt']).toBe('receipt-1')
    },
  )

  it('digests of what it was before are left out, its validator stays', async () => {
    upstream.handle = (_got, response) => {
      const head = { 'content-digest': 'sha-256=:AA==:', etag: '"a"', 'accept-ranges': 'bytes' }
      response.writeHead(200, head).end('x')
    }
    const { headers } = await tell(gateway, { path: '/up/a' })
    expect([headers['content-digest'], headers['accept-ranges'], headers.etag]).toEqual([
      undefined,
      undefined,
      '"a"',
    ])
  })
})

describe('PROXY-37: what may be done with an answer is told', () => {
  it('in a header of ours, which the upstream can not send', async () => {
    upstream.handle = (_got, response) => {
      response.writeHead(200, { 'writ-response-handling': 'do-as-you-like' }).end()
    }
    const { headers } = await tell(gateway, { path: '/up/a' })
    expect(headers['writ-response-handling']).toBe('no-store, no-model')
  })
})

describe('CDP-03: a stream of events flows, without the secret', () => {
  it('each line when it is whole', async () => {
    let more: (line: string) => void = () => undefined
    upstream.handle = (got, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${got.request.headers.authorization}\n\n`)
      more = (line) => response.end(line)
    }
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    const [first] = (await once(response, 'data')) as [Buffer]
    expect(first.toString()).toBe(`data: Bearer ${'*'.repeat(KEY.length)}\n\n`)
    more('data: 2\n\n')
    expect((await readAll(response)).body.toString()).toBe('data: 2\n\n')
  })
})

describe('KS-09: a new version is used from the next call on', () => {
  it('and neither version is told', async () => {
    upstream.handle = (got, response) => response.end(String(got.request.headers.authorization))
    const first = await tell(gateway, { path: '/up/a' })
    Object.assign(gateway, { secret: 'another-secret-entirely', version: 2 })
    const second = await tell(gateway, { path: '/up/a' })
    expect(upstream.got.map(({ request }) => request.headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      'Bearer another-secret-entirely',
    ])
    expect(first.body.toString()).toMatch(/^Bearer \*+$/)
    expect(second.body.toString()).toMatch(/^Bearer \*+$/)
    expect(gateway.chosen.slice(-2).map((facts) => facts['credential_version'])).toEqual([1, 2])
  })
})

describe('what is sent is sent once', () => {
  it.each(['GET', 'PUT', 'POST'])(
    'a %s whose connection is reset is not sent again',
    async (method) => {
      await tell(gateway, { path: '/up/warm' })
      upstream.got.length = 0
      upstream.handle = (_got, response) => response.destroy()
      const told = await tell(gateway, {
        path: '/up/a',
        method,
        ...(method === 'GET' ? {} : { body: 'x' }),
      })
      expect(codeOf(told)).toBe('upstream_unreachable')
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(upstream.got).toHaveLength(1)
    },
  )
})

describe('I12: nothing of it in the log', () => {
  it('whatever the calls before came to', () => {
    const lines = JSON.stringify(gateway.lines)
    expect(lines).not.toContain('sk_live')
    expect(lines).toContain('gateway.call')
  })
})
