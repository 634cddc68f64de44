import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { admissionFor } from '../../../src/compose/calls.ts'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { mutualTlsOptions } from '../../../src/pki/listener.ts'
import { peerIdentity } from '../../../src/pki/peer-identity.ts'
import { chooseCredential } from '../../../src/usecases/credentials/choose-credential.ts'
import { routeToml, startGateway, type TestGateway } from '../../support/gateway.ts'
import { codeOf, type Told, tell } from '../../support/gateway-client.ts'
import {
  type Asker,
  AUDIENCE,
  type Deployment,
  openDeployment,
  type Peer,
} from '../../support/http.ts'
import { startTlsUpstream, type TlsUpstream } from '../../support/injection.ts'
import { TRUST_DOMAIN } from '../../support/pki.ts'

const FIRST = 'sk_live_canary_first_0001'
const SECOND = 'sk_live_canary_second_0002'
const OWN = 'sk_live_canary_own_0003'
const FOREIGN = 'sk_live_canary_foreign_0004'
const CANARIES = [FIRST, SECOND, OWN, FOREIGN]
const TERMS = { categories: ['api_key'] }

let site: Deployment
let upstream: TlsUpstream
let gateway: TestGateway
let planner: Peer
let worker: Peer
let lease: string

/** Everything under the upstream; bodies without a field `admin`. */
function contractAt(origin: string): ScopeRequest {
  const { hostname, port } = new URL(origin)
  return {
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        hosts: [hostname],
        ports: [Number(port)],
        methods: ['GET', 'POST'],
        paths: ['/repos/**'],
        body: { max_bytes: 1_000, media_types: ['application/json'], forbidden_fields: ['admin'] },
        private_net: true,
      },
    ],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 4, max_children: 5 },
    delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
  }
}

async function done(seen: Promise<{ status: number; text: string; json: unknown }>) {
  const { status, text, json } = await seen
  if (status >= 300) throw new Error(text)
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  return json as any
}

const contractOf = (peer: Peer, terms: object) =>
  done(
    site.owner.ask('PUT', `/v1/agents/${peer.name}/contract`, {
      body: { contract: contractAt(upstream.origin), terms },
    }),
  )
const credential = (change: object, as: Asker = site.owner) =>
  done(
    as.ask('POST', '/v1/credentials', {
      body: {
        name: 'github',
        kind: 'bearer',
        category: 'api_key',
        origins: [upstream.origin],
        fields: { value: FIRST },
        ...change,
      },
    }),
  )
const tokenOf = async (holder: Peer, id: string): Promise<string> => {
  const body = { lease_id: id, audience: AUDIENCE }
  return (await done(holder.ask('POST', '/v1/tokens', { body }))).tokens[0].token
}
const call = (token: string, as: Peer = worker, ask: Partial<Parameters<typeof tell>[1]> = {}) =>
  tell(gateway, {
    path: '/up/repos/a',
    credential: as.credential,
    ...ask,
    headers: { authorization: `Bearer ${token}`, ...ask.headers },
  })
const sent = () => upstream.got.map(({ request }) => request.headers.authorization)
const outcomes = async (): Promise<readonly Record<string, unknown>[]> => {
  const { text } = await site.owner.ask('GET', '/v1/audit/export')
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return rows
    .flatMap((row) => (typeof row.body === 'string' ? [JSON.parse(row.body)] : []))
    .filter(({ event }) => event === 'token.redeemed')
}

beforeAll(async () => {
  site = await openDeployment()
  upstream = await startTlsUpstream()
  upstream.handle = ({ request, body }, response) => {
    const known = CANARIES.some((key) => request.headers.authorization === `Bearer ${key}`)
    response.statusCode = known ? 200 : 401
    response.setHeader('location', `https://other.test/?k=${request.headers.authorization}`)
    response.end(JSON.stringify({ told: request.rawHeaders, body }))
  }
  const { world } = site
  const server = await world.ca.issueServer({ names: ['localhost'], now: world.clock.now() })
  const started = await startGateway(upstream.origin, {
    routesToml: routeToml('up', upstream.origin, 'credential = "github"'),
    tls: mutualTlsOptions({ ...server, clientAuthorities: [site.rootPem] }),
    identify: (socket) =>
      peerIdentity(socket, { trustDomain: TRUST_DOMAIN, now: world.clock.now() }),
    clock: world.clock,
    ids: world.ids,
    admitFor: () => admissionFor(world, AUDIENCE),
    openCredential: (wanted, claims) => chooseCredential(world, DEFAULT_TENANT, { wanted, claims }),
    onRevocation: (listener) => world.store.onRevocation(listener),
    upstream: { resolve: async () => ['127.0.0.1'], authorities: [upstream.rootPem] },
  })
  gateway = { ...started, rootPem: site.rootPem }
  const contract = contractAt(upstream.origin)
  planner = await site.enroll('planner', { contract })
  worker = await site.enroll('worker', { contract })
  await contractOf(planner, TERMS)
  await contractOf(worker, TERMS)
  await credential({})
  const opened = await done(planner.ask('POST', '/v1/leases', { body: { scope: contract } }))
  const { type, grants } = contract
  const body = { lease_id: opened.id, delegate: worker.uri, scope: { type, grants } }
  const { token } = await done(planner.ask('POST', '/v1/delegations', { body }))
  lease = (await done(worker.ask('POST', '/v1/delegations/redeem', { body: { token } }))).id
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
  await site.close()
})
beforeEach(() => {
  upstream.got.length = 0
})

/** Refused with this code, its token unspent and the upstream unasked. */
async function refusedWith(code: string, token: string): Promise<void> {
  const before = upstream.got.length
  const told: Told = await call(token)
  const reached = upstream.got.length - before
  expect([codeOf(told), told.headers['writ-receipt'], reached]).toEqual([code, undefined, 0])
  expect((await outcomes()).at(-1)).toMatchObject({ outcome: code })
}

