import { describe, expect, it } from 'vitest'
import {
  type BudgetAccount,
  costsText,
  coversCosts,
  planDebits,
  rescale,
  underContract,
} from '../../src/domain/budget.ts'
import type { LeaseId } from '../../src/domain/ids.ts'
import { BUDGET_AMOUNT_MAX } from '../../src/domain/limits.ts'
import { planSettlement, type Reservation } from '../../src/domain/settlement.ts'
import { outcome } from './samples.ts'

const usd = (amount: number, decimals = 2) => ({ unit: 'USD', decimals, amount })
const tokens = (amount: number) => ({ unit: 'tokens', decimals: 0, amount })
const LEASE = 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId
const account = (amount: number, reserved = 0, spent = 0): BudgetAccount => ({
  ...usd(amount),
  lease: LEASE,
  reserved,
  spent,
})

describe('an amount in other decimals', () => {
  it.each([
    ['the same', 5, 2, 2, 5],
    ['finer', 5, 2, 4, 500],
    ['coarser, where nothing is lost', 500, 4, 2, 5],
    ['coarser, where something would be lost', 501, 4, 2, undefined],
    ['nothing is nothing in all of them', 0, 0, 18, 0],
    ['the largest stays exact', BUDGET_AMOUNT_MAX, 2, 2, BUDGET_AMOUNT_MAX],
    ['more than any budget holds', BUDGET_AMOUNT_MAX, 0, 1, Number.POSITIVE_INFINITY],
    ['far more', BUDGET_AMOUNT_MAX, 0, 18, Number.POSITIVE_INFINITY],
    ['larger than any budget', Number.MAX_SAFE_INTEGER, 2, 2, Number.POSITIVE_INFINITY],
    ['less than nothing', -1, 2, 2, undefined],
    ['a fraction', 0.5, 2, 2, undefined],
    ['no number', Number.NaN, 2, 2, undefined],
    ['no end', Number.POSITIVE_INFINITY, 2, 2, undefined],
  ])('%s', (_sentence, amount, from, to, expected) => {
    expect(rescale({ amount, decimals: from }, to)).toBe(expected)
  })
})

describe('I11: what a call takes of its accounts', () => {
  it.each([
    ['what fits to the last', [account(10, 3, 2)], [usd(5)], 'ok'],
    ['one too many', [account(10, 3, 2)], [usd(6)], 'budget_exhausted'],
    ['too much for the second', [account(10), account(4)], [usd(5)], 'budget_exhausted'],
    ['no cost of the unit', [account(10)], [tokens(1)], 'limit_unenforceable'],
    ['no cost, told before an empty one', [account(0), account(9)], [], 'limit_unenforceable'],
    ['a cost finer than the account', [account(10)], [usd(1, 3)], 'limit_unenforceable'],
    ['nothing at an empty account', [account(0)], [usd(0)], 'ok'],
    ['no account', [], [usd(5)], 'ok'],
    ['an account below nothing', [account(5, 9)], [usd(0)], 'budget_exhausted'],
  ])('%s: %s', (_sentence, accounts, costs, expected) => {
    expect(outcome(planDebits(accounts, costs))).toBe(expected)
  })

  it('a budget of the token itself is a ceiling of its one call', () => {
    expect(outcome(coversCosts([usd(5)], [usd(5)]))).toBe('ok')
    expect(outcome(coversCosts([usd(5)], [usd(6)]))).toBe('budget_exhausted')
    expect(outcome(coversCosts([usd(5), tokens(1)], [usd(6)]))).toBe('limit_unenforceable')
    expect(outcome(coversCosts([], []))).toBe('ok')
  })
})

describe('a budget under a contract that moved', () => {
  it.each([
    ['a lower one counts', usd(40), 40],
    ['a higher one does not', usd(900), 100],
    ['a finer one is rounded down', usd(499, 3), 49],
    ['a coarser one is exact', usd(1, 1), 10],
    ['a huge one does not', usd(BUDGET_AMOUNT_MAX, 0), 100],
  ])('%s', (_sentence, ceiling, amount) => {
    const lowered = underContract([account(100)], [ceiling])
    expect(lowered).toEqual({ accounts: [{ ...account(100), amount }], uncounted: undefined })
  })

  it('names a unit that the lease was born without', () => {
    expect(underContract([account(100)], [usd(100), tokens(1)]).uncounted).toBe('tokens')
    expect(underContract([account(100)], []).uncounted).toBeUndefined()
  })
})

describe('what a settlement comes to', () => {
  const held = (amount: number, settledAmount: number | null = null) =>
    ({ ...usd(amount), settledAmount }) as Reservation
  const other = (settledAmount: number | null = null) =>
    ({ ...tokens(7), settledAmount }) as Reservation

  it.each([
    ['all of it', [held(10)], [usd(10)], 'ok'],
    ['part of it, in other decimals', [held(10)], [usd(90, 3)], 'ok'],
    ['nothing', [held(10)], 'released', 'ok'],
    ['one unit is not told', [held(10), other()], [usd(1)], 'malformed'],
    ['one unit too many', [held(10)], [usd(1), tokens(1)], 'malformed'],
    ['a unit twice', [held(10)], [usd(1), usd(1)], 'malformed'],
    ['more', [held(10)], [usd(11)], 'malformed'],
    ['the same again', [held(10, 4)], [usd(4)], 'ok'],
    ['nothing again', [held(10, 0)], 'released', 'ok'],
    ['something else', [held(10, 4)], [usd(5)], 'conflict'],
    ['one unit of two otherwise', [held(10, 4), other(1)], [usd(4), tokens(2)], 'conflict'],
    ['half of it settled', [held(10, 4), other()], [usd(4), tokens(2)], 'conflict'],
  ] as const)('%s', (_sentence, reservations, actual, expected) => {
    expect(outcome(planSettlement(reservations, actual))).toBe(expected)
  })
})

it('amounts are written as people write them', () => {
  expect(costsText([usd(1), usd(1_234), tokens(5), usd(0, 3)])).toBe(
    '0.01 USD, 12.34 USD, 5 tokens, 0.000 USD',
  )
})
