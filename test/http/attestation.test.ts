import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppraiser } from '../../src/attestation/appraise.ts'
import { openIssuers } from '../../src/attestation/oidc/appraise-oidc.ts'
import { readIssuers } from '../../src/attestation/oidc/issuers.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import { NONCE_TTL_SECONDS, NONCES_PER_AGENT_MAX } from '../../src/domain/limits.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { type Asker, CONTRACT, type Deployment, openDeployment } from '../support/http.ts'
import { agentUri } from '../support/pki.ts'
import { startWorkloadIssuer, type WorkloadIssuer } from '../support/workload-issuer.ts'

const AUDIENCE = 'https://writ.example'

let site: Deployment
let platform: WorkloadIssuer

/** Three entries for one platform. */
function issuersToml(): string {
  const entry = (path: string, binding: string, tier: string) => `
    [[issuer]]
    name = "${path}"
    issuer = "${platform.issuer}/${path}"
    jwks_url = "${platform.jwksUrl}"
    ca_file = "${platform.caFile}"
    audience = "${AUDIENCE}"
    binding = "${binding}"
    tier = "${tier}"
    [[issuer.rule]]
    agent = "{kubernetes.io/serviceaccount/name}"
    claims = { sub = "system:serviceaccount:agents:*" }
    [[issuer.rule]]
    agent = "ci"
    claims = { repository = "acme/app", ref = ["refs/heads/main", "refs/tags/*"] }
  `
  return [
    entry('by-audience', 'audience', 'affirming'),
    entry('by-nonce', 'nonce', 'warning'),
    entry('once', 'single-use', 'warning'),
  ].join('')
}

beforeAll(async () => {
  platform = await startWorkloadIssuer()
  site = await openDeployment()
  const read = readIssuers({ name: 'issuers.toml', text: issuersToml() })
  if (!read.ok) throw new Error(read.problem)
  const appraise = createAppraiser({
    verifier: 'https://writ.example',
    releaseKeys: [],
    issuers: openIssuers(read.issuers, () => undefined),
  })
  Object.assign(site.world, { appraise })
})
afterAll(async () => {
  await site.close()
  await platform.stop()
})

async function nonceFor(asker: Asker): Promise<string> {
  const seen = await asker.ask('POST', '/v1/nonces')
  expect(seen.status).toBe(201)
  return seen.json.nonce
}

/** What Kubernetes writes of a service account. */
function pod(name: string, change: object = {}) {
  return {
    iss: `${platform.issuer}/by-audience`,
    sub: `system:serviceaccount:agents:${name}`,
    'kubernetes.io': { namespace: 'agents', serviceaccount: { name } },
    ...change,
  }
}

async function attest(asker: Asker, evidence: object) {
  return asker.ask('POST', '/v1/agents/self/attestation', { body: { evidence } })
}

async function alertsOf(kind: string, uri: string) {
  const seen = await site.operator.ask('GET', `/v1/alerts?kind=${kind}`)
  return seen.json.items.filter((alert: { subject: string }) => alert.subject === `agent:${uri}`)
}

async function attestWithToken(asker: Asker, claims: object, nonce?: string) {
  const drawn = nonce ?? (await nonceFor(asker))
  const token = await platform.token({ aud: `${AUDIENCE}#${drawn}`, ...claims })
  return attest(asker, { method: 'oidc', token, nonce: drawn })
}

describe('nonces over HTTP', () => {
  it('are 256 bits, for five minutes, and kept as their hash alone', async () => {
    const drawn = await (await site.enroll('drawer')).ask('POST', '/v1/nonces')
    expect(drawn.json.nonce).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const life = Date.parse(drawn.json.expires_at) / 1000 - Date.now() / 1000
    expect(Math.abs(life - NONCE_TTL_SECONDS)).toBeLessThan(5)
    expect(drawn.headers['cache-control']).toBe('no-store')
    const file = readFileSync(`${site.folder}/data/writ.db-wal`, 'latin1')
    expect(file).not.toContain(drawn.json.nonce)
    const hash = createHash('sha256').update(drawn.json.nonce).digest('base64url')
    expect(file).toContain(hash)
  })

  it('are not given to strangers, nor without end to one agent', async () => {
    expect((await site.nobody.ask('POST', '/v1/nonces')).status).toBe(401)
    const greedy = await site.enroll('greedy')
    for (let i = 0; i < NONCES_PER_AGENT_MAX; i += 1) await nonceFor(greedy)
    const seen = await greedy.ask('POST', '/v1/nonces')
    expect([seen.status, seen.json.code]).toEqual([503, 'overloaded'])
  })
})

