import { describe, expect, it } from 'vitest'
import { createDetachedAdmission } from '../../src/admission/detached.ts'
import type { Presentation } from '../../src/admission/ports.ts'
import { type AgentUri, DEFAULT_TENANT, type Jti } from '../../src/domain/ids.ts'
import type { TokenLedger } from '../../src/domain/ledger.ts'
import {
  CONTRACT_MOVE_SECONDS,
  DETACHED_STALE_SECONDS_DEFAULT,
  DETACHED_STALE_SECONDS_MAX,
  TOKEN_TTL_SECONDS_DEFAULT,
} from '../../src/domain/limits.ts'
import { type RefusalCode, refuse } from '../../src/domain/refusal.ts'
import { type RevocationSubject, subjectOf } from '../../src/domain/revocation.ts'
import type { ScopeLimits } from '../../src/domain/scope/types.ts'
import type { RevocationView } from '../../src/domain/standing.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'
import {
  ALICE,
  at,
  CERTIFICATE,
  HELPER,
  leaseId,
  NOW,
  outcome,
  PLANNER,
  scope,
  WORKER,
} from '../domain/samples.ts'
import { AUDIENCE, freshKey, GET, ISSUER, PEER, REQUEST_ID, TOKEN_KEY, token } from './rig.ts'

type Effect = ReturnType<RevocationView['effect']>

/** What an enforcement point knows of revocations, in the hands of the test. */
class Known implements RevocationView {
  readonly effects = new Map<RevocationSubject, Effect>()
  readonly moved = new Map<AgentUri, EpochSeconds>()
  stale = 0.2
  keysAreFresh = true

  effect(subjects: readonly RevocationSubject[]): Effect {
    return subjects.map((subject) => this.effects.get(subject)).find((found) => found !== undefined)
  }

  contractMovedAt(agent: AgentUri): EpochSeconds | undefined {
    return this.moved.get(agent)
  }

  staleness(): number {
    return this.stale
  }
}

/** A detached point; its ledger writes down in order what is asked of it. */
function point(setup: { readonly during?: () => void; readonly after?: () => void } = {}) {
  const known = new Known()
  const events: string[] = []
  const spent = new Set<Jti>()
  const ledger: TokenLedger = {
    async spend(spend, judge) {
      setup.during?.()
      const judged = judge()
      if (!judged.ok) {
        events.push(`refused ${judged.refusal.code}`)
        return { kind: 'refused', refusal: judged.refusal }
      }
      if (spent.has(spend.jti)) {
        return { kind: 'refused', refusal: refuse('token_used').refusal }
      }
      spent.add(spend.jti)
      events.push('spent')
      setup.after?.()
      return { kind: 'spent', record: { chain: 'ledger', sequence: spent.size }, at: NOW }
    },
    async recordRefusal(_spend, { code, facts }) {
      events.push(`recorded ${code}${facts['spent'] === true ? ' of a spent token' : ''}`)
    },
  }
  const admit = createDetachedAdmission({
    tenant: DEFAULT_TENANT,
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: {
      verification: (kid) => (kid === TOKEN_KEY.kid ? TOKEN_KEY : undefined),
      freshFor: async () => known.keysAreFresh,
    },
    clock: { now: () => at(1) },
    ledger,
    revocations: known,
    maxStaleSeconds: DETACHED_STALE_SECONDS_DEFAULT,
  })
  return {
    known,
    events,
    present: (text: string, changed: Partial<Presentation> = {}) =>
      admit({ token: text, peer: PEER, request: GET, requestId: REQUEST_ID, ...changed }),
  }
}

/** A token of a scope that nobody has to count. */
function uncounted(limits: Partial<ScopeLimits> = {}, changed: Parameters<typeof token>[0] = {}) {
  const labels = { project: 'apollo' }
  const free = scope({ limits: { max_uses: 'unlimited', ...limits } })
  return token({ scope: free, labels, ...changed })
}

const subjects: readonly (readonly [string, RevocationSubject])[] = [
  ['the lease', subjectOf('lease', leaseId(1))],
  ['the lease above', subjectOf('lease', leaseId(0))],
  ['the agent', subjectOf('agent', WORKER)],
  ['the agent above', subjectOf('agent', PLANNER)],
  ['the certificate', subjectOf('certificate', CERTIFICATE)],
  ['the signing key', subjectOf('key', TOKEN_KEY.kid)],
  ['the principal', subjectOf('principal', ALICE)],
  ['the tenant', subjectOf('tenant', DEFAULT_TENANT)],
  ['a label', subjectOf('label', 'project=apollo')],
]

describe('a detached enforcement point', () => {
  it('admits what every stage lets pass, and spends last', async () => {
    const { present, events } = point()
    const admitted = await present(await uncounted())
    expect(admitted).toMatchObject({
      ok: true,
      value: { record: { chain: 'ledger', sequence: 1 }, leaseEndsAt: at(60) },
    })
    expect(admitted.ok && [...admitted.value.subjects].sort()).toEqual(
      subjects.map(([, subject]) => subject).sort(),
    )
    expect(events).toEqual(['spent'])
  })

  it('I7: spends a token once', async () => {
    const { present } = point()
    const text = await uncounted()
    expect(outcome(await present(text))).toBe('ok')
    expect(outcome(await present(text))).toBe('token_used')
  })

  it.each<[string, () => Promise<string>, Partial<Presentation>, RefusalCode]>([
    ['no token', async () => 'no token', {}, 'malformed'],
    ['a key nobody knows', () => token({}, freshKey()), {}, 'signature_invalid'],
    [
      'another audience',
      () => uncounted({}, { audience: 'https://a.example' }),
      {},
      'audience_mismatch',
    ],
    ['its end', () => uncounted({}, { expiresAt: at(1) }), {}, 'expired'],
    ['I8: another peer', uncounted, { peer: { ...PEER, uri: PLANNER } }, 'holder_binding_failed'],
    ['another request', uncounted, { request: { ...GET, method: 'PUT' } }, 'scope_not_granted'],
  ])('refuses what admission refuses everywhere: %s', async (_what, make, changed, code) => {
    const { present, events } = point()
    expect(outcome(await present(await make(), changed))).toBe(code)
    expect(events).not.toContain('spent')
  })
})

