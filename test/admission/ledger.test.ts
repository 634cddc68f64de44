import { beforeEach, describe, expect, it } from 'vitest'
import { createAdmission } from '../../src/admission/admit.ts'
import type { Presentation } from '../../src/admission/ports.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { type RevocationSubject, subjectOf } from '../../src/domain/revocation.ts'
import type { Scope } from '../../src/domain/scope/types.ts'
import type { Store } from '../../src/store/ports.ts'
import { refusalRecorder } from '../../src/usecases/tokens/redeem-token.ts'
import {
  ALICE,
  agent,
  at,
  CERTIFICATE,
  lease,
  leaseId,
  outcome,
  PLANNER,
  scope,
  WORKER,
} from '../domain/samples.ts'
import { testPlace } from '../support/store.ts'
import { decide, given, revoke } from '../support/store-facts.ts'
import { AUDIENCE, GET, ISSUER, PEER, REQUEST_ID, TOKEN_KEY, token } from './rig.ts'

let store: Store
let place: ReturnType<typeof testPlace>

beforeEach(async () => {
  place = testPlace()
  store = await place.open()
  await given(store, {
    agents: [agent({ uri: PLANNER }), agent({ uri: WORKER })],
    leases: [lease(0), lease(1)],
  })
})

/** An enforcement point beside the authority's own store. */
function admitting(beside: Store = store) {
  return createAdmission({
    tenant: DEFAULT_TENANT,
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: place.clock,
    keys: { verification: (kid) => (kid === TOKEN_KEY.kid ? TOKEN_KEY : undefined) },
    redeemer: beside,
    recorder: refusalRecorder(beside),
  })
}

function present(text: string, changed: Partial<Presentation> = {}) {
  const admit = admitting()
  return admit({ token: text, peer: PEER, request: GET, requestId: REQUEST_ID, ...changed })
}

/** What the audit trail says of redemptions, in order. */
async function recorded(): Promise<readonly string[]> {
  const rows = await store.read((reads) => reads.auditRows({}, 1_000))
  return rows
    .map(({ body }) => JSON.parse(body) as { event: string; outcome: string })
    .filter(({ event }) => event === 'token.redeemed')
    .map((entry) => entry.outcome)
}

async function setContract(contract: Scope): Promise<void> {
  await decide(store, async (transaction) => {
    await transaction.updateAgent(agent({ uri: WORKER, contract, contractVersion: 2 }))
    return accept(undefined)
  })
}

describe('with the real ledger', () => {
  it('I7: of twenty who present one token at once, one is admitted', async () => {
    const text = await token()
    const results = await Promise.all(Array.from({ length: 20 }, () => present(text)))
    const codes = results.map(outcome).sort()
    expect(codes).toEqual(['ok', ...Array.from({ length: 19 }, () => 'token_used')])
  })

  it('I7: a spent token stays spent when the store is opened again', async () => {
    const text = await token()
    expect(outcome(await present(text))).toBe('ok')
    await store.close()
    store = await place.open()
    expect(outcome(await present(text))).toBe('token_used')
  })

  it('I10: every decision after verification has exactly one record', async () => {
    const text = await token()
    await present(text, { request: { ...GET, method: 'DELETE' } })
    await present(text, { peer: { uri: PLANNER, certificate: CERTIFICATE } })
    await present(text)
    await present(text)
    await present(await token({ audience: 'https://other.example' }))
    await present('no token')
    expect(await recorded()).toEqual([
      'scope_not_granted',
      'holder_binding_failed',
      'allowed',
      'token_used',
    ])
  })

  it('says when the earliest lease above ends, and who holds it', async () => {
    const result = await present(await token())
    expect(result).toMatchObject({ value: { leaseEndsAt: at(600) } })
    expect(result.ok && result.value.subjects).toContain(`agent:${PLANNER}`)
  })

  it('I11: what is spent below a lease never exceeds its uses', async () => {
    const max = scope({ limits: { max_uses: 3 } })
    const [root, child] = [lease(2), lease(3)].map((sample) => ({ ...sample, scope: max }))
    if (root === undefined || child === undefined) throw new Error('two leases')
    await given(store, {
      leases: [
        { ...root, parentId: null, lineage: [root.id], holders: [PLANNER] },
        { ...child, lineage: [root.id, child.id], holders: [PLANNER, WORKER] },
      ],
    })
    const below = { id: child.id, lineage: [root.id, child.id] }
    const results = await Promise.all(
      Array.from({ length: 5 }, async () => present(await token({ lease: below }))),
    )
    expect(results.map(outcome).sort()).toEqual([
      'ok',
      'ok',
      'ok',
      'uses_exhausted',
      'uses_exhausted',
    ])
  })

  it('a store that is closed admits nothing', async () => {
    const text = await token()
    await store.close()
    expect(outcome(await present(text))).toBe('status_unknown')
  })
})