describe('an agent proves itself again over mTLS', () => {
  it('with any method, but never without a nonce of its own', async () => {
    const agent = await site.enroll('plain')
    const other = await site.enroll('other')
    const nonce = await nonceFor(agent)
    const good = await attest(agent, { method: 'mtls', nonce })
    expect(good.json).toMatchObject({ tier: 'warning', method: 'mtls' })
    const refused = [
      await attest(agent, { method: 'mtls' }),
      await attest(agent, { method: 'mtls', nonce }),
      await attest(agent, { method: 'mtls', nonce: await nonceFor(other) }),
      await attest(agent, { method: 'mtls', nonce: await nonceFor(site.owner) }),
      await attest(agent, { method: 'mtls', nonce: 'A'.repeat(43) }),
    ]
    for (const seen of refused) {
      expect([seen.status, seen.json.code]).toEqual([401, 'attestation_failed'])
    }
  })

  it('an enclave is answered with a plain sentence', async () => {
    const agent = await site.enroll('enclave')
    const seen = await attest(agent, { method: 'enclave', nonce: await nonceFor(agent) })
    expect(seen.json).toMatchObject({
      code: 'attestation_failed',
      reasons: [{ detail: 'There is no verifier for enclaves here.' }],
    })
  })
})

describe('CDPX-27: workload identity tokens', () => {
  it('of a configured issuer, for this agent and this nonce, are worth what it says', async () => {
    const agent = await site.enroll('scout')
    const seen = await attestWithToken(agent, pod('scout'))
    expect(seen.json).toMatchObject({
      tier: 'affirming',
      method: 'oidc',
      identity: `${platform.issuer}/by-audience#system:serviceaccount:agents:scout`,
    })
    const again = await attestWithToken(agent, pod('scout'))
    expect(again.status).toBe(200)
  })

  it('enroll an agent: the owner asks for the nonce', async () => {
    const nonce = await nonceFor(site.owner)
    const token = await platform.token({ ...pod('fresh'), aud: `${AUDIENCE}#${nonce}` })
    const { csrPem: csr } = await createAgentRequest(agentUri('fresh'))
    const body = { csr, contract: CONTRACT, evidence: { method: 'oidc', token, nonce } }
    const enroll = (name: string) =>
      site.owner.ask('POST', '/v1/agents', { body: { ...body, name } })
    expect((await enroll('impostor')).json.code).toBe('attestation_failed')
    const seen = await enroll('fresh')
    expect(seen.json).toMatchObject({ attestation: { tier: 'affirming', method: 'oidc' } })
    expect((await enroll('fresh')).status).not.toBe(201)
  })

  it.each([
    ['for another agent', () => pod('somebody')],
    ['of another namespace', () => pod('x', { sub: 'system:serviceaccount:default:x' })],
    ['of another issuer', () => pod('x', { iss: 'https://evil.example' })],
    ['for another audience', () => pod('x', { aud: AUDIENCE })],
    ['for another nonce', () => pod('x', { aud: `${AUDIENCE}#${'A'.repeat(43)}` })],
    ['that ran out', () => pod('x', { exp: 1 })],
    ['without a subject', () => pod('x', { sub: undefined })],
  ])('%s prove nothing', async (name, claims) => {
    const agent = await site.enroll(`no-${name.replaceAll(' ', '-')}`)
    const seen = await attestWithToken(agent, claims())
    expect([seen.status, seen.json.code]).toEqual([401, 'attestation_failed'])
    const kept = await agent.ask('GET', `/v1/agents/${agent.name}`)
    expect(kept.json.attestation.method).toBe('mtls')
  })

  it('may carry the nonce as a claim, and never a wrong one', async () => {
    const ci = await site.enroll('ci')
    const iss = `${platform.issuer}/by-nonce`
    const job = { iss, sub: 'repo:acme/app', repository: 'acme/app', ref: 'refs/tags/v1' }
    const nonce = await nonceFor(ci)
    const wrong = { ...job, aud: AUDIENCE, nonce: 'A'.repeat(43) }
    expect((await attestWithToken(ci, wrong, nonce)).status).toBe(401)
    const fork = { ...job, aud: AUDIENCE, nonce, repository: 'evil/app' }
    expect((await attestWithToken(ci, fork, nonce)).status).toBe(401)
    const seen = await attestWithToken(ci, { ...job, aud: AUDIENCE, nonce }, nonce)
    expect([seen.status, seen.json.tier]).toEqual([200, 'warning'])
  })

  it('that are not tied to a nonce count once: a stolen one is no second proof', async () => {
    const agent = await site.enroll('steady')
    const iss = `${platform.issuer}/once`
    const token = await platform.token({ ...pod('steady', { iss }), aud: AUDIENCE })
    const use = async () => attest(agent, { method: 'oidc', token, nonce: await nonceFor(agent) })
    expect((await use()).status).toBe(200)
    expect((await use()).json.code).toBe('attestation_failed')
  })

  it('never stand in a log, a record or an answer (I12)', async () => {
    const agent = await site.enroll('quiet')
    const nonce = await nonceFor(agent)
    const token = await platform.token({ ...pod('quiet'), aud: `${AUDIENCE}#${nonce}` })
    await attest(agent, { method: 'oidc', token, nonce })
    await attest(agent, { method: 'oidc', token, nonce })
    const trail = await site.operator.ask('GET', '/v1/audit?limit=100')
    for (const text of [trail.text, site.lines.join('\n')]) {
      expect(text).not.toContain(token)
      expect(text).not.toContain(token.split('.')[2])
      expect(text).not.toContain(nonce)
    }
  })
})

