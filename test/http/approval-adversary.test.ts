import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { approve, askForLease, PIN, pinnedTo, requiring } from '../support/approvals.ts'
import {
  type Asker,
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
  type Seen,
} from '../support/http.ts'

let site: Deployment
let careful: Peer
let thief: Peer
let planner: Peer
let edge: Peer
let underAnother: Seen
let second: Asker

const PER_REQUEST = { terms: { approval_mode: 'per_request' } }

beforeAll(async () => {
  site = await openDeployment()
  careful = await site.enroll('careful', PER_REQUEST)
  thief = await site.enroll('thief', PER_REQUEST)
  planner = await site.enroll('planner')
  edge = await site.enroll('edge', { role: 'enforcement', contract: CONTRACT })
  underAnother = await useUnderAnotherCertificate()
  const made = await site.owner.ask('POST', '/v1/operators', {
    body: { name: 'second', role: 'owner' },
  })
  second = site.bearer(made.json.token)
})
afterAll(() => site.close())
beforeEach(() => site.advance(400))

const refusedAs = (seen: Seen) => [seen.json.code, seen.json.reasons[0]?.code]
const read = async (id: string) => (await site.owner.ask('GET', `/v1/approvals/${id}`)).json

/** Before the clock is moved, since TLS holds certificates against the machine's. */
async function useUnderAnotherCertificate(): Promise<Seen> {
  const agent = await site.enroll('renewed', PER_REQUEST)
  const { id, body } = await askForLease(agent)
  await approve(site.owner, await read(id))
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(
    agent.uri as Parameters<typeof createAgentRequest>[0],
  )
  const renewal = { body: { csr, evidence: { method: 'mtls' } } }
  const issued = await agent.ask('POST', '/v1/agents/self/certificate', renewal)
  const anew = site.peer({ cert: issued.json.certificate, key })
  return anew.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
}

/** An approved approval of `careful`, and the body it was for. */
async function approved() {
  const { id, body } = await askForLease(careful)
  const seen = await read(id)
  expect((await approve(site.owner, seen)).status).toBe(200)
  return { id, body: body as { scope: typeof NARROW }, digest: seen.digest as string }
}

/** A lease of the planner of which each token is approved, and such a token’s request. */
async function tokenRequest() {
  const scope = requiring(CONTRACT)
  const lease = (await planner.ask('POST', '/v1/leases', { body: { scope } })).json.id as string
  const body = { lease_id: lease, audience: AUDIENCE, pin: PIN }
  const asked = await planner.ask('POST', '/v1/tokens', { body })
  return { lease, body, approval: asked.json.approval as { id: string; digest: string } }
}

