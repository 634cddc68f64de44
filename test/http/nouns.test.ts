import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { verifyExport } from '../../src/store/audit/export.ts'
import { CONTRACT, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, mintFrom, openLease } from '../support/http-examples.ts'
import { agentUri } from '../support/pki.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

describe('operators over HTTP', () => {
  it('get a token once, which is never listed', async () => {
    const body = { name: 'night-shift', role: 'operator' }
    const made = await site.owner.ask('POST', '/v1/operators', { body })
    expect(made.json).toEqual({ ...body, token: expect.stringMatching(/^writ_operator_/) })
    expect(made.headers['cache-control']).toBe('no-store')
    const listed = await site.owner.ask('GET', '/v1/operators')
    const entry = listed.json.items.find((item: { name: string }) => item.name === body.name)
    expect(entry).toEqual({ ...body, created_at: expect.any(String), revoked_at: null })
    expect(listed.text).not.toContain(made.json.token)
  })

  it('have a name of their own', async () => {
    const body = { name: 'twice', role: 'operator' }
    await site.owner.ask('POST', '/v1/operators', { body })
    const seen = await site.owner.ask('POST', '/v1/operators', { body })
    expect([seen.status, seen.json.code]).toEqual([409, 'conflict'])
  })

  it('leave one owner: nobody revokes themself', async () => {
    const seen = await site.owner.ask('DELETE', '/v1/operators/owner')
    expect([seen.status, seen.json.code]).toEqual([409, 'conflict'])
  })
})

describe('agents over HTTP', () => {
  it('are enrolled with a request signed by their key, and seen with their contract', async () => {
    const worker = await site.enroll('worker')
    const seen = await worker.ask('GET', '/v1/agents/worker')
    expect(seen.json).toMatchObject({
      uri: agentUri('worker'),
      name: 'worker',
      role: 'agent',
      owner: 'owner',
      contract_version: 1,
      certificate_thumbprint: worker.thumbprint,
      state: 'active',
    })
    const whole = await site.owner.ask('GET', `/v1/agents/${encodeURIComponent(worker.uri)}`)
    expect(whole.json).toEqual(seen.json)
  })

  it('see themselves and no other agent; unknown ones look the same', async () => {
    await site.enroll('neighbour')
    const foreign = await planner.ask('GET', '/v1/agents/neighbour')
    const unknown = await planner.ask('GET', '/v1/agents/never')
    expect([foreign.status, unknown.status]).toEqual([404, 404])
    expect({ ...foreign.json, request_id: '', instance: '' }).toEqual({
      ...unknown.json,
      request_id: '',
      instance: '',
    })
  })

  it('are enforcement points under a path of their own', async () => {
    const gate = await site.enroll('gate', { role: 'enforcement' })
    expect(gate.uri).toBe(agentUri('gate', 'gateway'))
    const seen = await gate.ask('GET', `/v1/agents/${encodeURIComponent(gate.uri)}`)
    expect([seen.status, seen.json.role]).toEqual([200, 'enforcement'])
  })

  it('are not enrolled by a request that is none, or evidence that is not accepted', async () => {
    const { csrPem: csr } = await createAgentRequest(agentUri('x'))
    const enroll = (extra: object) =>
      site.owner.ask('POST', '/v1/agents', {
        body: { name: 'x', csr, contract: CONTRACT, ...extra },
      })
    expect((await enroll({ csr: 'x' })).json.code).toBe('malformed')
    expect((await enroll({ name: 'a/b' })).json.reasons[0].pointer).toBe('/name')
    const unsigned = { method: 'signed-code', digest: 'A'.repeat(43), release_key: 'k' }
    const evidence = { ...unsigned, signature: 'A'.repeat(86) }
    const failed = await enroll({ evidence })
    expect([failed.status, failed.json.code]).toEqual([401, 'attestation_failed'])
    expect((await enroll({ evidence: unsigned })).json.reasons[0].pointer).toBe(
      '/evidence/signature',
    )
    expect((await enroll({ evidence: { method: 'tpm' } })).status).toBe(400)
    const records = await site.world.store.read((reads) => reads.auditRows({}, 200))
    const refused = records.filter(({ body }) => body.includes('"attestation_failed"'))
    expect(refused, 'I10: a refused enrollment is recorded').not.toEqual([])
  })

  it('live under a new contract at once', async () => {
    const agent = await site.enroll('narrowed')
    expect((await agent.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })).status).toBe(201)
    const body = { contract: { ...CONTRACT, ...NARROW } }
    const set = await site.owner.ask('PUT', '/v1/agents/narrowed/contract', { body })
    expect(set.json.contract_version).toBe(2)
    const wide = await agent.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    expect([wide.status, wide.json.code]).toEqual([403, 'not_narrower'])
  })

  it('renew their certificate over the connection it made', async () => {
    const agent = await site.enroll('renewing')
    const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(agentUri('renewing'))
    const body = { csr, evidence: { method: 'mtls' } }
    const seen = await agent.ask('POST', '/v1/agents/self/certificate', { body })
    expect(seen.json.ca).toBe(site.rootPem)
    const next = site.peer({ cert: seen.json.certificate, key })
    const self = await next.ask('GET', '/v1/agents/renewing')
    expect(self.json.certificate_thumbprint).not.toBe(agent.thumbprint)
  })
})

