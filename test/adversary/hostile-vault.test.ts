import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VAULT_TIMEOUT_MS } from '../../src/domain/limits.ts'
import { Hostile } from '../support/leaks/hostile.ts'
import { type Site, startSite } from '../support/leaks/site.ts'
import { openLease } from '../support/leaks/stories/calls.ts'

let site: Site
let agent: Hostile

beforeAll(async () => {
  site = await startSite()
  const me = await site.agent('caller')
  agent = new Hostile(site, me, await openLease(site, me))
}, 60_000)
afterAll(() => site?.close())

const found = (value: unknown) => JSON.stringify({ data: { data: { value }, metadata: {} } })
const bytes =
  (text: string): RequestListener =>
  (request) =>
    void request.socket.write(text)
const ANSWERS: readonly (readonly [string, RequestListener])[] = [
  ['says nothing', () => undefined],
  ['says it is about to, for ever', bytes('HTTP/1.1 100 Continue\r\n\r\n'.repeat(50))],
  [
    'changes to another protocol',
    bytes('HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
  ],
  ['breaks off', (request) => void request.socket.destroy()],
  ['never ends', (_request, response) => pour(() => response.write(' '.repeat(65_536)), response)],
  ['drips', (_request, response) => pour(() => response.write(' '), response)],
  [
    'has a head without end',
    bytes(`HTTP/1.1 200 OK\r\n${`X-A: ${'a'.repeat(8_000)}\r\n`.repeat(40)}`),
  ],
  ['nests without end', (_request, response) => response.end('['.repeat(400_000))],
  ['sends elsewhere', (_request, response) => response.writeHead(307, { location: '/x' }).end()],
  ['gives a line end', (_request, response) => response.end(found('sk_0123456789\r\nX-Evil: 1'))],
  ['gives next to nothing', (_request, response) => response.end(found('abc'))],
  ['gives too much', (_request, response) => response.end(found('x'.repeat(60_000)))],
  ['gives no text', (_request, response) => response.end(found({ a: 1 }))],
]

/** Writes as fast as it is read, until nobody reads any more. */
function pour(write: () => boolean, response: { readonly destroyed: boolean }): void {
  const timer = setInterval(() => {
    if (response.destroyed) clearInterval(timer)
    else write()
  }, 20)
}

describe('PROXY-18: a vault that does what it likes stops its own credential and nothing else', () => {
  it.each(ANSWERS)('%s', async (_how, answer) => {
    site.around.kv.answer(answer)
    site.around.got.upstream.length = 0
    const token = await agent.token()
    const headers = { authorization: `Bearer ${token}` }
    const began = performance.now()
    const [refused, other] = await Promise.all([
      agent.call('GET', '/kv/x', { headers }),
      agent.call('GET', '/bearer/x'),
    ])
    expect([refused?.status, refused?.json.code]).toEqual([503, 'credential_unavailable'])
    expect(performance.now() - began).toBeLessThan(VAULT_TIMEOUT_MS + 5_000)
    expect([other?.status, site.around.got.upstream.length]).toEqual([200, 1])
    const again = await agent.call('GET', '/bearer/x', { headers })
    expect(again?.status, 'the token was kept').toBe(200)
  })
})
