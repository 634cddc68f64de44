import type { IncomingMessage, RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routeToml, startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { tell } from '../support/gateway-client.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
let handle: RequestListener

beforeAll(async () => {
  upstream = await startUpstream((request, response) => handle(request, response))
  gateway = await startGateway(upstream.origin, {
    routesToml: routeToml('up', upstream.origin, 'headers = ["x-*"]'),
  })
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

/** The headers that reached the upstream. */
const reached = async (headers: Record<string, string | string[]>) => {
  let got: IncomingMessage['headers'] = {}
  handle = (request, response) => {
    got = request.headers
    response.end()
  }
  await tell(gateway, { path: '/up/a', headers })
  return got
}
/** The headers that came back. */
const cameBack = async (headers: Record<string, string | string[]>, status = 200) => {
  handle = (_request, response) => response.writeHead(status, headers).end()
  return tell(gateway, { path: '/up/a' })
}

describe('headers pass by allow-lists, both ways', () => {
  it('sends on what is allowed, and names itself and the request', async () => {
    const got = await reached({
      accept: 'text/html',
      'content-type': 'text/plain',
      'if-none-match': '"a"',
      'x-custom': 'ä',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-request-id': 'mine',
    })
    expect(got).toEqual({
      host: upstream.origin.slice('http://'.length),
      connection: 'keep-alive',
      accept: 'text/html',
      'content-type': 'text/plain',
      'if-none-match': '"a"',
      'x-custom': 'ä',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-request-id': 'req_AAAAAAAAAAAAAAAAAAAAAA',
      via: '1.1 writ',
    })
  })

  it.each([
    'Authorization',
    'Cookie',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Client-Cert',
    'Client-Cert',
    'Client-Cert-Chain',
    'X-Client-Cert',
    'X-SSL-Client-Verify',
    'Txn-Token',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Real-IP',
    'Keep-Alive',
    'TE',
    'HTTP2-Settings',
    'Writ-Receipt',
    'DPoP',
    'Unknown-Header',
  ])('never sends on %s', async (name) => {
    const headers = name === 'Authorization' ? {} : { [name]: 'value' }
    expect(await reached(headers)).not.toHaveProperty(name.toLowerCase())
  })

  it('never sends on what Connection names', async () => {
    const connection = 'close, X-Hop, x-other'
    const got = await reached({ connection, 'x-hop': '1', 'x-other': '2', 'x-end': '3' })
    expect([got['x-hop'], got['x-other'], got['x-end']]).toEqual([undefined, undefined, '3'])
  })

  it.each([
    'Set-Cookie',
    'WWW-Authenticate',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'Authorization',
    'Keep-Alive',
    'Trailer',
    'Upgrade',
    'Writ-Refusal',
    'X-Forwarded-Host',
    'Alt-Svc',
    'Clear-Site-Data',
  ])('never hands back %s', async (name) => {
    const told = await cameBack({ [name]: 'value' })
    if (name === 'Keep-Alive') expect(told.headers['keep-alive']).not.toBe('value')
    else expect(told.headers).not.toHaveProperty(name.toLowerCase())
  })

  it('never hands back what Connection names, nor a receipt or request id of the upstream', async () => {
    const told = await cameBack({
      connection: 'close, x-hop',
      'x-hop': '1',
      'writ-receipt': 'forged',
      'x-request-id': 'forged',
    })
    expect(told.headers['x-hop']).toBeUndefined()
    expect(told.headers['writ-receipt']).toBe('receipt-1')
    expect(told.headers['x-request-id']).toBe('req_AAAAAAAAAAAAAAAAAAAAAA')
  })

  it('hands back what is allowed, repeated headers and all', async () => {
    const told = await cameBack({ etag: '"a"', link: ['<a>', '<b>'], 'x-rate': '5' }, 404)
    expect(told.status).toBe(404)
    expect(told.headers).toMatchObject({ etag: '"a"', link: '<a>, <b>', 'x-rate': '5' })
    expect(told.headers['writ-refusal']).toBeUndefined()
  })

  it('hands back a redirect without following it', async () => {
    const told = await cameBack({ location: 'https://elsewhere.test/x?y=1' }, 302)
    expect([told.status, told.headers.location]).toEqual([302, 'https://elsewhere.test/x?y=1'])
  })

  it.each([
    'https://user:secret@elsewhere.test/',
    '//user@elsewhere.test/',
    'https:\\\\user@elsewhere.test/',
    'https://%75ser@elsewhere.test/',
    'https://[broken',
  ])('leaves out the Location %s', async (location) => {
    const told = await cameBack({ location }, 307)
    expect([told.status, told.headers.location]).toEqual([307, undefined])
  })

  it.each([204, 304])('hands back a %d without a body', async (status) => {
    const told = await cameBack({}, status)
    expect([told.status, told.body.length, told.whole]).toEqual([status, 0, true])
  })

  it('hands back the length that HEAD asks for', async () => {
    handle = (_request, response) => response.writeHead(200, { 'content-length': '99' }).end()
    const told = await tell(gateway, { path: '/up/a', method: 'HEAD' })
    expect([told.headers['content-length'], told.body.length]).toEqual(['99', 0])
  })

  it('passes over early hints', async () => {
    handle = (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.end('x')
    }
    const told = await tell(gateway, { path: '/up/a' })
    expect([told.status, told.body.toString()]).toEqual([200, 'x'])
  })
})