it.each(['nonsense', 'e30', 'WyJh', '%5B%5D'])(
  'a cursor %s that is none is malformed',
  async (text) => {
    const seen = await site.owner.ask('GET', `/v1/agents?cursor=${text}`)
    expect([seen.status, seen.json.reasons?.[0]?.pointer]).toEqual([400, '/cursor'])
  },
)

describe('an agent whose certificate ran out', () => {
  it('is certified anew by its owner, under its old name; by nobody else', async () => {
    const agent = await site.enroll('lapsed')
    const lease = await agent.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(agentUri('lapsed'))
    const path = '/v1/agents/lapsed/certificate'
    expect((await site.operator.ask('POST', path, { body: { csr } })).json.code).toBe('forbidden')
    const seen = await site.owner.ask('POST', path, { body: { csr } })
    expect(seen.status).toBe(200)
    const next = site.peer({ cert: seen.json.certificate, key })
    const found = await next.ask('GET', `/v1/leases/${lease.json.id}`)
    expect(found.json.state).toBe('live')
  })

  it('stays out while it is revoked', async () => {
    const agent = await site.enroll('banned')
    const body = { subject: `agent:${agent.uri}`, effect: 'revoked', reason: 'left' }
    await site.owner.ask('POST', '/v1/revocations', { body })
    const { csrPem: csr } = await createAgentRequest(agentUri('banned'))
    const seen = await site.owner.ask('POST', '/v1/agents/banned/certificate', { body: { csr } })
    expect(seen.json.code).toBe('revoked')
  })
})

describe('revocations over HTTP', () => {
  it('name a subject of a known kind', async () => {
    for (const subject of ['lease:x', 'robot:x', 'agent:planner', 'tenant:other', 'planner']) {
      const body = { subject, effect: 'revoked', reason: 'x' }
      const seen = await site.owner.ask('POST', '/v1/revocations', { body })
      expect([subject, seen.status, seen.json.reasons?.[0]?.pointer]).toEqual([
        subject,
        400,
        '/subject',
      ])
    }
  })

  it('are listed, and only suspensions are lifted', async () => {
    const agent = await site.enroll('revoked')
    const subject = `agent:${agent.uri}`
    const body = { subject, effect: 'revoked', reason: 'left' }
    await site.operator.ask('POST', '/v1/revocations', { body })
    const listed = await site.owner.ask('GET', '/v1/revocations?limit=200')
    expect(listed.json.items).toContainEqual({ ...body, at: expect.any(String) })
    const path = `/v1/revocations/${encodeURIComponent(subject)}`
    expect((await site.owner.ask('DELETE', path)).status).toBe(404)
  })
})

