import { describe, expect, it } from 'vitest'
import type { Lease, LeaseState } from '../../src/domain/lease.ts'
import { requireLive, stateOf } from '../../src/domain/liveness.ts'
import type { RefusalCode } from '../../src/domain/refusal.ts'
import { type Revocation, subjectOf } from '../../src/domain/revocation.ts'
import { at, leaseId, lineage, NOW, scope } from './samples.ts'

function row(effect: Revocation['effect']): Revocation {
  return { subject: subjectOf('lease', leaseId(0)), effect, reason: 'test', at: NOW }
}

function used(usesSpent: number, max_uses: number | 'unlimited'): Partial<Lease> {
  return { usesSpent, scope: scope({ limits: { max_uses } }) }
}

/** What makes one lease of a lineage dead, each alone. */
const findings: readonly (readonly [LeaseState, Partial<Lease>])[] = [
  ['released', { releasedAt: NOW }],
  ['expired', { expiresAt: NOW }],
  ['exhausted', used(100, 100)],
]

describe('I6: every member of a lineage kills', () => {
  for (const length of [1, 2, 5, 17]) {
    for (const [state, change] of findings) {
      it(`a lineage of ${length} is ${state} when any one member is`, () => {
        const states = Array.from({ length }, (_, depth) =>
          stateOf(lineage(length, depth, change), [], NOW),
        )
        expect(states).toEqual(Array.from({ length }, () => state))
      })
    }
  }

  it.each([1, 2, 17])('a lineage of %d in which nothing is wrong is live', (length) => {
    expect(stateOf(lineage(length), [], NOW)).toBe('live')
  })

  it('a revocation of any subject kills, whatever the lineage says', () => {
    expect(stateOf(lineage(3), [row('revoked')], NOW)).toBe('revoked')
    expect(stateOf(lineage(3), [row('suspended')], NOW)).toBe('suspended')
  })
})

describe('I6: the worst finding wins', () => {
  it('revoked beats suspended, in either order', () => {
    expect(stateOf(lineage(1), [row('revoked'), row('suspended')], NOW)).toBe('revoked')
    expect(stateOf(lineage(1), [row('suspended'), row('revoked')], NOW)).toBe('revoked')
    expect(stateOf(lineage(1), [row('suspended'), row('suspended')], NOW)).toBe('suspended')
  })

  const dead = { releasedAt: NOW, expiresAt: NOW, ...used(1, 1) }
  it.each([
    ['revoked', [row('revoked')], dead],
    ['suspended', [row('suspended')], dead],
    ['released', [], dead],
    ['expired', [], { expiresAt: NOW, ...used(1, 1) }],
    ['exhausted', [], used(1, 1)],
  ] as const)('%s comes before what follows it', (state, revocations, change) => {
    expect(stateOf(lineage(2, 0, change), revocations, NOW)).toBe(state)
    expect(stateOf(lineage(2, 1, change), revocations, NOW)).toBe(state)
  })

  it('an ancestor that is worse wins over a lease that is less so', () => {
    const root = lineage(2, 0, { releasedAt: NOW }).slice(0, 1)
    const child = lineage(2, 1, { expiresAt: NOW }).slice(1)
    expect(stateOf([...root, ...child], [], NOW)).toBe('released')
  })
})

describe('I6: the boundaries', () => {
  it.each([
    [-1, 'expired'],
    [0, 'expired'],
    [1, 'live'],
  ])('a lease whose end is %d s away is %s', (seconds, state) => {
    expect(stateOf(lineage(2, 0, { expiresAt: at(seconds) }), [], NOW)).toBe(state)
  })

  it.each([
    [0, 1, 'live'],
    [99, 100, 'live'],
    [100, 100, 'exhausted'],
    [101, 100, 'exhausted'],
    [0, 0, 'exhausted'],
    [1_000_000, 'unlimited', 'live'],
  ] as const)('I11: %d uses of %s: %s', (spent, max, state) => {
    expect(stateOf(lineage(2, 1, used(spent, max)), [], NOW)).toBe(state)
  })

  it('a release counts from its moment on, also when that is the epoch itself', () => {
    expect(stateOf(lineage(1, 0, { releasedAt: at(-1_800_000_000) }), [], NOW)).toBe('released')
  })
})

describe('a dead lease is refused with the code of its state', () => {
  const codes: readonly (readonly [LeaseState, RefusalCode, Partial<Lease>, Revocation[]])[] = [
    ['revoked', 'revoked', {}, [row('revoked')]],
    ['suspended', 'suspended', {}, [row('suspended')]],
    ['released', 'released', { releasedAt: NOW }, []],
    ['expired', 'expired', { expiresAt: NOW }, []],
    ['exhausted', 'uses_exhausted', used(5, 5), []],
  ]

  it.each(codes)('%s → %s', (state, code, change, revocations) => {
    expect(requireLive(lineage(3, 1, change), revocations, NOW)).toEqual({
      ok: false,
      refusal: { code, facts: { state }, reasons: [] },
    })
  })

  it('a live one is not', () => {
    expect(requireLive(lineage(3), [], NOW)).toEqual({ ok: true, value: undefined })
  })
})