const subjects: readonly (readonly [string, RevocationSubject])[] = [
  ['the lease', subjectOf('lease', leaseId(1))],
  ['the lease above', subjectOf('lease', leaseId(0))],
  ['the agent', subjectOf('agent', WORKER)],
  ['the agent above', subjectOf('agent', PLANNER)],
  ['the certificate', subjectOf('certificate', CERTIFICATE)],
  ['the signing key', subjectOf('key', TOKEN_KEY.kid)],
  ['the principal', subjectOf('principal', ALICE)],
  ['the tenant', subjectOf('tenant', DEFAULT_TENANT)],
]

describe('I9: once a revocation has been recorded no call that starts later is admitted', () => {
  it.each(subjects)('of %s', async (_sentence, subject) => {
    const text = await token()
    await revoke(store, subject)
    expect(outcome(await present(text))).toBe('revoked')
    expect(await recorded()).toEqual(['revoked'])
  })

  it.each(subjects)(
    'and a suspension of %s holds until it is lifted',
    async (_sentence, subject) => {
      const text = await token()
      await revoke(store, subject, 'suspended')
      expect(outcome(await present(text))).toBe('suspended')
      await decide(store, async (transaction) => {
        return accept(await transaction.liftSuspension(DEFAULT_TENANT, subject))
      })
      expect(outcome(await present(text))).toBe('ok')
    },
  )

  it('of another lease: nothing here dies', async () => {
    await revoke(store, subjectOf('lease', leaseId(9)))
    expect(outcome(await present(await token()))).toBe('ok')
  })
})

describe('I5: a lineage is the stored one or none', () => {
  it.each([
    ['without its root', { id: leaseId(1), lineage: [leaseId(1)] }, 0],
    ['under another root', { id: leaseId(1), lineage: [leaseId(5), leaseId(1)] }, 1],
    ['of a lease that was never born', { id: leaseId(9), lineage: [leaseId(9)] }, 0],
    ['longer than it is', { id: leaseId(1), lineage: [leaseId(0), leaseId(5), leaseId(1)] }, 2],
  ])('%s', async (_sentence, claimed, depth) => {
    expect(outcome(await present(await token({ lease: claimed, depth })))).toBe('not_found')
  })

  it('a lease held by another agent serves nobody else', async () => {
    const root = { id: leaseId(0), lineage: [leaseId(0)] }
    expect(outcome(await present(await token({ lease: root, depth: 0 })))).toBe(
      'holder_binding_failed',
    )
  })
})

describe('contracts are live', () => {
  it('I4: one that no longer covers the request refuses, and the token is kept', async () => {
    const text = await token()
    await setContract(scope({ grants: [] }))
    expect(outcome(await present(text))).toBe('scope_not_granted')
    await setContract(scope())
    expect(outcome(await present(text))).toBe('ok')
    expect(await recorded()).toEqual(['scope_not_granted', 'allowed'])
  })

  it('I4: one that no longer names this audience refuses', async () => {
    await setContract(scope({ audiences: ['https://other.example'] }))
    expect(outcome(await present(await token()))).toBe('scope_not_granted')
  })

  it('one that moved and still covers it changes nothing', async () => {
    await setContract(scope({ limits: { max_uses: 7 } }))
    expect(outcome(await present(await token()))).toBe('ok')
  })
})

describe('time', () => {
  it.each([
    [0, 'ok'],
    [59, 'ok'],
    [60, 'expired'],
    [600, 'expired'],
  ])('after %d s a token of 60 s is %s', async (seconds, code) => {
    const text = await token()
    place.clock.at = at(seconds)
    expect(outcome(await present(text))).toBe(code)
  })

  it('I7: a clock that steps back revives nothing', async () => {
    const text = await token()
    place.clock.at = at(61)
    await given(store, {})
    place.clock.at = at(0)
    expect(outcome(await present(text))).toBe('expired')
  })
})
