import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { exchangeRaw, rawConnection } from '../support/gateway-client.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
const reached: string[] = []

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    reached.push(`${request.method} ${request.url}`)
    if (request.url === '/stream') response.write('first')
    else request.resume().on('end', () => response.end('hello'))
  })
  gateway = await startGateway(upstream.origin)
})
beforeEach(() => {
  reached.length = 0
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

const HEAD = 'Host: gateway.test\r\nAuthorization: Bearer token\r\n'
const SECOND = `GET /up/second HTTP/1.1\r\n${HEAD}\r\n`
const post = (headers: string, body: string) =>
  `POST /up/a HTTP/1.1\r\n${HEAD}${headers}\r\n\r\n${body}`

describe('one request to the parser is one request to admission and to the upstream', () => {
  it('takes a plain request, and two of them in a row', async () => {
    const told = await exchangeRaw(gateway, `GET /up/a HTTP/1.1\r\n${HEAD}\r\n${SECOND}`)
    expect(told.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(reached).toEqual(['GET /a', 'GET /second'])
  })

  const shapes: readonly (readonly [string, string])[] = [
    [
      'a length and chunks',
      post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SECOND}`),
    ],
    [
      'chunks and a length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${SECOND}`),
    ],
    ['two lengths', post('Content-Length: 1\r\nContent-Length: 2', `ab${SECOND}`)],
    ['the same length twice', post('Content-Length: 1\r\nContent-Length: 1', `a${SECOND}`)],
    ['a list of lengths', post('Content-Length: 1, 1', `a${SECOND}`)],
    ['a signed length', post('Content-Length: +1', `a${SECOND}`)],
    ['a negative length', post('Content-Length: -1', SECOND)],
    ['a hexadecimal length', post('Content-Length: 0x1', `a${SECOND}`)],
    ['an endless length', post(`Content-Length: ${'9'.repeat(30)}`, SECOND)],
    ['an unknown coding', post('Transfer-Encoding: xchunked', `0\r\n\r\n${SECOND}`)],
    [
      'chunks that are not last',
      post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${SECOND}`),
    ],
    ['chunks behind a coding', post('Transfer-Encoding: gzip, chunked', `0\r\n\r\n${SECOND}`)],
    [
      'chunks twice',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SECOND}`),
    ],
    [
      'a coding with a space before the colon',
      post('Transfer-Encoding : chunked', `0\r\n\r\n${SECOND}`),
    ],
    ['a coding behind a tab', post('Transfer-Encoding:\tchunked\r\n Content-Length: 1', SECOND)],
    ['a vertical tab in the coding', post('Transfer-Encoding: \x0bchunked', `0\r\n\r\n${SECOND}`)],
    ['a bare CR in a header', post('X: a\rTransfer-Encoding: chunked', SECOND)],
    ['a bare LF after a header', `GET /up/a HTTP/1.1\n${HEAD}\n${SECOND}`],
    ['a NUL in a header', post('X: a\x00b', SECOND)],
    ['a folded header', post('X: a\r\n b\r\nContent-Length: 0', SECOND)],
    [
      'a chunk size that overflows',
      post('Transfer-Encoding: chunked', `${'f'.repeat(17)}\r\n${SECOND}`),
    ],
    ['a signed chunk size', post('Transfer-Encoding: chunked', `+1\r\na\r\n0\r\n\r\n${SECOND}`)],
    ['no host', `GET /up/a HTTP/1.1\r\nAuthorization: Bearer token\r\n\r\n${SECOND}`],
    ['two hosts', `GET /up/a HTTP/1.1\r\n${HEAD}Host: gateway.test\r\n\r\n`],
    ['HTTP/1.0', `GET /up/a HTTP/1.0\r\n${HEAD}\r\n`],
    ['HTTP/2 prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['absolute form', `GET https://gateway.test/up/a HTTP/1.1\r\n${HEAD}\r\n`],
    ['absolute form of another host', `GET http://169.254.169.254/up/a HTTP/1.1\r\n${HEAD}\r\n`],
    ['asterisk form', `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`],
    ['authority form', `CONNECT gateway.test:443 HTTP/1.1\r\n${HEAD}\r\n`],
    ['a space in the target', `GET /up/a b HTTP/1.1\r\n${HEAD}\r\n`],
    ['a control byte in the target', `GET /up/a\x01b HTTP/1.1\r\n${HEAD}\r\n`],
    [
      'an upgrade to HTTP/2',
      `GET /up/a HTTP/1.1\r\n${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    ],
    ['too many header bytes', `GET /up/a HTTP/1.1\r\n${HEAD}X: ${'a'.repeat(40_000)}\r\n\r\n`],
    [
      'a second token behind 2,000 headers',
      `GET /up/a HTTP/1.1\r\n${HEAD}${'a:\r\n'.repeat(2500)}Authorization: Bearer other\r\n\r\n`,
    ],
  ]
  it.each(shapes)('refuses %s', async (_title, text) => {
    const told = await exchangeRaw(gateway, text)
    expect(told).toMatch(/^HTTP\/1\.1 4\d\d [^\r]*\r\n(?:.*\r\n)*?Writ-Refusal: \w+\r\n/)
    expect(reached).toEqual([])
  })

  it('does not write a refusal into an answer that is under way', async () => {
    const socket = await rawConnection(gateway)
    let told = ''
    socket.on('data', (chunk) => {
      if (told === '') socket.write('\0garbage')
      told += chunk.toString('latin1')
    })
    socket.write(`GET /up/stream HTTP/1.1\r\n${HEAD}\r\n`)
    await once(socket, 'close')
    expect(told).toMatch(/first/)
    expect(told).not.toMatch(/Writ-Refusal/)
  })

  it('never forwards trailers', async () => {
    const chunked = 'Transfer-Encoding: chunked\r\nTrailer: Authorization'
    const told = await exchangeRaw(
      gateway,
      post(chunked, '1\r\na\r\n0\r\nAuthorization: Bearer x\r\n\r\n'),
    )
    expect(told).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(reached).toEqual(['POST /a'])
  })
})
