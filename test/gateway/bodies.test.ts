import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusing, startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
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

describe('bodies are streamed, and judged only when a rule asks', () => {
  it('streams a body up before it is whole', async () => {
    const first = new Promise<string>((resolve) => {
      handle = (request, response) => {
        request.once('data', (chunk) => resolve(chunk.toString()))
        request.on('end', () => response.end('done'))
      }
    })
    const request = open(gateway, { path: '/up/a', method: 'POST' })
    request.write('one')
    expect(await first).toBe('one')
    request.end('two')
    const response = await headOf(request)
    expect((await readAll(response)).body.toString()).toBe('done')
  })

  it('streams a body down before it is whole', async () => {
    let finish = () => {}
    handle = (_request, response) => {
      response.write('one')
      finish = () => response.end('two')
    }
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    const [chunk] = await once(response, 'data')
    expect(chunk.toString()).toBe('one')
    finish()
    expect((await readAll(response)).body.toString()).toBe('two')
  })

  it('sends the head of a stream that has nothing to say yet', async () => {
    handle = (_request, response) => response.writeHead(200).flushHeaders()
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    expect(response.headers['writ-receipt']).toBe('receipt-1')
    request.destroy()
  })

  it('carries 5 MB both ways unchanged, however it is framed', async () => {
    handle = (request, response) => request.pipe(response)
    const body = Buffer.alloc(5 * 1024 * 1024, 'abcdefg')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    const length = { 'content-length': String(body.length) }
    const counted = await tell(gateway, { path: '/up/a', method: 'POST', body, headers: length })
    const chunked = { 'transfer-encoding': 'chunked' }
    const framed = await tell(gateway, { path: '/up/a', method: 'PUT', body, headers: chunked })
    expect([digest(counted.body), digest(framed.body)]).toEqual([digest(body), digest(body)])
  })

  it('does not read faster from the upstream than the agent takes', async () => {
    let sent = 0
    handle = (_request, response) => {
      const write = () => {
        while (sent < 200 * 1024 * 1024) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536))) return response.once('drain', write)
        }
        return response.end()
      }
      write()
    }
    const request = open(gateway, { path: '/up/a' })
    request.end()
    const response = await headOf(request)
    response.pause()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(60 * 1024 * 1024)
    request.destroy()
  })

  const judging = (presentationBody: (body: unknown) => void) => {
    const { admit } = gateway
    gateway.admit = async (presentation) => {
      const body = await presentation.readBody?.()
      if (body === undefined || !body.ok) {
        return body ?? { ok: false, refusal: { code: 'fault', facts: {}, reasons: [] } }
      }
      presentationBody(body.value)
      return admit(presentation)
    }
  }

  it('hands a judged body to admission and forwards exactly its bytes', async () => {
    let judged: unknown
    judging((body) => {
      judged = body
    })
    const got = seen()
    const body = '{"a": "ä"}'
    await tell(gateway, {
      path: '/up/a',
      method: 'POST',
      body,
      headers: { 'content-type': 'Application/JSON; charset=UTF-8' },
    })
    expect(judged).toEqual({
      media_type: 'application/json',
      bytes: 11,
      text: body,
      digest: createHash('sha256').update(body).digest('base64url'),
    })
    const { request, body: received } = await got
    expect(received.toString()).toBe(body)
    expect(request.headers['content-length']).toBe('11')
  })

  it('judges the absence of a body', async () => {
    let judged: unknown
    judging((body) => {
      judged = body
    })
    expect((await tell(gateway, { path: '/up/a' })).status).toBe(200)
    expect(judged).toMatchObject({ media_type: '', bytes: 0, text: '' })
  })

  const MB = 1024 * 1024
  it.each([
    ['a coding', { 'content-encoding': 'gzip' }, 'x', 'malformed'],
    ['another charset', { 'content-type': 'text/plain; charset=utf-7' }, 'x', 'malformed'],
    [
      'a second charset',
      { 'content-type': 't/p; charset=utf-8; charset="utf-16"' },
      'x',
      'malformed',
    ],
    ['bytes that are no UTF-8', {}, Buffer.from([0xff, 0xfe]), 'malformed'],
    ['too many bytes', {}, Buffer.alloc(MB + 1, 'a'), 'too_large'],
    [
      'too many chunked bytes',
      { 'transfer-encoding': 'chunked' },
      Buffer.alloc(MB + 1),
      'too_large',
    ],
  ])('does not judge a body with %s', async (_title, headers, body, code) => {
    judging(() => undefined)
    const told = await tell(gateway, { path: '/up/a', method: 'POST', body, headers })
    expect(codeOf(told)).toBe(code)
  })

  it('forwards the bytes of such a body unread when no rule asks', async () => {
    const got = seen()
    const body = Buffer.from([0xff, 0, 0xfe])
    const headers = { 'content-encoding': 'gzip' }
    await tell(gateway, { path: '/up/a', method: 'POST', body, headers })
    const received = await got
    expect(received.body).toEqual(body)
    expect(received.request.headers['content-encoding']).toBe('gzip')
  })

  it('asks for an awaited body only once the call is admitted', async () => {
    const expecting = { expect: '100-continue', 'content-length': '3' }
    gateway.admit = refusing('token_used')
    const refused = open(gateway, { path: '/up/a', method: 'POST', headers: expecting })
    let continued = false
    refused.on('continue', () => {
      continued = true
    })
    refused.flushHeaders()
    const response = await headOf(refused)
    expect([response.statusCode, continued]).toEqual([401, false])
    refused.destroy()
  })

  it('lets an awaited body come when it is', async () => {
    const got = seen()
    const expecting = { expect: '100-continue', 'content-length': '3' }
    const request = open(gateway, { path: '/up/a', method: 'POST', headers: expecting })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('abc')
    const received = await got
    expect(received.body.toString()).toBe('abc')
    expect(received.request.headers.expect).toBeUndefined()
  })
})
