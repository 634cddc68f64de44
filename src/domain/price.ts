import { BUDGET_AMOUNT_MAX } from './limits.ts'
import type { Cost } from './redemption.ts'

/** What one model costs: integers in 10^-decimals of the table's unit. */
export interface ModelPrice {
  /** The model as requests name it; the last character may be `*`. */
  readonly model: string
  /** Prices of `per` tokens. */
  readonly input: number
  readonly output: number
  /** Price of `per` tokens written to a cache; absent: calls that write to one are not measured. */
  readonly cacheWrite: number | undefined
  /** What one call may cost at most: reserved before it is made. */
  readonly max: number
}

/** The prices of a route. */
export interface PriceTable {
  readonly unit: string
  readonly decimals: number
  /** How many tokens the prices are for. */
  readonly per: number
  readonly models: readonly ModelPrice[]
}

/** What an upstream says a call has used. `input` includes what was read from a cache. */
export interface TokenUsage {
  readonly input: number
  readonly output: number
  readonly cacheWrite: number
}

/** The price of a model: an exact name before the longest prefix; undefined when it has none. */
export function priceOf({ models }: PriceTable, model: string): ModelPrice | undefined {
  let best: ModelPrice | undefined
  for (const price of models) {
    if (price.model === model) return price
    const isPrefix = price.model.endsWith('*') && model.startsWith(price.model.slice(0, -1))
    if (isPrefix && price.model.length > (best?.model.length ?? 0)) best = price
  }
  return best
}

/** What a call of a model may cost at most. */
export function mostOf({ unit, decimals }: PriceTable, { max: amount }: ModelPrice): Cost {
  return { unit, decimals, amount }
}

/**
 * What a call did cost, rounded up, and never more than its maximum, which is all that was reserved
 * (I11). Undefined when the usage names something that has no price.
 */
export function costOfUsage(
  table: PriceTable,
  price: ModelPrice,
  usage: TokenUsage,
): Cost | undefined {
  const { input, output, cacheWrite } = usage
  if (cacheWrite > 0 && price.cacheWrite === undefined) return undefined
  const parts = [
    [input, price.input],
    [output, price.output],
    [cacheWrite, price.cacheWrite ?? 0],
  ] as const
  if (parts.some(([count]) => !Number.isSafeInteger(count) || count < 0)) return undefined
  const sum = parts.reduce((so, [count, each]) => so + BigInt(count) * BigInt(each), 0n)
  const per = BigInt(table.per)
  const whole = (sum + per - 1n) / per
  const most = BigInt(Math.min(price.max, BUDGET_AMOUNT_MAX))
  const amount = Number(whole < most ? whole : most)
  return { unit: table.unit, decimals: table.decimals, amount }
}