describe('CDP-11: a call under a lease carries a credential its agent never sees', () => {
  it('and an upstream that demands it answers', async () => {
    const told = await call(await tokenOf(worker, lease), worker, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'mine' },
      body: '{"a":1}',
    })
    expect([told.status, sent()]).toEqual([200, [`Bearer ${FIRST}`]])
    expect(told.headers['writ-receipt']).toBeDefined()
    expect(`${told.rawHeaders.join()}${told.body}`).not.toContain('canary')
    expect((await outcomes()).at(-1)).toMatchObject({
      outcome: 'allowed',
      facts: { credential: 'github', credential_version: 1, environment: 'production' },
    })
  })

  it('T-09: a body the scope forbids goes nowhere, with or without a credential', async () => {
    const headers = { 'content-type': 'application/json' }
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`
    for (const body of ['{"admin":true}', '{"a":{"admin":1}}', deep, `"${'x'.repeat(2_000)}"`]) {
      const token = await tokenOf(worker, lease)
      const told = await call(token, worker, { method: 'POST', headers, body })
      expect([told.status, told.headers['writ-receipt']], body.slice(0, 20)).toEqual([
        403,
        undefined,
      ])
    }
    const plain = { 'content-type': 'text/plain' }
    const token = await tokenOf(worker, lease)
    const told = await call(token, worker, { method: 'POST', headers: plain, body: '{"a":1}' })
    expect([codeOf(told), upstream.got.length]).toEqual(['scope_not_granted', 0])
  })

  it('KS-09: a rotation is used from the next call on, and nobody notices', async () => {
    const token = await tokenOf(worker, lease)
    const body = { fields: { value: SECOND } }
    await done(site.owner.ask('POST', '/v1/credentials/github/rotate', { body }))
    expect((await call(token)).status).toBe(200)
    expect(sent()).toEqual([`Bearer ${SECOND}`])
    expect((await outcomes()).at(-1)).toMatchObject({ facts: { credential_version: 2 } })
  })

  it('PROXY-43: the own credential of the subject goes before the shared one', async () => {
    const other = { name: 'other', role: 'owner' }
    const { token } = await done(site.owner.ask('POST', '/v1/operators', { body: other }))
    await credential({ owner: 'other', fields: { value: FOREIGN } }, site.bearer(token))
    await call(await tokenOf(worker, lease))
    const { subject } = await done(planner.ask('GET', `/v1/leases/${lease}`))
    await credential({ owner: subject, fields: { value: OWN } })
    await call(await tokenOf(worker, lease))
    expect(sent()).toEqual([`Bearer ${SECOND}`, `Bearer ${OWN}`])
  })
})

describe('PROXY-41: who may use it is asked with each call, and a no keeps the token', () => {
  it.each([
    ['no category', 'credential_not_permitted', { categories: [] }],
    ['another category', 'credential_not_permitted', { categories: ['payment'] }],
    ['other names', 'credential_not_permitted', { ...TERMS, credentials: ['github/**', 'gitlab'] }],
    ['another environment', 'credential_not_permitted', { ...TERMS, environments: ['staging'] }],
  ])('where the contract above allows %s', async (_what, code, terms) => {
    const token = await tokenOf(worker, lease)
    await contractOf(planner, terms)
    await refusedWith(code, token)
    await contractOf(planner, TERMS)
    expect((await call(token)).status).toBe(200)
  })

  it('where the contract of the holder itself allows none', async () => {
    const token = await tokenOf(worker, lease)
    await contractOf(worker, {})
    await refusedWith('credential_not_permitted', token)
    await contractOf(worker, TERMS)
  })

  it('where the credential is disabled, may not go there, asks, or is gone', async () => {
    const token = await tokenOf(worker, lease)
    const shared = '/v1/credentials/github'
    const { subject } = await done(planner.ask('GET', `/v1/leases/${lease}`))
    const own = `${shared}?owner=${subject}`
    const change = (body: object) => done(site.owner.ask('PATCH', own, { body }))
    await change({ state: 'disabled' })
    await refusedWith('credential_unavailable', token)
    await change({ state: 'active', origins: ['https://elsewhere.test'] })
    await refusedWith('credential_not_permitted', token)
    await change({ origins: [upstream.origin], requires_approval: true })
    await refusedWith('approval_required', token)
    await site.owner.ask('DELETE', own)
    expect((await call(token)).status).toBe(200)
    const last = await tokenOf(worker, lease)
    await site.owner.ask('DELETE', shared)
    await refusedWith('credential_unavailable', last)
    await credential({})
  })

  it('where a contract of the lineage has ended', async () => {
    const token = await tokenOf(worker, lease)
    const expires_at = new Date((site.world.clock.now() + 5) * 1_000).toISOString()
    await contractOf(planner, { ...TERMS, expires_at })
    site.advance(6)
    await refusedWith('contract_expired', token)
    await contractOf(planner, TERMS)
    expect((await call(token)).status).toBe(200)
  })

  it('where the lease is revoked: nothing is sent any more', async () => {
    const token = await tokenOf(worker, lease)
    await done(planner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'over' } }))
    await refusedWith('revoked', token)
  })
})

describe('I12: no secret is anywhere but at the upstream', () => {
  it('neither in the log of the gateway, nor in the records, nor in metrics', async () => {
    const { text } = await site.owner.ask('GET', '/v1/audit/export')
    const all = `${text}${JSON.stringify(gateway.lines)}${site.lines.join('')}`
    for (const secret of CANARIES) {
      expect(all).not.toContain(secret)
      expect(all).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4))
    }
  })
})
