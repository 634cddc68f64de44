import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type LeaseId } from '../../../src/domain/ids.ts'
import type { Exposure } from '../../../src/domain/implementation-tier.ts'
import { REFUSALS, refuse } from '../../../src/domain/refusal.ts'
import { crpCapability } from '../../../src/rpc/crp/capability.ts'
import { CRP_ERRORS, crpError } from '../../../src/rpc/crp/errors.ts'
import { negotiate } from '../../../src/rpc/crp/version.ts'
import type { AgentCaller } from '../../../src/usecases/caller.ts'
import { retrieveCredential } from '../../../src/usecases/credentials/retrieve-credential.ts'
import { CANARY, type CrpSite, openCrpSite, TERMS } from '../../support/crp.ts'
import { AUDIENCE, CONTRACT, type Peer } from '../../support/http.ts'

const SERVICE = 'github.com/api'
let site: CrpSite
afterEach(() => site?.close())

const resolve = (as: Peer, more: object = {}, version?: string) =>
  site.call(as, 'crp/resolve', { service: SERVICE, ...more }, version)

async function allow(actions: readonly string[], classification = 'confidential') {
  const body = { allowed_actions: actions, classification }
  const seen = await site.deployment.owner.ask('PATCH', '/v1/credentials/github', { body })
  expect(seen.status).toBe(200)
}

async function terms(peer: Peer, more: object) {
  const body = { contract: CONTRACT, terms: { ...TERMS, ...more } }
  const path = `/v1/agents/${peer.name}/contract`
  expect((await site.deployment.owner.ask('PUT', path, { body })).status).toBe(200)
}

