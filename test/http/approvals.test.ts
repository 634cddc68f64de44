import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
import { redemptionOf } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let careful: Peer
let worker: Peer
let stranger: Peer
let gateway: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  stranger = await site.enroll('stranger')
  gateway = await site.enroll('gate', { role: 'enforcement' })
  careful = await site.enroll('careful', { terms: { approval_mode: 'per_request' } })
})
afterAll(() => site.close())
// Each test begins in a minute of its own, with nothing waiting from the one before.
beforeEach(() => site.advance(400))

const told = (seen: Seen) => [seen.status, seen.json?.code ?? seen.json?.state]

describe('LEASH-19: an agent whose contract says per request opens no lease without a yes', () => {
  it('is answered the question, and the lease after the yes, once', async () => {
    const body = { scope: NARROW, ttl_seconds: 120, reason: 'nightly build' }
    const asked = await careful.ask('POST', '/v1/leases', { body })
    expect(asked.status).toBe(202)
    const { approval } = asked.json
    expect(approval).toMatchObject({
      state: 'pending',
      kind: 'lease',
      owner: 'owner',
      requester: careful.uri,
      certificate_thumbprint: careful.thumbprint,
      lease_id: null,
      lineage: [{ lease_id: null, holder: careful.uri, depth: 0 }],
      unverified_reason: 'nightly build',
      policy: 'contract',
      attestation: { tier: 'warning', method: 'mtls' },
      first_time: true,
      quorum: 1,
      votes: [],
    })
    expect(approval.scope.grants[0]).toMatchObject({ schemes: ['https'], ports: [443] })
    const waiting = { ...body, approval: approval.id }
    const early = await careful.ask('POST', '/v1/leases', { body: waiting })
    expect(told(early)).toEqual([403, 'approval_denied'])
    expect((await approve(site.owner, approval)).json).toMatchObject({
      state: 'approved',
      votes: [{ owner: 'owner', decision: 'approve' }],
    })
    const opened = await careful.ask('POST', '/v1/leases', { body: waiting })
    expect([opened.status, opened.json.holder]).toEqual([201, careful.uri])
    const again = await careful.ask('POST', '/v1/leases', { body: waiting })
    expect(told(again)).toEqual([403, 'approval_denied'])
    expect(again.json.reasons[0].code).toBe('used')
  })

  it('is answered the same question when it asks again, whatever its Idempotency-Key', async () => {
    const body = { scope: NARROW, ttl_seconds: 60 }
    const headers = { 'idempotency-key': 'k-1' }
    const first = await careful.ask('POST', '/v1/leases', { body, headers })
    const second = await careful.ask('POST', '/v1/leases', { body, headers })
    expect(second.json.approval.id).toBe(first.json.approval.id)
    expect(second.headers['idempotency-replayed']).toBeUndefined()
    await approve(site.owner, first.json.approval)
    const third = await careful.ask('POST', '/v1/leases', { body })
    expect([third.status, third.json.approval.state]).toEqual([202, 'approved'])
  })

  it('does not prolong such a lease without one either', async () => {
    const { id, body } = await askForLease(careful)
    await approve(site.owner, await read(careful, id))
    const opened = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    const path = `/v1/leases/${opened.json.id}/renew`
    const asked = await careful.ask('POST', path, { body: { ttl_seconds: 700 } })
    expect([asked.status, asked.json.approval.lease_id]).toEqual([202, opened.json.id])
    await approve(site.owner, asked.json.approval)
    const renewal = { ttl_seconds: 700, approval: asked.json.approval.id }
    const renewed = await careful.ask('POST', path, { body: renewal })
    expect([renewed.status, renewed.json.renewals]).toEqual([200, 1])
  })

  it('is recorded: asked, approved, opened, each once (I10)', async () => {
    const { id, body } = await askForLease(careful)
    await approve(site.owner, await read(careful, id))
    await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    const seen = await site.owner.ask('GET', '/v1/audit?limit=200')
    const about = seen.json.items
      .map((row: { body: string }) => JSON.parse(row.body))
      .filter((record: { facts: { approval?: string } }) => record.facts.approval === id)
    expect(about.map(({ event, outcome }: never) => [event, outcome]).sort()).toEqual([
      ['approval.approved', 'allowed'],
      ['approval.requested', 'allowed'],
      ['lease.opened', 'allowed'],
    ])
  })
})

