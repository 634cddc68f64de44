import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWrit as expressWrit, writOf } from '../../src/middleware/express.ts'
import { createWrit as fetchWrit } from '../../src/middleware/fetch.ts'
import type { Decision } from '../../src/middleware/guard.ts'
import { CONTRACT } from '../support/http.ts'
import { call, fetchAs, listenTls, ORIGIN, openStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

describe('a service that could guard nothing does not start', () => {
  it.each([
    ['an authority over plain HTTP', { authority: 'http://writ.example' }, /authority/],
    ['an authority with a path', { authority: 'https://writ.example/x' }, /authority/],
    ['no authority', { authority: [] }, /authority/],
    ['no audience', { audience: '' }, /audience/],
    ['an origin with a slash', { origin: `${ORIGIN}/` }, /origin/],
  ])('%s', (_what, changed, sentence) => {
    expect(() => expressWrit({ ...stage.settings, ...changed })).toThrow(sentence)
  })

  it('with the certificate of an agent, or none', () => {
    const identity = { ...stage.worker.credential, ca: stage.identity.ca }
    expect(() => expressWrit({ ...stage.settings, identity })).toThrow(/no enforcement point/)
    const file = { ...stage.identity, cert: '/etc/writ/agent.crt' }
    expect(() => expressWrit({ ...stage.settings, identity: file })).toThrow(/PEM/)
    const root = { ...stage.identity, cert: stage.identity.ca }
    expect(() => expressWrit({ ...stage.settings, identity: root })).toThrow(/one service/)
  })

  it('I8: a runtime that can not tell who the peer is, or show who we are', () => {
    const { identity: _, ...settings } = stage.settings
    const fetch = async () => new Response()
    const peer = () => undefined
    expect(() => fetchWrit({ ...settings, fetch } as never)).toThrow(/peer: .*gateway in front/)
    expect(() => fetchWrit({ ...settings, peer } as never)).toThrow(/fetch: .*certificate/)
    expect(() => fetchWrit({ ...settings, fetch, peer })).not.toThrow()
  })
})

describe('what stands in the wrong place is noticed', () => {
  it('T-09: a body that a parser has read before can not be judged, so: no', async () => {
    const decisions: Decision[] = []
    const writ = expressWrit({ ...stage.settings, told: (decision) => decisions.push(decision) })
    const app = express()
    app.use(express.json(), writ.protect())
    let handled = 0
    app.use((request, response) => {
      handled += 1
      response.json(writOf(request).claims.agent)
    })
    const service = await listenTls(stage, writ.tls, app)
    const [grant] = CONTRACT.grants
    const rules = { forbidden_fields: ['admin'] }
    const lease = await stage.open({ ...CONTRACT, grants: [{ ...grant, body: rules }] })
    const token = await stage.mint(lease)
    const refused = await call(stage, stage.worker, service.port, '/repos/acme/x', {
      token,
      body: '{"admin":1}',
    })
    expect(refused).toMatchObject({ status: 503, refusal: 'status_unknown' })
    expect(decisions.at(-1)?.facts).toEqual({ body: 'read before it was judged' })
    expect(handled).toBe(0)
    await service.close()
    writ.close()
  })

  it('an Express that takes different paths for one is told of, once', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const writ = expressWrit(stage.settings)
    const app = express().use(writ.protect())
    const service = await listenTls(stage, writ.tls, app)
    await call(stage, stage.worker, service.port, '/repos/acme/x')
    await call(stage, stage.worker, service.port, '/repos/acme/x')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', note)
    const ours = warnings.filter(
      (warning) => 'code' in warning && warning.code === 'WRIT_LENIENT_ROUTING',
    )
    expect(ours.map(({ message }) => message)).toEqual([
      expect.stringContaining("app.enable('case sensitive routing'), app.enable('strict routing')"),
    ])
    await service.close()
    writ.close()
  })

  it('a route that nothing guards has nothing that was admitted', () => {
    expect(() => writOf({})).toThrow(/is its route protected/)
  })
})

describe('what can not be known is no', () => {
  it('while the authority is away, and while it answers something else', async () => {
    const { identity, ...settings } = stage.settings
    const token = await stage.mint(await stage.open())
    const request = () =>
      new Request('https://x.example/repos/acme/x', {
        headers: { authorization: `Bearer ${token}` },
      })
    const peer = () => ({ certificate: stage.worker.thumbprint })
    const told: Decision[] = []
    const own = fetchAs(identity)
    for (const fetch of [
      () => Promise.reject(new Error('away')),
      async () => new Response('<html>', { status: 200 }),
      async () =>
        new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      async (url: string, init: object) =>
        url.endsWith('jwks.json') ? own.fetch(url, init) : new Response('{}', { status: 200 }),
    ]) {
      const writ = fetchWrit({ ...settings, fetch, peer, told: (one) => told.push(one) })
      const answer = await writ.protect(() => new Response('handled'))(request())
      expect(answer.status).toBe(503)
    }
    expect(told.map(({ outcome }) => outcome)).toEqual(Array(4).fill('status_unknown'))
    expect(JSON.stringify(told)).not.toContain(token)
    const broken = fetchWrit({
      ...settings,
      fetch: own.fetch,
      peer: () => {
        throw new Error('no socket')
      },
    })
    expect((await broken.protect(() => new Response())(request())).status).toBe(503)
    await own.close()
  })
})
