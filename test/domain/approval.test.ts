import { describe, expect, it } from 'vitest'
import {
  type Approval,
  type ApprovalRequest,
  type ApprovalState,
  approvalText,
  likenessText,
  stateOfApproval,
  subjectsOfApproval,
} from '../../src/domain/approval.ts'
import { type ApprovalsCounted, requireRoomToAsk } from '../../src/domain/approval-quota.ts'
import { hasVoice, planVote, requireUsableYes } from '../../src/domain/approval-vote.ts'
import type { LeaseId, TenantId } from '../../src/domain/ids.ts'
import * as L from '../../src/domain/limits.ts'
import { later } from '../../src/domain/time.ts'
import { digestOf, SECOND, testApproval, testRequest } from '../support/approval-facts.ts'
import { agentUri, newLeaseId, OWNER, T0, testScope, thumbprint } from '../support/store-facts.ts'
import { outcome } from './samples.ts'

const LEASE = newLeaseId()
const PIN = { method: 'GET', target: 'https://api.example.com/repos/a/1?x=1' }
const SAID = { owner: OWNER, yes: true, at: T0 }

describe('the digest of a request', () => {
  const changes: readonly (readonly [string, Partial<ApprovalRequest>])[] = [
    ['kind', { kind: 'action' }],
    ['tenant', { tenant: 'other' as TenantId }],
    ['requester', { requester: agentUri('thief') }],
    ['certificate', { certificate: thumbprint('new') }],
    ['subject', { subject: SECOND }],
    ['lineage', { lineage: [LEASE] }],
    ['scope', { scope: testScope(5) }],
    ['ttl', { ttlSeconds: 61 }],
    ['ttl left open', { ttlSeconds: null }],
    ['audience', { audience: 'https://other.example' }],
    ['pin', { pin: PIN }],
    ['body of the pin', { pin: { ...PIN, bodyDigest: 'A'.repeat(43) } }],
    ['delegate', { delegate: agentUri('other') }],
    ['credential', { credential: 'github' }],
  ]

  it.each(changes)('is another one when its %s is', (_what, change) => {
    const all = changes.map(([, one]) => digestOf(testRequest(one)))
    expect(digestOf(testRequest(change))).not.toBe(digestOf(testRequest()))
    expect(all.filter((digest) => digest === digestOf(testRequest(change)))).toHaveLength(1)
  })

  it('does not depend on the order of members', () => {
    const { kind, ...rest } = testRequest()
    expect(approvalText({ ...rest, kind } as ApprovalRequest)).toBe(approvalText(testRequest()))
  })
})

describe('the state is derived', () => {
  const stands = { now: T0, stands: true }
  const cases: readonly (readonly [ApprovalState, Partial<Approval>, Partial<typeof stands>])[] = [
    ['pending', {}, {}],
    ['approved', { approvedAt: T0, votes: [SAID] }, {}],
    ['void', { approvedAt: T0 }, {}],
    ['void', { approvedAt: T0, votes: [SAID], quorum: 2 }, {}],
    ['void', { approvedAt: T0, votes: [{ ...SAID, owner: SECOND }] }, {}],
    ['used', { approvedAt: T0, usedAt: T0 }, {}],
    ['used', { approvedAt: T0, usedAt: T0 }, { stands: false }],
    ['denied', { deniedAt: T0 }, { stands: false }],
    ['void', {}, { stands: false }],
    ['void', { approvedAt: T0 }, { stands: false }],
    ['expired', {}, { now: later(T0, 300) }],
    ['expired', { approvedAt: T0 }, { now: later(T0, 300) }],
    ['pending', {}, { now: later(T0, 299) }],
  ]
  it.each(cases)('%s: %j at %j', (state, change, at) => {
    expect(stateOfApproval(testApproval(change), { ...stands, ...at })).toBe(state)
  })

  it('from everything a revocation can name above it, and the delegate', () => {
    const request = testRequest({ lineage: [LEASE], delegate: agentUri('other') })
    expect([...subjectsOfApproval(testApproval({ request }))].sort()).toEqual([
      `agent:${agentUri('other')}`,
      `agent:${agentUri('worker')}`,
      `certificate:${thumbprint('worker')}`,
      `lease:${LEASE}`,
      `principal:${OWNER}`,
      'tenant:default',
    ])
  })
})

describe('LEASH-02: owners decide', () => {
  const yes = SAID

  it('one yes of the accountable owner is enough where one is asked for', () => {
    expect(planVote(testApproval(), yes, 'pending')).toMatchObject({ value: { approvedAt: T0 } })
    expect(hasVoice(testApproval(), SECOND)).toBe(false)
  })

  it('a quorum needs distinct owners, the accountable one among them', () => {
    const two = testApproval({ quorum: 2 })
    expect(hasVoice(two, SECOND)).toBe(true)
    expect(planVote(two, yes, 'pending')).toMatchObject({ value: { approvedAt: null } })
    const after = { ...two, votes: [yes] }
    expect(outcome(planVote(after, yes, 'pending'))).toBe('conflict')
    const second = { ...yes, owner: SECOND }
    expect(planVote(after, second, 'pending')).toMatchObject({ value: { approvedAt: T0 } })
    const third = { ...yes, owner: 'third' as typeof OWNER }
    const strangers = { ...two, votes: [second] }
    expect(planVote(strangers, third, 'pending')).toMatchObject({ value: { approvedAt: null } })
  })

  it('one no ends it, also the no of who said yes before', () => {
    const two = testApproval({ quorum: 2, votes: [yes] })
    const no = { ...yes, yes: false }
    expect(planVote(two, no, 'pending')).toMatchObject({ value: { deniedAt: T0 } })
  })

  it.each(['approved', 'denied', 'expired', 'void', 'used'] as const)(
    'nobody decides what is %s',
    (state) => {
      const said = planVote(testApproval(), yes, state)
      expect(said).toMatchObject({ refusal: { code: 'conflict', reasons: [{ code: state }] } })
    },
  )

  it('a yes can be used for APPROVAL_CLAIM_SECONDS at least', () => {
    const late = { ...yes, at: later(T0, 299) }
    expect(planVote(testApproval(), late, 'pending')).toMatchObject({
      value: { expiresAt: later(T0, 299 + L.APPROVAL_CLAIM_SECONDS) },
    })
    expect(planVote(testApproval(), yes, 'pending')).toMatchObject({
      value: { expiresAt: later(T0, L.APPROVAL_SECONDS_DEFAULT) },
    })
  })
})

