import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallToJudge } from '../../src/admission/ports.ts'
import { type CertificateThumbprint, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { parseToken, verifyToken } from '../../src/token/verify.ts'
import { callJudge } from '../../src/usecases/policies/ask-policy.ts'
import { AUDIENCE, type Deployment, NARROW, type Peer } from '../support/http.ts'
import { CALL, delegateTo, mintFrom, redemptionOf } from '../support/http-examples.ts'
import {
  ALLOW,
  BOTH,
  lease,
  open,
  openPolicySite,
  type PolicySite,
  rule,
  STOP,
} from '../support/policy-site.ts'

let stage: PolicySite
let site: Deployment
let planner: Peer
let worker: Peer
let gateway: Peer
const put = (text: string): Promise<void> => stage.put(text)

beforeAll(async () => {
  stage = await openPolicySite()
  site = stage.site
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterAll(() => stage.close())
beforeEach(() => put(BOTH))

/** The newest record, read. */
async function lastRecord() {
  const seen = await site.owner.ask('GET', '/v1/audit?limit=1000')
  return JSON.parse(seen.json.items.at(-1).body)
}

describe('CRP-20, CRPX-15: policies are asked about every grant', () => {
  it('a root lease is bounded by contract and policy both', async () => {
    const seen = await open(planner)
    expect(seen.status).toBe(201)
    expect(seen.json.scope.limits).toMatchObject({ ttl_seconds: 300, max_uses: 7 })
    const record = await lastRecord()
    expect(record.facts).toMatchObject({ policy: 'plan' })
  })

  it('CRP-21: a denial says where it was too much, and nothing of the policy', async () => {
    const grants = [{ ...NARROW.grants[0], methods: ['GET', 'POST'] }]
    const seen = await open(planner, { ...NARROW, grants })
    expect([seen.status, seen.json.code]).toEqual([403, 'policy_denied'])
    expect(seen.json.reasons).toEqual([
      {
        pointer: '/grants/0/methods/1',
        code: 'policy_denied',
        detail: 'No policy allows this.',
      },
    ])
    expect(seen.text).not.toContain('plan')
    expect(seen.text).not.toContain('a.toml')
    const record = await lastRecord()
    expect(record).toMatchObject({ outcome: 'policy_denied', facts: { policy: 'default' } })
    expect(JSON.parse(record.facts.asked).grants[0].methods).toEqual(['GET', 'POST'])
  })

  it('what the contract refuses is refused as that, and no policy widens it', async () => {
    await put(rule('all', 'planner', 'approval.mode = "auto"\nallow = "contract"'))
    const grants = [{ ...NARROW.grants[0], hosts: ['evil.example'] }]
    const seen = await open(planner, { ...NARROW, grants })
    expect(seen.json.code).toBe('not_narrower')
  })

  it('an agent that no rule is about gets nothing', async () => {
    const stranger = await site.enroll(`stranger`)
    expect((await open(stranger)).json.code).toBe('policy_denied')
  })

  it('a renewal is judged by the policies of then', async () => {
    const id = await lease(planner)
    const renew = () =>
      planner.ask('POST', `/v1/leases/${id}/renew`, { body: { ttl_seconds: 300 } })
    site.advance(10)
    expect((await renew()).status).toBe(200)
    await put(STOP)
    site.advance(10)
    expect((await renew()).json.code).toBe('policy_denied')
  })

  it('a delegation needs a rule of holder and delegate each, and both bound it', async () => {
    const id = await lease(planner)
    const token = await delegateTo(planner, id, worker)
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect(born.status).toBe(201)
    expect(born.json.scope.limits.max_uses).toBe(3)
    const body = { lease_id: id, delegate: worker.uri, scope: NARROW }
    const create = () => planner.ask('POST', '/v1/delegations', { body })
    await put(rule('plan', 'planner', `${ALLOW}delegation = { allowed = true, max_depth = 1 }\n`))
    expect((await create()).json.code).toBe('policy_denied')
    await put([rule('plan', 'planner', ALLOW), rule('work', 'worker', ALLOW)].join(''))
    expect((await create()).json.code).toBe('policy_denied')
  })

  it('a delegation token is worth nothing once no rule lets the delegate have it', async () => {
    const token = await delegateTo(planner, await lease(planner), worker)
    await put(rule('plan', 'planner', ALLOW))
    const redeem = () => worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect((await redeem()).json.code).toBe('policy_denied')
    await put(BOTH)
    expect((await redeem()).status).toBe(201)
  })

  it('tokens are minted only while a rule allows them', async () => {
    const id = await lease(planner)
    await mintFrom(planner, id)
    await put(STOP)
    const body = { lease_id: id, audience: 'https://gateway.example:9443/github' }
    expect((await planner.ask('POST', '/v1/tokens', { body })).json.code).toBe('policy_denied')
  })
})

describe('PROXY-17: policies are asked about every call', () => {
  it('a policy that denies now refuses a token minted before, and leaves it unspent', async () => {
    const { token } = await mintFrom(planner, await lease(planner))
    const redeem = () =>
      gateway.ask('POST', '/v1/tokens/redeem', { body: redemptionOf(token, planner) })
    await put(STOP)
    const refused = await redeem()
    expect([refused.status, refused.json.code]).toEqual([403, 'policy_denied'])
    expect((await lastRecord()).facts).toMatchObject({ policy: 'stop' })
    await put(BOTH)
    expect((await redeem()).status).toBe(200)
    expect((await lastRecord()).facts).toMatchObject({ policy: 'plan' })
  })

  it('quarantine is told as that', async () => {
    const { token } = await mintFrom(planner, await lease(planner))
    await put(STOP.replace('"deny"', '"quarantine"'))
    const body = redemptionOf(token, planner)
    const seen = await gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect([seen.status, seen.json.code]).toEqual([403, 'quarantined'])
  })
})

describe('PROXY-35: the credential of a call', () => {
  it('CDP-38: a rule about a credential allows calls that are made with it, and no others', async () => {
    await put(BOTH.replace('match.agents', 'match.credential_ref = "github"\nmatch.agents'))
    const { token } = await mintFrom(planner, await lease(planner))
    const parsed = parseToken(token, 'call')
    if (!parsed.ok) throw new Error('the token is one')
    const { keys, issuer, store } = site.world
    const known = { keys, issuer, audience: AUDIENCE, now: store.now() }
    const verified = await verifyToken(parsed.value, known)
    if (!verified.ok) throw new Error('the token verifies')
    const { claims } = verified.value
    const judge = callJudge(site.world, DEFAULT_TENANT)
    const peer = { uri: claims.agent, certificate: planner.thumbprint as CertificateThumbprint }
    const asked = async (credential: CallToJudge['credential']) => {
      const withBody = async () => accept(CALL)
      const call = { claims, peer, credential, request: CALL, withBody }
      const told = await judge?.(call, store.now())
      return told?.ok === true ? 'allow' : told?.refusal.code
    }
    expect(await asked({ name: 'github', environment: 'production' })).toBe('allow')
    expect(await asked({ name: 'stripe', environment: 'production' })).toBe('policy_denied')
    expect(await asked(undefined)).toBe('policy_denied')
  })
})

describe('what people are told of policies', () => {
  it('which set is in force, in which order, and what is wrong with the folder', async () => {
    writeFileSync(join(stage.folder, 'b.toml'), '[[policy]]\nname = "b"\nspeed = 1\n', {
      mode: 0o600,
    })
    await stage.policies.reload()
    const seen = await site.owner.ask('GET', '/v1/policies')
    expect(seen.json).toMatchObject({
      version: stage.policies.current().version,
      rules: [
        { name: 'plan', mode: 'auto', file: 'a.toml', line: 2 },
        { name: 'work', mode: 'auto', file: 'a.toml' },
      ],
      problems: [{ file: 'b.toml', line: 3, reason: 'speed: no such member' }],
    })
    rmSync(join(stage.folder, 'b.toml'))
  })

  it('which rule would decide, why others would not, and where a question goes too far', async () => {
    const ask = (body: object) =>
      site.owner.ask('POST', '/v1/policy/explain', { body: { agent: planner.uri, ...body } })
    const yes = await ask({ asked: { action: 'lease.open', scope: NARROW } })
    expect(yes.json).toMatchObject({ effect: 'allow', rules: ['plan'] })
    const request = { ...CALL, method: 'POST' }
    const no = await ask({ asked: { action: 'call', audience: AUDIENCE, request } })
    expect(no.json).toMatchObject({ effect: 'deny', rules: [], beyond: ['/request/method'] })
    expect(no.json.considered).toMatchObject([
      { rule: 'plan', matched: true, beyond: ['/request/method'], decided: false },
      { rule: 'work', matched: false, unmet: ['agents'] },
    ])
  })
})

describe('CDP-09: a rule that asks people', () => {
  const ASK = BOTH.replace('mode = "auto"', 'mode = "prompt"')

  it('opens a tree when an owner has said yes, and nothing before', async () => {
    await put(ASK)
    const asked = await open(planner)
    expect(asked.status).toBe(202)
    expect(asked.text).not.toContain('"plan"')
    const { id, digest } = asked.json.approval
    const yes = await site.owner.ask('POST', `/v1/approvals/${id}/approve`, { body: { digest } })
    expect(yes.status).toBe(200)
    const body = { scope: NARROW, approval: id }
    expect((await planner.ask('POST', '/v1/leases', { body })).status).toBe(201)
  })

  it('does not let a call go whose tree was opened without a yes', async () => {
    const { token } = await mintFrom(planner, await lease(planner))
    await put(ASK.replace('"plan"', '"other"'))
    const body = redemptionOf(token, planner)
    const seen = await gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect(seen.json.code).toBe('approval_required')
  })

  it('lets a call go whose tree was opened under it while it asked', async () => {
    const each = ASK.replace('mode = "prompt"', 'mode = "prompt"\napproval.on = ["lease.renew"]')
    await put(each)
    const { token } = await mintFrom(planner, await lease(planner))
    const body = redemptionOf(token, planner)
    expect((await gateway.ask('POST', '/v1/tokens/redeem', { body })).status).toBe(200)
    await put(BOTH)
    const other = await mintFrom(planner, await lease(planner))
    await put(each)
    const refused = await gateway.ask('POST', '/v1/tokens/redeem', {
      body: redemptionOf(other.token, planner),
    })
    expect(refused.json.code).toBe('approval_required')
  })
})
