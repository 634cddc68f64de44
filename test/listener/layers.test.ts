import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../src/domain/ids.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import type { HttpEnv } from '../../src/listener/context.ts'
import { withDeadline } from '../../src/listener/deadline.ts'
import { catchFaults } from '../../src/listener/faults.ts'
import { requireHost } from '../../src/listener/host.ts'
import { nameRequest } from '../../src/listener/request-id.ts'
import { secureAnswers } from '../../src/listener/security-headers.ts'
import { createLog } from '../../src/log.ts'
import { StoreFault } from '../../src/store/fault.ts'

const OURS = 'req_AAAAAAAAAAAAAAAAAAAAAA' as RequestId
const THEIRS = 'req_BBBBBBBBBBBBBBBBBBBBBA'
const SECRET = `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.${'A'.repeat(86)}`

function appWith(lines: string[] = []) {
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } })
  const app = new Hono<HttpEnv>()
  app.onError(catchFaults(log))
  app.use(nameRequest({ request: () => OURS }), secureAnswers, requireHost(['writ.example']))
  app.get('/', (c) => c.json({ trace: c.get('traceId') ?? null }))
  app.get('/kept', (c) => c.json({}, 200, { 'Cache-Control': 'max-age=60' }))
  app.get('/fault', () => {
    throw new Error(`no such table near ${SECRET}`)
  })
  app.get('/away', () => {
    throw new StoreFault('status_unknown', 'The store did not answer.')
  })
  app.get('/busy', () => {
    throw new StoreFault('overloaded', 'Too many wait.')
  })
  app.get('/broken', () => {
    throw new StoreFault('rolled_back', 'The store is older than the last checkpoint.')
  })
  return app
}

describe('every answer', () => {
  const named: readonly [string, string][] = [
    [THEIRS, THEIRS],
    ['req_short', OURS],
    ['mine', OURS],
    [`${THEIRS}, ${OURS}`, OURS],
    [SECRET, OURS],
  ]
  for (const [id, told] of named) {
    const kept = told === id ? 'keeps' : 'replaces'
    it(`${kept} the request id ${id.slice(0, 30)}: only what is in our grammar`, async () => {
      const answer = await appWith().request('/', { headers: { 'x-request-id': id } })
      expect(answer.headers.get('x-request-id')).toBe(told)
    })
  }

  const traces: readonly [string, string | null][] = [
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '0af7651916cd43dd8448eb211c80319c'],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', null],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', null],
    ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', null],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', null],
    [SECRET, null],
  ]
  for (const [traceparent, trace] of traces) {
    it(`${trace === null ? 'ignores' : 'follows'} traceparent ${traceparent.slice(0, 20)}`, async () => {
      const answer = await appWith().request('/', { headers: { traceparent } })
      expect(await answer.json()).toMatchObject({ trace })
    })
  }

  it('is not cached, framed, sniffed or shared, unless it says that it may be kept', async () => {
    const { headers } = await appWith().request('/')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const kept = await appWith().request('/kept')
    expect(kept.headers.get('cache-control')).toBe('max-age=60')
  })
})

describe('the host of the plain listener', () => {
  const hosts: readonly [string, number][] = [
    ['localhost:9441', 200],
    ['127.0.0.1:9441', 200],
    ['[::1]:9441', 200],
    ['WRIT.example', 200],
    ['rebound.example', 421],
    ['localhost.rebound.example', 421],
    ['127.0.0.1.nip.example:9441', 421],
    ['writ.example:9441:1', 421],
  ]
  for (const [host, status] of hosts) {
    it(`answers ${status} to Host: ${host}`, async () => {
      const answer = await appWith().request('/', { headers: { host } })
      expect(answer.status).toBe(status)
    })
  }
})

describe('faults', () => {
  it('I12: tell the caller the request id and nothing else, and the log no secret', async () => {
    const lines: string[] = []
    const answer = await appWith(lines).request('/fault')
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ code: 'fault', request_id: OURS, reasons: [] })
    expect(lines.join('')).toContain('no such table near [removed]')
    expect(lines.join('')).not.toContain('eyJ')
  })

  it('are 503 while the state is unknown: never allow', async () => {
    for (const [path, code] of [
      ['/away', 'status_unknown'],
      ['/broken', 'status_unknown'],
      ['/busy', 'overloaded'],
    ] as const) {
      const answer = await appWith().request(path)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ code, retry_after_seconds: 1 })
    }
  })
})

describe('the deadline of a decision', () => {
  it('passes on what comes in time, refusals too', async () => {
    const ignore = () => undefined
    expect(await withDeadline(50, async () => accept(7), ignore)).toEqual(accept(7))
    const no = refuse('forbidden')
    expect(await withDeadline(50, async () => no, ignore)).toBe(no)
  })

  it('refuses status_unknown when nothing came, and tells the log of a fault that came later', async () => {
    const late: unknown[] = []
    const work = () =>
      new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('late')), 30)
      })
    const result = await withDeadline(5, work, (error) => late.push(error))
    expect(result).toMatchObject({ ok: false, refusal: { code: 'status_unknown' } })
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    expect(late).toHaveLength(1)
  })

  it('throws a fault that came in time', async () => {
    const ignore = () => undefined
    const work = () => Promise.reject(new Error('now'))
    await expect(withDeadline(50, work, ignore)).rejects.toThrow('now')
  })
})
