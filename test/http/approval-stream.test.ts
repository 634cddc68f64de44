import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { EVENT_STREAMS_PER_CALLER_MAX } from '../../src/domain/limits.ts'
import { createHealth } from '../../src/listener/health.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { approve, askForLease } from '../support/approvals.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

let site: Deployment
let careful: Peer
let api: ReturnType<typeof createApiApp>

beforeAll(async () => {
  site = await openDeployment()
  careful = await site.enroll('careful', { terms: { approval_mode: 'per_request' } })
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  const health = createHealth({ store: async () => ({ ok: true, detail: 'up' }) })
  const { world } = site
  api = createApiApp({ world, log, metrics: createMetrics(), health, hosts: ['writ.example'] })
})
afterAll(() => site.close())

interface Told {
  readonly id: string
  readonly approval: { readonly id: string; readonly state: string }
}

/** Follows as the owner; `next` waits for the next event about an approval. */
async function follow(after?: string) {
  const headers = { authorization: `Bearer ${site.ownerToken}`, host: 'writ.example' }
  const more = after === undefined ? {} : { 'last-event-id': after }
  const answer = await api.request('/v1/approvals/stream', { headers: { ...headers, ...more } })
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  const next = async (): Promise<Told> => {
    for (;;) {
      const [event, ...others] = rest.split('\n\n')
      if (event !== undefined && others.length > 0) {
        rest = others.join('\n\n')
        const [, id = '', data = ''] = /^id: (\d+)\nevent: approval\ndata: (.*)$/.exec(event) ?? []
        if (data !== '') return { id, approval: JSON.parse(data) }
        continue
      }
      const chunk = await reader?.read()
      if (chunk?.done !== false) throw new Error('the stream has ended')
      rest += decoder.decode(chunk.value, { stream: true })
    }
  }
  return { status: answer.status, next, end: () => reader?.cancel() }
}

describe('a stream of approvals', () => {
  it('tells of what is asked, approved, used and void as it happens, and goes on after a break', async () => {
    const stream = await follow()
    const { id, body } = await askForLease(careful)
    const asked = await stream.next()
    expect(asked.approval).toMatchObject({ id, state: 'pending' })
    const seen = (await site.owner.ask('GET', `/v1/approvals/${id}`)).json
    await approve(site.owner, seen)
    expect((await stream.next()).approval).toMatchObject({ id, state: 'approved' })
    await stream.end()
    await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    const again = await follow(asked.id)
    expect((await again.next()).approval).toMatchObject({ id, state: 'used' })
    const other = await askForLease(careful)
    expect((await again.next()).approval).toMatchObject({ id: other.id, state: 'pending' })
    const stop = { subject: `agent:${careful.uri}`, effect: 'suspended', reason: 'a test' }
    await site.owner.ask('POST', '/v1/revocations', { body: stop })
    expect((await again.next()).approval).toMatchObject({ id: other.id, state: 'void' })
    await again.end()
    const subject = encodeURIComponent(stop.subject)
    await site.owner.ask('DELETE', `/v1/revocations/${subject}`)
  })

  it('is there for the agent that waits, with its own alone', async () => {
    const path = '/v1/approvals/stream?follow=false'
    const seen = await careful.ask('GET', path)
    expect(seen.headers['content-type']).toBe('text/event-stream')
    expect(seen.text).toContain('event: approval')
    expect(seen.text).toMatch(/^retry: 1000\n\n/)
    const other = await site.enroll('other')
    expect((await other.ask('GET', path)).text).toBe('retry: 1000\n\n')
  })

  it('is refused where there are too many of one caller, and a number that is none', async () => {
    const streams = []
    for (let at = 0; at < EVENT_STREAMS_PER_CALLER_MAX; at += 1) streams.push(await follow())
    expect((await follow()).status).toBe(503)
    for (const stream of streams) await stream.end()
    const back = await follow()
    expect(back.status).toBe(200)
    await back.end()
    expect((await follow('-1')).status).toBe(400)
  })
})