describe('a yes is worth nothing', () => {
  it('to another agent that learned its id', async () => {
    const { id, body } = await approved()
    const stolen = await thief.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(refusedAs(stolen)).toEqual(['approval_denied', 'unknown'])
    const owners = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(owners.status).toBe(201)
  })

  it.each([
    ['a wider scope', { scope: CONTRACT }],
    ['a narrower scope', { scope: { ...NARROW, limits: { max_uses: 1, ttl_seconds: 5 } } }],
    ['a longer life', { ttl_seconds: 601 }],
  ])('for %s', async (_what, change) => {
    const { id, body } = await approved()
    const changed = { ...body, ...change, approval: id }
    const seen = await careful.ask('POST', '/v1/leases', { body: changed })
    expect(refusedAs(seen)).toEqual(['approval_denied', 'changed'])
    const exact = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(exact.status).toBe(201)
  })

  it('for another request than the one that was pinned, and for another lease', async () => {
    const { body, approval } = await tokenRequest()
    await approve(site.owner, approval)
    const other = await tokenRequest()
    for (const change of [
      { pin: pinnedTo('other') },
      { pin: { ...PIN, method: 'POST' } },
      { pin: { ...PIN, body_digest: 'A'.repeat(43) } },
      { lease_id: other.lease },
      { ttl_seconds: 61 },
    ]) {
      const changed = { ...body, ...change, approval: approval.id }
      const seen = await planner.ask('POST', '/v1/tokens', { body: changed })
      expect(refusedAs(seen)).toEqual(['approval_denied', 'changed'])
    }
  })

  it('for a body nobody was shown: a pin that is silent about one is for none', async () => {
    const { body, approval } = await tokenRequest()
    const none = createHash('sha256').update('').digest('base64url')
    expect((await read(approval.id)).pin).toEqual({ ...PIN, body_digest: none })
    await approve(site.owner, approval)
    const yes = { ...body, approval: approval.id }
    const minted = await planner.ask('POST', '/v1/tokens', { body: yes })
    const token = minted.json.tokens[0].token as string
    const peer = { uri: planner.uri, certificate_thumbprint: planner.thumbprint }
    const redeem = async (carried: object) => {
      const request = { type: 'http', ...PIN, ...carried }
      const asked = { body: { token, audience: AUDIENCE, request, peer } }
      return (await edge.ask('POST', '/v1/tokens/redeem', asked)).json.code
    }
    const text = '{"amount":999999}'
    const smuggled = { media_type: 'application/json', bytes: text.length, text }
    expect(await redeem({ body: smuggled })).toBe('request_mismatch')
    expect(await redeem({ body: { media_type: '', bytes: 0, text: '' } })).toBeUndefined()
  })

  it('for a delegation, when it was given for a token', async () => {
    const { lease, approval } = await tokenRequest()
    await approve(site.owner, approval)
    const body = { lease_id: lease, delegate: thief.uri, scope: NARROW, approval: approval.id }
    const seen = await planner.ask('POST', '/v1/delegations', { body })
    expect(refusedAs(seen)).toEqual(['approval_denied', 'changed'])
  })

  it('once the agent has another certificate', () => {
    expect(refusedAs(underAnother)).toEqual(['approval_denied', 'changed'])
  })

  it('when the contract has moved since, because something else would be granted', async () => {
    const moving = careful
    const { id, body } = await approved()
    const contract = { ...CONTRACT, limits: { ...CONTRACT.limits, max_depth: 1 } }
    const path = `/v1/agents/${moving.name}/contract`
    await site.owner.ask('PUT', path, { body: { contract } })
    const seen = await moving.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(refusedAs(seen)).toEqual(['approval_denied', 'changed'])
    await site.owner.ask('PUT', path, { body: { contract: CONTRACT } })
  })

  it('twice, however many try at once', async () => {
    const { id, body } = await approved()
    const tries = Array.from({ length: 8 }, () =>
      careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 7 }, () => 403)])
  })

  it('with an id nobody ever gave out', async () => {
    const approval = 'appr_AAAAAAAAAAAAAAAAAAAAAA'
    const seen = await careful.ask('POST', '/v1/leases', { body: { scope: NARROW, approval } })
    expect(refusedAs(seen)).toEqual(['approval_denied', 'unknown'])
  })
})

describe('LEASH-02: nobody decides for the owner', () => {
  it('not an operator, not the agent, not the owner of other trees', async () => {
    const { id } = await askForLease(careful)
    const seen = await read(id)
    expect((await approve(site.operator, seen)).json.code).toBe('forbidden')
    expect((await approve(careful, seen)).json.code).toBe('forbidden')
    expect((await approve(second, seen)).json.code).toBe('not_found')
    expect((await second.ask('GET', `/v1/approvals/${id}`)).json.code).toBe('not_found')
    expect((await second.ask('GET', '/v1/approvals')).json.items).toEqual([])
    const batch = { decision: 'approve', approvals: [{ id, digest: seen.digest }] }
    const many = await second.ask('POST', '/v1/approvals/decide', { body: batch })
    expect(many.json.code).toBe('not_found')
    expect((await read(id)).state).toBe('pending')
  })

  it('not by a person who saw something else', async () => {
    const one = await askForLease(careful)
    const two = await askForLease(careful)
    const { digest } = await read(two.id)
    const seen = await approve(site.owner, { id: one.id, digest })
    expect(refusedAs(seen)).toEqual(['conflict', 'digest'])
    expect((await read(one.id)).state).toBe('pending')
  })
})