describe('LEASH-42: a scope that asks for approval', () => {
  it('has each call token approved for one request, which alone it then admits', async () => {
    const lease = await leaseWithApproval()
    const body = { lease_id: lease, audience: AUDIENCE, pin: PIN, reason: 'look at x' }
    const asked = await planner.ask('POST', '/v1/tokens', { body })
    expect(asked.status).toBe(202)
    expect(asked.json.approval).toMatchObject({ kind: 'token', policy: 'scope', pin: PIN })
    await approve(site.owner, asked.json.approval)
    const yes = { ...body, approval: asked.json.approval.id }
    const minted = await planner.ask('POST', '/v1/tokens', { body: yes })
    expect(minted.status).toBe(201)
    const redemption = redemptionOf(minted.json.tokens[0].token, planner)
    const redeem = (body: object) => gateway.ask('POST', '/v1/tokens/redeem', { body })
    expect((await redeem(redemption)).json.code).toBe('request_mismatch')
    const body0 = { media_type: '', bytes: 0, text: '' }
    const told = { ...redemption, request: { type: 'http', ...PIN, body: body0 } }
    expect((await redeem(told)).status).toBe(200)
    expect((await planner.ask('POST', '/v1/tokens', { body: yes })).status).toBe(403)
  })

  it.each([
    ['without a pin', {}, 'request_mismatch'],
    ['for more than one call', { pin: PIN, count: 2 }, 'malformed'],
  ])('is not asked %s', async (_what, change, code) => {
    const body = { lease_id: await leaseWithApproval(), audience: AUDIENCE, ...change }
    expect((await planner.ask('POST', '/v1/tokens', { body })).json.code).toBe(code)
  })

  it('CDPX-16: is delegated only after a yes, which names delegate and lineage', async () => {
    const lease = await leaseWithApproval()
    const body = { lease_id: lease, delegate: worker.uri, scope: NARROW }
    const asked = await planner.ask('POST', '/v1/delegations', { body })
    expect(asked.json.approval).toMatchObject({
      kind: 'delegation',
      delegate: worker.uri,
      lineage: [{ lease_id: lease, holder: planner.uri, depth: 0 }],
    })
    await approve(site.owner, asked.json.approval)
    const yes = { ...body, approval: asked.json.approval.id }
    const delegated = await planner.ask('POST', '/v1/delegations', { body: yes })
    expect(delegated.status).toBe(201)
    const { token } = delegated.json
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect([born.status, born.json.scope.requires.approval]).toEqual([201, true])
    const below = { lease_id: born.json.id, audience: AUDIENCE, pin: PIN }
    const tokens = await worker.ask('POST', '/v1/tokens', { body: below })
    expect(tokens.status).toBe(202)
    expect(tokens.json.approval.lineage.map((hop: { holder: string }) => hop.holder)).toEqual([
      planner.uri,
      worker.uri,
    ])
  })
})

