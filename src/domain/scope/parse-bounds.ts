import {
  ATTESTATION_AGE_SECONDS_MAX,
  BUDGET_AMOUNT_MAX,
  BUDGET_DECIMALS_MAX,
  LEASE_CHILDREN_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
  LEASE_DEPTH_MAX,
  LEASE_USES_MAX,
  RATE_SECONDS_MAX,
  SCOPE_BUDGETS_MAX,
} from '../limits.ts'
import type { Cost } from '../redemption.ts'
import {
  fail,
  integerBetween,
  listOf,
  type Members,
  neededOf,
  type Reader,
  readEntries,
  readFlag,
  readObject,
  takeIn,
  textThat,
  wordOf,
  wordOr,
} from './intake.ts'
import { type Parsed, pointerTo } from './parsed.ts'
import { isDelegatePattern } from './pattern.ts'
import type { Budget, ScopeDelegation, ScopeLimits, ScopeRequires } from './types.ts'

const BUDGET: Members<Budget> = {
  unit: textThat((text) => /^[A-Za-z][A-Za-z0-9._-]{0,31}$/.test(text), 'not a unit'),
  decimals: integerBetween(0, BUDGET_DECIMALS_MAX),
  amount: integerBetween(0, BUDGET_AMOUNT_MAX),
}

const readBudgets: Reader<readonly Budget[]> = (intake, value, pointer) => {
  if (!Array.isArray(value)) return fail(intake, pointer, 'not a list')
  const read: Reader<Budget> = (i, v, p) =>
    readObject(i, v, p, BUDGET, ['unit', 'decimals', 'amount'])
  const budgets = readEntries(intake, value, pointer, read, SCOPE_BUDGETS_MAX)
  if (budgets === undefined) return undefined
  const units = budgets.map(({ unit }) => unit)
  const twice = units.findIndex((unit, index) => units.indexOf(unit) !== index)
  return twice < 0 ? budgets : fail(intake, pointerTo(pointer, twice), 'the unit is there twice')
}

/** What a call may cost: a closed list of at most SCOPE_BUDGETS_MAX amounts, each unit once. */
export function parseCosts(value: unknown): Parsed<readonly Cost[]> {
  return takeIn(value, true, readBudgets)
}

type Rate = Exclude<ScopeLimits['rate'], 'unlimited'>

const RATE: Members<Rate> = {
  requests: integerBetween(1, LEASE_USES_MAX),
  per_seconds: integerBetween(1, RATE_SECONDS_MAX),
}

const LIMITS: Members<ScopeLimits> = {
  ttl_seconds: integerBetween(1, LEASE_CUMULATIVE_SECONDS_MAX),
  max_uses: wordOr(['unlimited'], integerBetween(1, LEASE_USES_MAX)),
  max_depth: integerBetween(0, LEASE_DEPTH_MAX),
  max_children: integerBetween(0, LEASE_CHILDREN_MAX),
  budgets: readBudgets,
  rate: wordOr<'unlimited', Rate>(['unlimited'], (intake, value, pointer) =>
    readObject(intake, value, pointer, RATE, ['requests', 'per_seconds']),
  ),
}

const REQUIRES: Members<ScopeRequires> = {
  approval: readFlag,
  attestation_min: wordOf(['none', 'warning', 'affirming']),
  attestation_max_age_seconds: wordOr(['any'], integerBetween(1, ATTESTATION_AGE_SECONDS_MAX)),
  dpop: readFlag,
  bind_request: readFlag,
  read_only: readFlag,
}

const DELEGATION: Members<ScopeDelegation> = {
  allowed: readFlag,
  // Nobody is a list of delegates that can be meant: it never stands for everybody.
  delegates: listOf(textThat(isDelegatePattern, 'not a SPIFFE id or prefix'), 'may be empty'),
}

/** Members of `limits`; all of them in an explicit document. */
export const readLimits: Reader<Partial<ScopeLimits>> = (intake, value, pointer) =>
  readObject(intake, value, pointer, LIMITS, neededOf(intake, LIMITS))

/** Members of `requires`; all of them in an explicit document. */
export const readRequires: Reader<Partial<ScopeRequires>> = (intake, value, pointer) =>
  readObject(intake, value, pointer, REQUIRES, neededOf(intake, REQUIRES))

/** Members of `delegation`; all of them in an explicit document. */
export const readDelegation: Reader<Partial<ScopeDelegation>> = (intake, value, pointer) =>
  readObject(intake, value, pointer, DELEGATION, neededOf(intake, DELEGATION))