describe('keys over HTTP', () => {
  it('rotate, and both stand in the published set until the old one is retired', async () => {
    const token = await delegateTo(planner, await openLease(planner), await site.enroll('heir'))
    const kids = async (): Promise<string[]> =>
      (await site.nobody.ask('GET', '/.well-known/jwks.json')).json.keys.map(
        (key: { kid: string }) => key.kid,
      )
    const before = await kids()
    const rotated = await site.operator.ask('POST', '/v1/keys/rotate', {
      body: { purpose: 'token' },
    })
    expect([rotated.status, rotated.json.state]).toEqual([201, 'active'])
    expect(await kids()).toEqual(expect.arrayContaining([...before, rotated.json.kid]))

    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    const body = { reason: 'leaked' }
    const retired = await site.owner.ask('POST', `/v1/keys/${kid}/retire`, { body })
    expect([retired.status, retired.json.state]).toEqual([200, 'revoked'])
    expect(await kids()).not.toContain(kid)
    const seen = await site.owner.ask('POST', '/v1/tokens/introspect', { body: { token } })
    expect(seen.json).toEqual({ active: false })
  })
})

describe('the audit trail over HTTP', () => {
  it('I10: has a record for each decision, yes or no, under the request id of the answer', async () => {
    const yes = await planner.ask('POST', '/v1/leases', { body: { scope: NARROW } })
    const scope = { ...NARROW, audiences: ['https://elsewhere.example'] }
    const no = await planner.ask('POST', '/v1/leases', { body: { scope } })
    const seen = await site.operator.ask('GET', '/v1/audit?limit=1000')
    const bodies = seen.json.items.map((item: { body: string }) => JSON.parse(item.body))
    for (const answer of [yes, no]) {
      const id = answer.headers['x-request-id']
      const records = bodies.filter((body: object) => JSON.stringify(body).includes(String(id)))
      expect(records).toHaveLength(1)
    }
  })

  it('is read on from a position of a chain', async () => {
    const first = await site.owner.ask('GET', '/v1/audit?limit=2')
    const { chain, sequence } = first.json.items[1]
    const next = await site.owner.ask('GET', `/v1/audit?chain=${chain}&after=${sequence}&limit=1`)
    expect(next.json.items[0]).toMatchObject({ chain, sequence: sequence + 1 })
    expect(next.json.items[0].previous_hash).toBe(first.json.items[1].hash)
  })

  it('verifies here, and elsewhere from its export', async () => {
    const verified = await site.owner.ask('GET', '/v1/audit/verify')
    expect(verified.json.whole).toBe(true)
    const exported = await site.owner.ask('GET', '/v1/audit/export')
    expect(exported.headers['content-type']).toBe('application/jsonl')
    const verdict = await verifyExport(exported.text.split('\n'))
    expect(verdict).toMatchObject({ whole: true })
  })
})

describe('what anyone may read', () => {
  it('says whether the process is up and ready', async () => {
    expect((await site.nobody.ask('GET', '/healthz')).json).toEqual({ status: 'up' })
    const ready = await site.nobody.ask('GET', '/readyz')
    expect([ready.status, ready.json.status]).toEqual([200, 'ready'])
  })

  it('counts tokens, redemptions and requests by pattern, never by id', async () => {
    const lease = await openLease(planner)
    await mintFrom(planner, lease)
    const seen = await site.nobody.ask('GET', '/metrics')
    expect(seen.text).toMatch(/writ_tokens_issued_total\{kind="call",result="allowed"\} \d/)
    expect(seen.text).toMatch(/writ_http_requests_total\{listener="agents",route="\/v1\/leases",/)
    expect(seen.text).not.toContain('spiffe:')
    expect(seen.text).not.toContain('lease_')
  })

  it('gives the document as YAML and JSON, and keys that may be kept for a minute', async () => {
    const yaml = await site.nobody.ask('GET', '/openapi.yaml')
    expect(yaml.text).toMatch(/^openapi: 3\.1\.0\n/)
    const json = await site.nobody.ask('GET', '/openapi.json')
    expect(json.json.openapi).toBe('3.1.0')
    const keys = await site.nobody.ask('GET', '/.well-known/jwks.json')
    expect(keys.headers['cache-control']).toBe('public, max-age=60')
    expect(keys.text).not.toContain('"d"')
  })
})