describe('LEASH-28: what became of it is told', () => {
  it('to the agent that asked, owners and operators, and to nobody else', async () => {
    const { id } = await askForLease(careful)
    for (const asker of [careful, site.owner, site.operator]) {
      expect((await asker.ask('GET', `/v1/approvals/${id}`)).json.state).toBe('pending')
      const page = await asker.ask('GET', '/v1/approvals?open=true')
      expect(page.json.items.map((item: { id: string }) => item.id)).toContain(id)
    }
    expect(told(await stranger.ask('GET', `/v1/approvals/${id}`))).toEqual([404, 'not_found'])
    expect((await stranger.ask('GET', '/v1/approvals')).json.items).toEqual([])
  })

  it('3.4: after 300 seconds without a yes it is a no, for the agent and for the person', async () => {
    const { id, body } = await askForLease(careful)
    const seen = await read(careful, id)
    expect(Date.parse(seen.expires_at) - Date.parse(seen.created_at)).toBe(300_000)
    site.advance(300)
    expect((await read(careful, id)).state).toBe('expired')
    const late = await approve(site.owner, seen)
    expect([late.status, late.json.reasons[0].code]).toEqual([409, 'expired'])
    const used = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect([told(used), used.json.reasons[0].code]).toEqual([[403, 'approval_denied'], 'expired'])
    const anew = await careful.ask('POST', '/v1/leases', { body })
    expect([anew.status, anew.json.approval.id === id]).toEqual([202, false])
  })

  it('a yes in the last second can be used for a minute, and no longer', async () => {
    const { id, body } = await askForLease(careful)
    const seen = await read(careful, id)
    site.advance(298)
    await approve(site.owner, seen)
    site.advance(58)
    expect((await read(careful, id)).state).toBe('approved')
    site.advance(3)
    const used = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(used.json.reasons[0].code).toBe('expired')
  })

  it('a no is final, and the agent has to wait before it asks anything (CDPX-22)', async () => {
    const { id, body } = await askForLease(careful)
    const path = `/v1/approvals/${id}/deny`
    const { digest } = await read(careful, id)
    expect((await site.owner.ask('POST', path, { body: { digest } })).json.state).toBe('denied')
    const late = await approve(site.owner, { id, digest })
    expect([late.status, late.json.reasons[0].code]).toEqual([409, 'denied'])
    const used = await careful.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
    expect(told(used)).toEqual([403, 'approval_denied'])
    const soon = await careful.ask('POST', '/v1/leases', { body })
    expect(told(soon)).toEqual([429, 'rate_limited'])
    expect(soon.json.retry_after_seconds).toBeGreaterThan(0)
    site.advance(6)
    expect((await careful.ask('POST', '/v1/leases', { body })).status).toBe(202)
  })
})

describe('look-alikes', () => {
  it('are decided at once, each with a record of its own', async () => {
    const lease = await leaseWithApproval()
    const asked = await Promise.all(['1', '2', '3'].map((name) => askToken(planner, lease, name)))
    const body = { decision: 'approve', approvals: asked.map(seenAs) }
    const decided = await site.owner.ask('POST', '/v1/approvals/decide', { body })
    expect(decided.json.items.map((item: { ok: boolean }) => item.ok)).toEqual([true, true, true])
    const again = await site.owner.ask('POST', '/v1/approvals/decide', { body })
    expect(again.json.items[0]).toMatchObject({ ok: false, problem: { code: 'conflict' } })
  })

  it('have to be alike, each named once and with its own digest', async () => {
    const lease = await leaseWithApproval()
    const one = seenAs(await askToken(planner, lease, '1'))
    const two = seenAs(await askToken(planner, lease, '2'))
    const other = seenAs(await askToken(planner, lease, 'deep/1'))
    const decide = (approvals: object[]) =>
      site.owner.ask('POST', '/v1/approvals/decide', { body: { decision: 'deny', approvals } })
    expect(told(await decide([one, other]))).toEqual([409, 'conflict'])
    expect(told(await decide([one, one]))).toEqual([409, 'conflict'])
    const swapped = await decide([{ ...one, digest: two.digest }, two])
    expect(swapped.json.items.map((item: { ok: boolean }) => item.ok)).toEqual([false, true])
  })
})

async function read(asker: Asker, id: string) {
  return (await asker.ask('GET', `/v1/approvals/${id}`)).json
}

const leaseWithApproval = async () => {
  const body = { scope: requiring(CONTRACT) }
  return (await planner.ask('POST', '/v1/leases', { body })).json.id as string
}

async function askToken(holder: Peer, lease: string, name: string) {
  const body = { lease_id: lease, audience: AUDIENCE, pin: pinnedTo(name) }
  const seen = await holder.ask('POST', '/v1/tokens', { body })
  if (seen.status !== 202) throw new Error(seen.text)
  return seen.json.approval as { id: string; digest: string }
}

const seenAs = ({ id, digest }: { id: string; digest: string }) => ({ id, digest })
