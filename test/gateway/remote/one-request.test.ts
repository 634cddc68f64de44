import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mint, openLease } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import { openSite, type RemoteSite } from './site.ts'

const REQUEST = 'req_SAMEINEVERYHOPxxxxxxxA'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const SDK = pathToFileURL(
  fileURLToPath(new URL('../../../examples/observability/otel.mjs', import.meta.url)),
).href

interface SpanLine {
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly pid: number
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
}

let site: RemoteSite
let worker: Member
let token = ''
let answered: { readonly status: number; readonly id: unknown }
const folder = mkdtempSync(join(tmpdir(), 'writ-spans-'))
const spansFile = join(folder, 'spans.jsonl')

const linesOf = (text: string) =>
  text.split('\n').flatMap((line) => {
    return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []
  })
const logOf = (name: 'gateways' | 'authorities') => linesOf(site[name][0]?.log() ?? '')
const spans = () =>
  existsSync(spansFile)
    ? (linesOf(readFileSync(spansFile, 'utf8')) as unknown as readonly SpanLine[])
    : []

async function call(path: string, headers: Readonly<Record<string, string>>) {
  const answer = await request(`${site.urls[0]}/count${path}`, {
    dispatcher: worker.calls,
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  return { answer, text: await answer.body.text() }
}

beforeAll(async () => {
  const env = { NODE_OPTIONS: `--import ${SDK}`, OTEL_SPANS_FILE: spansFile }
  site = await openSite({ gateways: 1, logLevel: 'info', env })
  worker = await site.enroll('worker', 1)
  const lease = await openLease(worker, site.scope)
  token = (await mint(worker, lease, 1))[0] ?? ''
  const { answer } = await call('/hop', {
    'x-request-id': REQUEST,
    traceparent: `00-${TRACE}-${PARENT}-01`,
    tracestate: 'vendor=1',
  })
  answered = { status: answer.statusCode, id: answer.headers['x-request-id'] }
  const ended = () =>
    logOf('gateways').length > 0 && spans().some(({ name }) => name === 'GET gateway')
  for (const end = Date.now() + 5_000; !ended() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}, 90_000)
afterAll(async () => {
  await site.end()
  rmSync(folder, { recursive: true, force: true })
})

describe('one call: agent → gateway without a store → authority → upstream', () => {
  it('has one request id in the answer, at the upstream, in both logs and in the audit', async () => {
    expect(answered).toEqual({ status: 200, id: REQUEST })
    expect(site.headers.get('/hop')?.['x-request-id']).toBe(REQUEST)
    const [gateway] = logOf('gateways').filter(({ event }) => event === 'gateway.call')
    expect(gateway).toMatchObject({ request_id: REQUEST, trace_id: TRACE, result: 'answered' })
    const route = '/v1/redemptions'
    const [authority] = logOf('authorities').filter((line) => line['route'] === route)
    expect(authority).toMatchObject({ request_id: REQUEST, carries: REQUEST })
    const path = `/v1/audit/search?request=${REQUEST}`
    const seen = await site.owner.call<{ items: { body: string }[] }>({ method: 'GET', path })
    expect(JSON.stringify(seen)).toContain('token.redeemed')
    expect(JSON.stringify(seen)).toContain(REQUEST)
  })

  it('is told apart in a refusal by the same name', async () => {
    const { answer, text } = await call('/again', { 'x-request-id': REQUEST })
    expect(answer.headers['x-request-id']).toBe(REQUEST)
    expect(JSON.parse(text)).toMatchObject({
      code: 'token_used',
      request_id: REQUEST,
      instance: `urn:writ:request:${REQUEST}`,
    })
  })

  it('is one trace over all processes, by traceparent alone', () => {
    const own = spans().filter(({ traceId }) => traceId === TRACE)
    const named = (name: string) => own.find((span) => span.name === name)
    const [server, asked, redemption] = [
      'GET gateway',
      'writ.authority.redeem',
      'writ.redemption',
    ].map(named)
    expect(server?.parentId).toBe(PARENT)
    expect(asked?.parentId).toBe(server?.spanId)
    expect(redemption?.parentId).toBe(asked?.spanId)
    expect(redemption?.pid).not.toBe(server?.pid)
    const stages = own.filter(({ parentId }) => parentId === redemption?.spanId)
    expect(stages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['writ.verify', 'writ.confirm', 'writ.permit', 'writ.redeem']),
    )
    expect(named('writ.store.redeem')?.attributes).toEqual({ 'db.system.name': 'sqlite' })
    const upstream = own.find((span) => span.name === 'GET' && span.parentId === server?.spanId)
    const { traceparent, tracestate } = site.headers.get('/hop') ?? {}
    expect(traceparent).toBe(`00-${TRACE}-${upstream?.spanId}-01`)
    expect(tracestate).toBe('vendor=1')
    expect(upstream?.attributes).toMatchObject({ 'server.address': '127.0.0.1' })
  })

  it('I12: says in no span who called, by which token, or what for', () => {
    const text = JSON.stringify(spans())
    expect(text).toContain(REQUEST)
    for (const secret of [token, token.split('.')[1], worker.uri, 'worker', '/hop', 'lease_']) {
      expect(text).not.toContain(secret)
    }
  })
})
