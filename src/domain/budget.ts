import type { LeaseId } from './ids.ts'
import { BUDGET_AMOUNT_MAX } from './limits.ts'
import type { Cost } from './redemption.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import type { Budget } from './scope/types.ts'

/**
 * One budget of one lease as it is counted (I11): `reserved` is held by calls whose outcome is not
 * settled, `spent` is final. All three amounts are integers in 10^-decimals of the unit.
 */
export interface BudgetAccount extends Budget {
  readonly lease: LeaseId
  readonly reserved: number
  readonly spent: number
}

/** What a cost takes from one account, in the account's own decimals. */
export interface Debit<Account extends BudgetAccount> {
  readonly account: Account
  readonly amount: number
}

/** What calls may still reserve; below 0 only under a contract that was lowered since. */
export function remainingOf(account: Omit<BudgetAccount, 'lease'>): number {
  return account.amount - account.reserved - account.spent
}

/** How much of a budget is reserved or spent, in whole percent, rounded down. */
export function percentOf(account: Omit<BudgetAccount, 'lease'>): number {
  const { amount, reserved, spent } = account
  if (reserved + spent >= amount) return 100
  return Number((BigInt(reserved + spent) * 100n) / BigInt(amount))
}

/**
 * The threshold that a budget has reached: 100 when nothing is left, or when a call was refused for
 * it beyond the warning; the warning; or 0. A call that asks for more than is left of a budget that
 * is hardly used does not make it used up.
 */
export function warnedAt(
  account: Omit<BudgetAccount, 'lease'>,
  warningPercent: number,
  isRefused: boolean,
): number {
  const percent = percentOf(account)
  if (percent >= 100) return 100
  if (percent < warningPercent) return 0
  return isRefused ? 100 : warningPercent
}

/**
 * An amount in other decimals, exactly: whole numbers only, nothing is ever rounded. Undefined when
 * it can not be said exactly or is no amount; Infinity when it is more than any budget can hold.
 */
export function rescale(
  { decimals: from, amount }: Pick<Cost, 'decimals' | 'amount'>,
  decimals: number,
): number | undefined {
  if (!Number.isSafeInteger(amount) || amount < 0) return undefined
  let value = amount
  for (let at = from; at < decimals && value <= BUDGET_AMOUNT_MAX; at += 1) value *= 10
  for (let at = decimals; at < from; at += 1) {
    if (value % 10 !== 0) return undefined
    value /= 10
  }
  return value > BUDGET_AMOUNT_MAX ? Number.POSITIVE_INFINITY : value
}

/**
 * I11: what a call takes from every account of its lineage, or why it may not. A budget of a unit
 * that the enforcement point states no cost of is counted by nobody, so it refuses the call, and so
 * does a cost that is finer than the account counts. Refusals: `limit_unenforceable`,
 * `budget_exhausted`.
 */
export function planDebits<Account extends BudgetAccount>(
  accounts: readonly Account[],
  costs: readonly Cost[],
): Result<readonly Debit<Account>[]> {
  const debits: Debit<Account>[] = []
  let empty: Account | undefined
  for (const account of accounts) {
    const amount = amountOf(costs, account)
    if (amount === undefined) return uncounted(account.unit, account.lease)
    if (amount > remainingOf(account)) empty ??= account
    debits.push({ account, amount })
  }
  if (empty === undefined) return accept(debits)
  return refuse('budget_exhausted', { exhausted: empty.lease, unit: empty.unit })
}

/**
 * The budgets of a token's own scope: a token is one call, so each is a ceiling of that call's
 * cost. Refusals: `limit_unenforceable`, `budget_exhausted`.
 */
export function coversCosts(budgets: readonly Budget[], costs: readonly Cost[]): Result<void> {
  let short: Budget | undefined
  for (const budget of budgets) {
    const amount = amountOf(costs, budget)
    if (amount === undefined) return uncounted(budget.unit)
    if (amount > budget.amount) short ??= budget
  }
  return short === undefined ? accept(undefined) : refuse('budget_exhausted', { unit: short.unit })
}

/**
 * Contracts are live: the accounts of a lease under its holder's present contract. A budget that is
 * lower there counts, rounded down to what the account counts in. `uncounted` is a unit that the
 * contract limits by now and the lease was born without: nobody knows what was spent of it.
 */
export function underContract<Account extends BudgetAccount>(
  accounts: readonly Account[],
  contract: readonly Budget[],
): { readonly accounts: readonly Account[]; readonly uncounted: string | undefined } {
  const ceilings = new Map(contract.map((budget) => [budget.unit, budget]))
  const counted = new Set(accounts.map(({ unit }) => unit))
  const lowered = accounts.map((account) => {
    const ceiling = ceilings.get(account.unit)
    const most = ceiling === undefined ? account.amount : floorTo(ceiling, account.decimals)
    return most < account.amount ? { ...account, amount: most } : account
  })
  return { accounts: lowered, uncounted: contract.find(({ unit }) => !counted.has(unit))?.unit }
}

/** The refusal of a budget that nobody counts. */
export function uncounted(unit: string, lease?: LeaseId): Extract<Result<never>, { ok: false }> {
  return refuse('limit_unenforceable', lease === undefined ? { unit } : { unit, lease }, [
    {
      pointer: '/limits/budgets',
      code: 'limit_unenforceable',
      detail: `Nobody counts ${unit} here.`,
    },
  ])
}

/** The costs that any of the accounts counts: what has to be settled afterwards. */
export function reservedOf(
  accounts: readonly BudgetAccount[],
  costs: readonly Cost[],
): readonly Cost[] {
  return costs.filter(({ unit }) => accounts.some((account) => account.unit === unit))
}

/** Amounts as people write them, for records and terminals: `0.01 USD, 5 tokens`. */
export function costsText(costs: readonly Cost[]): string {
  return costs
    .map(({ unit, decimals, amount }) => `${decimal(amount, decimals)} ${unit}`)
    .join(', ')
}

/** An integer in 10^-decimals as a decimal number. */
export function decimal(amount: number, decimals: number): string {
  if (decimals === 0) return String(amount)
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return `${amount < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

function amountOf(costs: readonly Cost[], budget: Budget): number | undefined {
  const cost = costs.find(({ unit }) => unit === budget.unit)
  return cost && rescale(cost, budget.decimals)
}

function floorTo(budget: Budget, decimals: number): number {
  let { amount } = budget
  for (let at = decimals; at < budget.decimals; at += 1) amount = Math.floor(amount / 10)
  return rescale({ decimals: Math.min(budget.decimals, decimals), amount }, decimals) ?? 0
}
