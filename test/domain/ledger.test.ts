import { describe, expect, it } from 'vitest'
import { requireUncounted } from '../../src/domain/granting.ts'
import { requireWithinMemory } from '../../src/domain/ledger.ts'
import { CLOCK_SKEW_SECONDS } from '../../src/domain/limits.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import { within } from '../../src/domain/scope/subset.ts'
import type { ScopeLimits } from '../../src/domain/scope/types.ts'
import { at, NOW, outcome, scope } from './samples.ts'

describe('I7: the memory of a ledger', () => {
  it.each([
    [-300, 'status_unknown'],
    [0, 'status_unknown'],
    [CLOCK_SKEW_SECONDS, 'status_unknown'],
    [CLOCK_SKEW_SECONDS + 1, 'ok'],
    [CLOCK_SKEW_SECONDS + 300, 'ok'],
  ])('of a token issued %d s after its birth it says %s', (seconds, code) => {
    const judged = requireWithinMemory({ issuedAt: at(seconds) }, { bornAt: NOW, now: at(5) })
    expect(outcome(judged)).toBe(code)
  })

  it('tells when a token taken then would do', () => {
    const judged = requireWithinMemory({ issuedAt: NOW }, { bornAt: NOW, now: at(5) })
    expect(judged).toMatchObject({
      refusal: { facts: { ledgerBornAt: NOW, retryAfterSeconds: CLOCK_SKEW_SECONDS - 4 } },
    })
    const late = requireWithinMemory({ issuedAt: NOW }, { bornAt: NOW, now: at(900) })
    expect(late).toMatchObject({ refusal: { facts: { retryAfterSeconds: 1 } } })
  })
})

const FREE: Partial<ScopeLimits> = { max_uses: 'unlimited', budgets: [], rate: 'unlimited' }
const COUNTED: readonly (readonly [string, Partial<ScopeLimits>])[] = [
  ['uses', { max_uses: 1_000_000_000 }],
  ['a budget', { budgets: [{ unit: 'USD', decimals: 2, amount: 999_999_999_999_999 }] }],
  ['a rate', { rate: { requests: 1_000_000, per_seconds: 1 } }],
]

describe('I11: what has to be counted', () => {
  it('is nothing in a scope without limits', () => {
    expect(outcome(requireUncounted(scope({ limits: FREE })))).toBe('ok')
  })

  it.each(COUNTED)('is %s, however wide', (_what, limits) => {
    const counted = scope({ limits: { ...FREE, ...limits } })
    expect(outcome(requireUncounted(counted))).toBe('limit_unenforceable')
  })

  it.each(COUNTED)('%s of an ancestor are those of everything below, by I4', (_what, limits) => {
    const above = scope({ limits: { ...FREE, ...limits } })
    const child = scope({ limits: FREE })
    expect(within(child, above).within).toBe(false)
    expect(provesWithin(child, above)).toBe(false)
  })
})