describe('CRP 0.1: crp/resolve', () => {
  it('CRPX-04: a valid answer of 0.1, whose credential is good at our gateway alone', async () => {
    site = await openCrpSite({ handles: 'http://127.0.0.1:9445' })
    const { result } = await resolve(site.planner, { ttl: 60 }, '0.1')
    expect(result).toEqual({
      credential: {
        ...{ type: 'oauth_bearer', token: expect.stringMatching(/^wrt_/), tokenType: 'Bearer' },
        ...{ value: result.credential.token, expiresIn: 60, service: SERVICE },
      },
      lease: expect.objectContaining({ ttl: 60, renewable: true }),
      service: SERVICE,
      grantedScopes: ['GET /repos/acme/**', 'POST /repos/acme/**'],
      metadata: {
        ...{ provider: 'writ', exposure: 'handle', singleUse: false },
        resolvedAt: expect.stringMatching(/Z$/),
        proxyBaseUrl: 'http://127.0.0.1:9445/proxy/github',
      },
    })
  })

  it('without a listener of handles it is a token for one call', async () => {
    site = await openCrpSite()
    const { result } = await resolve(site.planner)
    expect(result.credential.token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(result.metadata).toMatchObject({
      singleUse: true,
      proxyBaseUrl: 'https://gateway.example:9443/github',
    })
  })

  it.each(['client_certificate', 'connection_string', 'basic_auth', 'custom'])(
    'CRP-30: no handle can stand for a %s',
    async (credentialType) => {
      site = await openCrpSite()
      const { error } = await resolve(site.planner, { credentialType })
      expect(error).toMatchObject({
        code: -33007,
        data: { code: 'credential_unavailable', detail: expect.stringContaining('crp/use') },
      })
    },
  )
})

describe('exposure: a value goes out only when four locks are open', () => {
  it('then it does, with a record of that and without the value in it', async () => {
    site = await openCrpSite({ exposure: 'retrieve' })
    await allow(['use', 'retrieve'])
    await terms(site.planner, { retrieve: true })
    const { result } = await resolve(site.planner)
    expect(result.credential).toMatchObject({ type: 'oauth_bearer', token: CANARY, value: CANARY })
    expect(result.metadata.exposure).toBe('value')
    const trail = await site.deployment.owner.ask(
      'GET',
      '/v1/audit/search?event=credential.retrieved',
    )
    expect(trail.json.items).toHaveLength(1)
    expect(JSON.parse(trail.json.items[0].body)).toMatchObject({
      outcome: 'allowed',
      lease: result.lease.id,
      facts: { exposure: 'value', credential: 'github', version: 1, face: 'crp' },
    })
    expect(trail.text).not.toContain(CANARY)
    expect(site.deployment.lines.join('\n')).not.toContain(CANARY)
    const used = await site.call(site.planner, 'crp/use', { service: SERVICE }, '0.2')
    expect(JSON.stringify(used)).not.toContain(CANARY)
  })

  const both = ['use', 'retrieve']
  const shut: readonly (readonly [string, Exposure, readonly string[], object, string])[] = [
    ['the deployment says use', 'use', both, { retrieve: true }, 'confidential'],
    ['the deployment says never', 'never', both, { retrieve: true }, 'public'],
    ['the credential is for use', 'retrieve', ['use'], { retrieve: true }, 'confidential'],
    ['it is restricted', 'retrieve', both, { retrieve: true }, 'restricted'],
    ['the contract says nothing', 'retrieve', both, {}, 'confidential'],
  ]
  it.each(shut)(
    'not when %s: there is a handle',
    async (_, exposure, actions, more, classification) => {
      site = await openCrpSite({ exposure })
      await allow(actions, classification)
      await terms(site.planner, more)
      const answer = await resolve(site.planner)
      expect(answer.result.metadata.exposure).toBe('handle')
      expect(JSON.stringify(answer)).not.toContain(CANARY)
    },
  )

  it('never by a delegated lease, nor by one that was passed on, whatever is set', async () => {
    site = await openCrpSite({ exposure: 'retrieve' })
    await allow(['use', 'retrieve'])
    await terms(site.planner, { retrieve: true })
    const { planner } = site
    const use = async (more: object) =>
      (await site.call(planner, 'crp/use', { service: SERVICE, ...more })).result.lease.id
    const root = await use({})
    const { world } = site.deployment
    const { uri, thumbprint } = planner
    const caller = {
      ...({ kind: 'agent', tenant: DEFAULT_TENANT, uri } as const),
      ...{ certificate: thumbprint, request: world.ids.request() },
    } as AgentCaller
    const tried = async (lease: string, as: AgentCaller = caller) => {
      const wanted = {
        ...{ name: 'github', environment: 'production', origin: 'https://api.github.com' },
      }
      const input = { lease: lease as LeaseId, audience: AUDIENCE, wanted }
      const result = await retrieveCredential(world, as, input)
      return result.ok ? 'released' : [result.refusal.code, result.refusal.facts['lock']]
    }
    expect(await tried(root)).toBe('released')
    const child = await use({ delegation: { parentLeaseId: root } })
    const locked = ['credential_not_permitted', 'lease']
    expect([await tried(child), await tried(root)]).toEqual([locked, locked])
    const worker = { ...caller, uri: site.worker.uri } as AgentCaller
    expect(await tried(root, worker)).toEqual(['not_found', undefined])
  })
})

describe('CRPX-37: versions', () => {
  it.each([
    ['0.2', '0.2'],
    ['0.1', '0.1'],
    ['0.3', '0.2'],
    ['0.99', '0.2'],
  ])('CRPX-11: a client of %s is spoken to in %s', (said, spoken) => {
    expect(negotiate(said)).toEqual({ ok: true, value: spoken })
  })

  it.each([
    '1.0',
    '2.1',
    '0.0',
    '0',
    '0.2.0',
    '',
    '00.2',
    '0.02',
    'v0.2',
    '0.2, 0.1',
    ' 0.2',
    '-0.2',
  ])('CRP-24: %j is -33001, and nothing falls back to an older one', async (said) => {
    const negotiated = negotiate(said)
    expect(negotiated.ok).toBe(false)
    if (negotiated.ok) return
    expect(crpError(negotiated.refusal, undefined)).toMatchObject({
      code: -33001,
      message: 'version_mismatch',
      data: { supported: ['0.2', '0.1'] },
    })
  })

  it('CRP-34, CRPX-39: no method of one version is there in the other', async () => {
    site = await openCrpSite()
    for (const [method, version] of [
      ['crp/resolve', '0.2'],
      ['crp/use', '0.1'],
      ['crp/delegate', '0.1'],
    ] as const) {
      const { error } = await site.call(site.planner, method, { service: SERVICE }, version)
      expect(error).toMatchObject({ code: -33011, message: 'feature_not_supported' })
    }
    const body = { jsonrpc: '2.0', id: 1, method: 'crp/list' }
    const seen = await site.planner.ask('POST', '/crp', { body, headers: { 'crp-version': '1.0' } })
    expect([seen.status, seen.json.error.code]).toEqual([200, -33001])
  })
})

describe('CRPX-38: what is advertised is computed', () => {
  it('without a gateway nothing is used, and no tier is told', async () => {
    site = await openCrpSite({ gateway: null })
    const { world } = site.deployment
    expect(crpCapability(world)).toEqual({
      ...{ version: '0.2', provider: 'writ', conformance: 'none' },
      features: ['list', 'lease', 'revoke', 'classify'],
    })
    const { error } = await site.call(site.planner, 'crp/use', { service: SERVICE })
    expect(error.code).toBe(-33011)
  })

  it('CRP-38: policies make it Full; 0.1 has the features of 0.1 and no conformance', async () => {
    site = await openCrpSite()
    const { world } = site.deployment
    expect(crpCapability(world).conformance).toBe('Standard')
    const policies = {} as NonNullable<typeof world.policies>
    expect(crpCapability({ ...world, policies }).conformance).toBe('Full')
    expect(crpCapability(world, '0.1')).toEqual({
      ...{ version: '0.1', provider: 'writ' },
      features: ['resolve', 'lease', 'revoke', 'list'],
    })
  })
})

describe('CRP-36: errors', () => {
  it.each([...REFUSALS.keys()])('%s is told in the words of CRP, with our own beside', (code) => {
    const call = { method: 'crp/use', params: { service: SERVICE } }
    const error = crpError(refuse(code, { policy: 'hidden', lock: 'hidden' }).refusal, call)
    expect(error.code).toBeLessThan(-32000)
    expect(error.data).toMatchObject({ code, service: SERVICE, detail: expect.any(String) })
    expect(error.message).toBe(CRP_ERRORS[code])
    expect(JSON.stringify(error)).not.toContain('hidden')
  })

  it('CRP-31, CRPX-18: a rate says when to come again', () => {
    const { refusal } = refuse('rate_limited', { retryAfterSeconds: 7, limit: 60 })
    expect(crpError(refusal, undefined)).toMatchObject({
      code: -33008,
      data: { retryAfter: 7, limit: 60 },
    })
  })

  it('CRP-35: a revocation of which nobody knows whether it stands is -33012', () => {
    const { refusal } = refuse('status_unknown')
    const call = { method: 'crp/revoke', params: {} }
    expect(crpError(refusal, call)).toMatchObject({ code: -33012, message: 'revocation_failed' })
    expect(crpError(refusal, { ...call, method: 'crp/lease' }).code).toBe(-33010)
  })

  it('CRP-33: a store that is away is provider_error, without its inside', async () => {
    site = await openCrpSite()
    const params = { service: SERVICE }
    const peer = site.planner
    await site.call(peer, 'crp/use', params)
    const fault = new Error('the inside of the store')
    const { store } = site.deployment.world
    const decide = store.decide.bind(store)
    store.decide = () => Promise.reject(fault)
    const { error } = await site.call(peer, 'crp/use', params)
    store.decide = decide
    expect(error).toMatchObject({ code: -33010, data: { code: 'fault' } })
    expect(JSON.stringify(error)).not.toContain('inside')
  })

  it('CRPX-34: what a person has to decide is -33020, with what to ask again by', async () => {
    site = await openCrpSite()
    await terms(site.planner, { approval_mode: 'per_request' })
    const params = { service: SERVICE }
    const { error } = await site.call(site.planner, 'crp/use', params)
    expect(error).toMatchObject({ code: -33020, data: { code: 'approval_required' } })
    const { approvalId, poll } = error.data
    expect(poll).toBe(`/v1/approvals/${approvalId}`)
    const again = await site.call(site.planner, 'crp/use', params)
    expect(again.error.data.approvalId).toBe(approvalId)
    const asked = await site.deployment.owner.ask('GET', poll)
    const body = { digest: asked.json.digest }
    const yes = await site.deployment.owner.ask('POST', `${poll}/approve`, { body })
    expect(yes.status).toBe(200)
    const granted = await site.call(site.planner, 'crp/use', { ...params, approvalId })
    expect(granted.result.lease.id).toMatch(/^lease_/)
    const twice = await site.call(site.planner, 'crp/use', { ...params, approvalId })
    expect(twice.error).toMatchObject({ code: -33003, data: { code: 'approval_denied' } })
  })
})