it('refuses while the published keys are too old to tell', async () => {
  const { present, known, events } = point()
  known.keysAreFresh = false
  expect(outcome(await present(await uncounted()))).toBe('status_unknown')
  expect(events).toEqual([])
})

describe('I9, bounded: what is known of revocations', () => {
  it.each(subjects)('of %s refuses', async (_whose, subject) => {
    for (const effect of ['revoked', 'suspended', 'released'] as const) {
      const { present, known, events } = point()
      known.effects.set(subject, effect)
      expect(outcome(await present(await uncounted()))).toBe(effect)
      expect(events).toEqual([`recorded ${effect}`])
    }
  })

  it('of somebody else refuses nobody', async () => {
    const { present, known } = point()
    known.effects.set(subjectOf('lease', leaseId(9)), 'revoked')
    known.effects.set(subjectOf('agent', HELPER), 'revoked')
    expect(outcome(await present(await uncounted()))).toBe('ok')
  })

  it.each([
    [0, 'ok'],
    [DETACHED_STALE_SECONDS_DEFAULT, 'ok'],
    [DETACHED_STALE_SECONDS_DEFAULT + 0.001, 'status_unknown'],
    [Number.POSITIVE_INFINITY, 'status_unknown'],
    [Number.NaN, 'status_unknown'],
  ])('that is %d s old gives %s', async (stale, code) => {
    const { present, known, events } = point()
    known.stale = stale
    expect(outcome(await present(await uncounted()))).toBe(code)
    expect(events).toEqual(code === 'ok' ? ['spent'] : ['recorded status_unknown'])
  })

  it('that comes while the ledger waits refuses before the token is spent', async () => {
    const { present, known, events } = point({
      during: () => known.effects.set(subjectOf('lease', leaseId(0)), 'revoked'),
    })
    expect(outcome(await present(await uncounted()))).toBe('revoked')
    expect(events).toEqual(['refused revoked'])
  })

  it('that comes with the commit refuses a call whose token stays spent', async () => {
    const { present, known, events } = point({
      after: () => known.effects.set(subjectOf('agent', PLANNER), 'suspended'),
    })
    const text = await uncounted()
    expect(outcome(await present(text))).toBe('suspended')
    expect(events).toEqual(['spent', 'recorded suspended of a spent token'])
    known.effects.clear()
    expect(outcome(await present(text))).toBe('token_used')
  })

  it('names every holder or nothing is known', async () => {
    const { present } = point()
    expect(outcome(await present(await uncounted({}, { actors: [WORKER] })))).toBe('status_unknown')
  })

  it('may be asked to be no older than one token lives', () => {
    expect(DETACHED_STALE_SECONDS_MAX).toBeLessThanOrEqual(TOKEN_TTL_SECONDS_DEFAULT)
    expect(DETACHED_STALE_SECONDS_DEFAULT).toBeLessThan(DETACHED_STALE_SECONDS_MAX)
  })
})

describe('I4: contracts', () => {
  it.each<[string, AgentUri, number, string]>([
    ['of the agent, well before the token', WORKER, -CONTRACT_MOVE_SECONDS - 1, 'ok'],
    ['of the agent, while the token was minted', WORKER, -CONTRACT_MOVE_SECONDS, 'status_unknown'],
    ['of the agent, a second before the token', WORKER, -1, 'status_unknown'],
    ['of the agent, in the second of the token', WORKER, 0, 'status_unknown'],
    ['of the agent, after the token', WORKER, 1, 'status_unknown'],
    ['of the agent above, after the token', PLANNER, 1, 'status_unknown'],
    ['of somebody else', HELPER, 1, 'ok'],
  ])('that moved, %s', async (_what, agent, seconds, code) => {
    const { present, known } = point()
    known.moved.set(agent, at(seconds))
    expect(outcome(await present(await uncounted()))).toBe(code)
  })
})

describe('I11: what has to be counted is not taken here', () => {
  it.each<[string, Partial<ScopeLimits>]>([
    ['/limits/max_uses', { max_uses: 1 }],
    ['/limits/max_uses', { max_uses: 1_000_000 }],
    ['/limits/budgets', { budgets: [{ unit: 'USD', decimals: 2, amount: 500 }] }],
    ['/limits/rate', { rate: { requests: 60, per_seconds: 60 } }],
  ])('%s', async (pointer, limits) => {
    const { present, events } = point()
    const refused = await present(await uncounted(limits))
    expect(outcome(refused)).toBe('limit_unenforceable')
    expect(!refused.ok && refused.refusal.reasons.map((reason) => reason.pointer)).toEqual([
      pointer,
    ])
    expect(events).toEqual(['recorded limit_unenforceable'])
  })
})
