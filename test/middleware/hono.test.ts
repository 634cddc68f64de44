import { Hono } from 'hono'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Admit } from '../../src/admission/ports.ts'
import { createRemoteAdmission } from '../../src/admission/remote.ts'
import { admissionFor } from '../../src/compose/calls.ts'
import { type ProtectedEnv, peerOfConnection, protect } from '../../src/middleware/index.ts'
import { systemIds } from '../../src/system.ts'
import { AUDIENCE, CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { TRUST_DOMAIN } from '../support/pki.ts'
import { startTlsService, type TlsService } from '../support/tls-listener.ts'

const ORIGIN = 'https://api.github.com'

describe.each(['in process', 'remote'])('a protected Hono route, %s', (kind) => {
  let deployment: Deployment
  let service: TlsService
  let worker: Peer
  let thief: Peer
  let lease: string
  let handled = 0

  beforeAll(async () => {
    deployment = await openDeployment()
    worker = await deployment.enroll('worker')
    thief = await deployment.enroll('thief')
    const point = await deployment.enroll('reports', { role: 'enforcement', contract: CONTRACT })
    const app = new Hono<ProtectedEnv>()
    app.use(
      '/repos/*',
      protect({
        admit:
          kind === 'remote' ? remoteAdmission(point) : admissionFor(deployment.world, AUDIENCE),
        origin: ORIGIN,
        peer: peerOfConnection(TRUST_DOMAIN),
        requestId: () => systemIds.request(),
      }),
    )
    app.all('/repos/*', async (c) => {
      handled += 1
      const { claims } = c.get('writ')
      return c.json({ agent: claims.agent, body: await c.req.text() })
    })
    service = await startTlsService(app, deployment.world.ca, deployment.world.clock.now())
    const opened = await worker.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    lease = opened.json.id
  })
  afterAll(async () => {
    service.close()
    await deployment.close()
  })

  function remoteAdmission(point: Peer): Admit {
    return createRemoteAdmission({
      audience: AUDIENCE,
      post: async (path, body, requestId) => {
        const seen = await point.ask('POST', path, { body, headers: { 'x-request-id': requestId } })
        return { status: seen.status, json: seen.json }
      },
    })
  }

  async function mint(more: object = {}): Promise<string> {
    const body = { lease_id: lease, audience: AUDIENCE, ...more }
    const minted = await worker.ask('POST', '/v1/tokens', { body })
    return minted.json.tokens[0].token
  }

  async function call(
    as: Peer,
    token: string | undefined,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const dispatcher = new Agent({ connect: { ca: deployment.rootPem, ...as.credential } })
    const answer = await request(`https://127.0.0.1:${service.port}${path}`, {
      dispatcher,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
        ...headers,
      },
      body: body ?? null,
    })
    const json = (await answer.body.json()) as Record<string, unknown>
    await dispatcher.close()
    const { statusCode: status, headers: seen } = answer
    return { status, refusal: seen['writ-refusal'], headers: seen, json }
  }

  it('lets an admitted call through, with its body, once (I7)', async () => {
    const token = await mint()
    const first = await call(worker, token, '/repos/acme/x', '{"n":1}')
    expect(first.json).toEqual({ agent: worker.uri, body: '{"n":1}' })
    const before = handled
    expect(await call(worker, token, '/repos/acme/x')).toMatchObject({
      status: 401,
      refusal: 'token_used',
      json: { code: 'token_used', type: 'urn:writ:refusal:token_used' },
    })
    expect(handled).toBe(before)
  })

  it('refuses a token over another certificate (I8), and the token is not spent by it', async () => {
    const token = await mint()
    expect((await call(thief, token, '/repos/acme/x')).refusal).toBe('holder_binding_failed')
    expect((await call(worker, token, '/repos/acme/x')).status).toBe(200)
  })

  it.each([
    ['no token', undefined, '/repos/acme/x', 'unauthenticated'],
    ['what is no token', 'nonsense', '/repos/acme/x', 'malformed'],
    ['a path outside the scope', 'fresh', '/repos/other/x', 'scope_not_granted'],
    ['another spelling of a path inside', 'fresh', '/repos/acme//x', 'malformed'],
  ])('refuses %s', async (_what, given, path, code) => {
    const token = given === 'fresh' ? await mint() : given
    const before = handled
    expect((await call(worker, token, path)).refusal).toBe(code)
    expect(handled).toBe(before)
  })

  it('holds a pinned body against its digest', async () => {
    const digest = 'eji_gfOD9pQzrW6QDTsz4jhVk_dqe8q7BEg2MGLFIuM'
    const pin = { method: 'POST', target: `${ORIGIN}/repos/acme/x`, body_digest: digest }
    const refused = await call(worker, await mint({ pin }), '/repos/acme/x', '{"n":2}')
    expect(refused.refusal).toBe('request_mismatch')
  })

  it.each([
    ['another charset', { 'content-type': 'application/json; charset=utf-7' }],
    ['a coding', { 'content-encoding': 'br' }],
  ])('T-09: judges no body that a handler could read otherwise: %s', async (_what, headers) => {
    const body = { forbidden_fields: ['admin'], media_types: ['application/json'] }
    const { type, ...rest } = CONTRACT.grants[0] ?? { type: 'http' as const }
    const scope = { ...CONTRACT, grants: [{ type, ...rest, body }] }
    const opened = await worker.ask('POST', '/v1/leases', { body: { scope } })
    const token = await mint({ lease_id: opened.json.id })
    const before = handled
    const refused = await call(worker, token, '/repos/acme/x', '{"+AGE-dmin":2}', headers)
    expect(refused.refusal).toBe('malformed')
    expect(handled).toBe(before)
    const plain = await call(worker, token, '/repos/acme/x', '{"other":2}')
    expect(plain.status).toBe(200)
  })

  it('tells of the rate it is under, and when to come again', async () => {
    const limits = { ...CONTRACT.limits, rate: { requests: 1, per_seconds: 600 } }
    const body = { scope: { ...CONTRACT, limits } }
    const opened = await worker.ask('POST', '/v1/leases', { body })
    const [first, second] = [
      await mint({ lease_id: opened.json.id }),
      await mint({ lease_id: opened.json.id }),
    ]
    const passed = await call(worker, first, '/repos/acme/x')
    expect(passed).toMatchObject({ status: 200, headers: { 'x-ratelimit-remaining': '0' } })
    const limited = await call(worker, second, '/repos/acme/x')
    expect(limited).toMatchObject({ status: 429, refusal: 'rate_limited' })
    expect(limited.headers).toMatchObject({
      'x-ratelimit-limit': '1',
      'ratelimit-policy': '"writ";q=1;w=600',
    })
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(590)
  })

  it('refuses when the lease is revoked (I9)', async () => {
    const opened = await worker.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    const token = await mint({ lease_id: opened.json.id })
    const path = `/v1/leases/${opened.json.id}/revoke`
    await deployment.owner.ask('POST', path, { body: { reason: 'test' } })
    expect((await call(worker, token, '/repos/acme/x')).refusal).toBe('revoked')
  })
})