describe('rules of issuers', () => {
  it('for one of ours hold for nobody of another trust domain with that path', async () => {
    const { clock, appraise } = site.world
    const nonce = 'n'.repeat(43)
    const token = await platform.token({ ...pod('worker'), aud: `${AUDIENCE}#${nonce}` })
    const judged = async (uri: string) => {
      const attester = { uri: uri as AgentUri, requestHash: 'x' }
      const result = await appraise?.({ method: 'oidc', token, nonce }, attester, clock.now())
      return result?.ok ? result.value.attestation.tier : result?.refusal.code
    }
    expect(await judged('spiffe://acme.example/agent/worker')).toBe('affirming')
    expect(await judged('spiffe://partner.example/worker')).toBe('attestation_failed')
  })
})

describe('LEASH-35: evidence that says something else than before', () => {
  it('changes nothing, is recorded as what it is, and alerts the owner', async () => {
    const agent = await site.enroll('shifty')
    const first = await attestWithToken(agent, pod('shifty'))
    expect(first.status).toBe(200)
    const moved = pod('shifty', { sub: 'system:serviceaccount:agents:elsewhere' })
    const seen = await attestWithToken(agent, moved)
    expect([seen.status, seen.json.code]).toEqual([401, 'attestation_failed'])
    const weaker = await attest(agent, { method: 'mtls', nonce: await nonceFor(agent) })
    expect(weaker.status).toBe(401)
    const kept = await agent.ask('GET', '/v1/agents/shifty')
    expect(kept.json.attestation).toEqual(first.json)
    const alerts = await alertsOf('attestation.mismatch', agent.uri)
    const facts = alerts.map((alert: { facts: { mismatch: string } }) => alert.facts.mismatch)
    expect(facts.toSorted()).toEqual(['identity', 'identity tier'])
    const trail = await site.operator.ask('GET', '/v1/audit?limit=100')
    expect(trail.text).toContain('agent.mismatched')
  })

  it('at a renewal is refused too, and what says less leaves what is known as it is', async () => {
    const agent = await site.enroll('renewing')
    const first = await attestWithToken(agent, pod('renewing'))
    const { csrPem: csr } = await createAgentRequest(agentUri('renewing'))
    const renew = (evidence: object) =>
      agent.ask('POST', '/v1/agents/self/certificate', { body: { csr, evidence } })
    expect((await renew({ method: 'mtls' })).status).toBe(200)
    const kept = await agent.ask('GET', '/v1/agents/renewing')
    expect(kept.json.attestation).toEqual(first.json)
    const nonce = await nonceFor(agent)
    const moved = pod('renewing', { sub: 'system:serviceaccount:agents:other' })
    const token = await platform.token({ ...moved, aud: `${AUDIENCE}#${nonce}` })
    expect((await renew({ method: 'oidc', token, nonce })).json.code).toBe('attestation_failed')
    expect(await alertsOf('attestation.mismatch', agent.uri)).toHaveLength(1)
  })

  it('suspends the agent where the deployment wants that', async () => {
    const policy = { suspendOnMismatch: true, renewSeconds: 0 }
    Object.assign(site.world, { attestation: policy })
    const agent = await site.enroll('stopped')
    await attestWithToken(agent, pod('stopped'))
    await attest(agent, { method: 'mtls', nonce: await nonceFor(agent) })
    Object.assign(site.world, { attestation: undefined })
    const seen = await agent.ask('GET', '/v1/agents/stopped')
    expect([seen.status, seen.json.code]).toEqual([401, 'suspended'])
  })
})

describe('later', () => {
  it('a nonce that ran out proves nothing', async () => {
    const agent = await site.enroll('late')
    const nonce = await nonceFor(agent)
    site.advance(NONCE_TTL_SECONDS)
    expect((await attest(agent, { method: 'mtls', nonce })).status).toBe(401)
  })
})