describe('I6: what hangs from something that is over is void', () => {
  it.each([
    ['its lease', (lease: string) => `lease:${lease}`],
    ['its agent', () => `agent:${planner.uri}`],
    ['its certificate', () => `certificate:${planner.thumbprint}`],
    ['its owner', () => 'principal:owner'],
  ])('when %s is suspended, and again good when that is lifted', async (_what, subjectOf) => {
    const { lease, body, approval } = await tokenRequest()
    const subject = subjectOf(lease)
    const reason = 'a test'
    const stop = { subject, effect: 'suspended', reason }
    await site.owner.ask('POST', '/v1/revocations', { body: stop })
    expect((await read(approval.id)).state).toBe('void')
    expect(refusedAs(await approve(site.owner, approval))).toEqual(['conflict', 'void'])
    await site.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(subject)}`)
    expect((await approve(site.owner, approval)).json.state).toBe('approved')
    const yes = { ...body, approval: approval.id }
    expect((await planner.ask('POST', '/v1/tokens', { body: yes })).status).toBe(201)
  })

  it('I9: revoking the lease after the yes ends the yes', async () => {
    const { lease, body, approval } = await tokenRequest()
    await approve(site.owner, approval)
    await site.owner.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'no more' } })
    expect((await read(approval.id)).state).toBe('void')
    const yes = { ...body, approval: approval.id }
    expect((await planner.ask('POST', '/v1/tokens', { body: yes })).json.code).toBe('revoked')
  })

  it('when the delegate is revoked, before it ever held anything', async () => {
    const { lease } = await tokenRequest()
    const body = { lease_id: lease, delegate: thief.uri, scope: NARROW }
    const { approval } = (await planner.ask('POST', '/v1/delegations', { body })).json
    const stop = { subject: `agent:${thief.uri}`, effect: 'suspended', reason: 'a test' }
    await site.owner.ask('POST', '/v1/revocations', { body: stop })
    expect((await read(approval.id)).state).toBe('void')
    const subject = encodeURIComponent(stop.subject)
    await site.owner.ask('DELETE', `/v1/revocations/${subject}`)
  })
})

describe('CDPX-22: a hostile agent', () => {
  it('has ten questions open at most, and then waits', async () => {
    const open = []
    for (let at = 0; at < 10; at += 1) open.push(await askForLease(thief))
    const body = { scope: NARROW, ttl_seconds: 59 }
    const more = await thief.ask('POST', '/v1/leases', { body })
    expect([more.status, more.json.code]).toEqual([429, 'rate_limited'])
    expect(more.headers['retry-after']).toBeDefined()
    const again = await thief.ask('POST', '/v1/leases', { body: open[0]?.body })
    expect(again.json.approval.id).toBe(open[0]?.id)
  })

  it('shows its reason as what it is, and no longer than 200 characters', async () => {
    const reason = 'Approve this.\u001b[2J\nThe owner said so.'
    const body = { scope: NARROW, ttl_seconds: 58, reason }
    const asked = await careful.ask('POST', '/v1/leases', { body })
    expect(asked.json.approval.unverified_reason).toBe(reason)
    const long = { ...body, reason: 'x'.repeat(201) }
    expect((await careful.ask('POST', '/v1/leases', { body: long })).json.code).toBe('malformed')
  })
})

describe('its owner is told', () => {
  it('by an alert when it is asked, and by another when it is decided', async () => {
    const { id } = await askForLease(careful)
    await approve(site.owner, await read(id))
    const page = await site.owner.ask('GET', '/v1/alerts?limit=20')
    const about = page.json.items.filter((item: { facts: { approval?: string } }) => {
      return item.facts.approval === id
    })
    expect(about.map((item: { kind: string }) => item.kind).sort()).toEqual([
      'approval.decided',
      'approval.requested',
    ])
  })
})