describe('a yes is used for exactly what was approved', () => {
  const vote = { owner: OWNER, yes: true, at: T0 }
  const approval = testApproval({ approvedAt: T0, votes: [vote] })
  const asked = { digest: approval.digest, requester: agentUri('worker'), quorum: 1 }

  it.each([
    ['unknown', undefined, {}, 'approved'],
    ['unknown', approval, { requester: agentUri('thief') }, 'approved'],
    ['changed', approval, { digest: 'another' }, 'approved'],
    ['pending', approval, {}, 'pending'],
    ['denied', approval, {}, 'denied'],
    ['expired', approval, {}, 'expired'],
    ['void', approval, {}, 'void'],
    ['used', approval, {}, 'used'],
    ['quorum', approval, { quorum: 2 }, 'approved'],
  ] as const)('%s', (reason, known, change, state) => {
    expect(requireUsableYes(known, { ...asked, ...change }, state)).toMatchObject({
      refusal: { code: 'approval_denied', reasons: [{ pointer: '/approval', code: reason }] },
    })
  })

  it('and then it is', () => {
    expect(outcome(requireUsableYes(approval, asked, 'approved'))).toBe('ok')
  })
})

describe('CDPX-22: a person is not worn out', () => {
  const none = { pendingOfAgent: 0, pendingOfRoot: 0, lastMinute: 0, lastDeniedAt: null }
  it.each([
    [L.APPROVALS_PENDING_PER_AGENT_MAX, 'pendingOfAgent', 10],
    [L.APPROVALS_PENDING_PER_ROOT_MAX, 'pendingOfRoot', 20],
    [L.APPROVALS_PER_MINUTE, 'lastMinute', 30],
  ] as const)('%i of %s are too many', (max, counted, expected) => {
    expect(max).toBe(expected)
    const room = (count: number): ApprovalsCounted => ({ ...none, [counted]: count })
    expect(outcome(requireRoomToAsk(room(max - 1), T0))).toBe('ok')
    expect(outcome(requireRoomToAsk(room(max), T0))).toBe('rate_limited')
  })

  it('by an agent within APPROVAL_COOLDOWN_SECONDS of a no', () => {
    const denied = { ...none, lastDeniedAt: T0 }
    const over = later(T0, L.APPROVAL_COOLDOWN_SECONDS)
    expect(requireRoomToAsk(denied, later(T0, 1))).toMatchObject({
      refusal: { code: 'rate_limited', facts: { retryAfterSeconds: 4 } },
    })
    expect(outcome(requireRoomToAsk(denied, over))).toBe('ok')
  })

  it('by limits that fit each other', () => {
    expect(L.APPROVAL_BATCH_MAX).toBeLessThanOrEqual(L.APPROVALS_PENDING_PER_ROOT_MAX)
    expect(L.APPROVAL_SECONDS_DEFAULT).toBeLessThan(L.APPROVAL_SECONDS_MAX)
    expect(L.APPROVAL_SECONDS_MAX).toBeLessThan(L.APPROVAL_KEPT_SECONDS)
    expect(L.APPROVAL_QUORUM_MAX).toBe(5)
    expect(L.EVENT_STREAMS_PER_CALLER_MAX).toBeLessThan(L.EVENT_STREAMS_MAX)
    expect(L.EVENT_STREAM_POLL_MS).toBeLessThan(L.FEED_HEARTBEAT_MS)
    expect(L.APPROVAL_STREAM_ROWS).toBeGreaterThan(L.APPROVALS_PENDING_PER_ROOT_MAX)
  })
})

describe('look-alikes', () => {
  const of = (change: Partial<ApprovalRequest>) =>
    likenessText({ request: testRequest({ kind: 'token', lineage: [LEASE], pin: PIN, ...change }) })
  const at = (target: string, method = 'GET') => of({ pin: { method, target } })

  it('differ in the last segment, the query and the body alone', () => {
    expect(at('https://api.example.com/repos/a/2')).toBe(of({}))
    expect(of({ pin: { ...PIN, bodyDigest: 'A'.repeat(43) } })).toBe(of({}))
  })

  it.each([
    ['folder', at('https://api.example.com/repos/b/1')],
    ['depth', at('https://api.example.com/repos/a/1/2')],
    ['host', at('https://api.example.org/repos/a/1')],
    ['method', at(PIN.target, 'DELETE')],
    ['lease', of({ lineage: [newLeaseId() as LeaseId] })],
    ['requester', of({ requester: agentUri('other') })],
    ['scope', of({ scope: testScope(3) })],
    ['pin, which one has not', of({ pin: null })],
  ])('do not differ in their %s', (_what, other) => {
    expect(other).not.toBe(of({}))
  })

  it('a URL without a path has nothing to be alike in', () => {
    expect(at('https://a.example')).not.toBe(at('https://b.example'))
  })
})
