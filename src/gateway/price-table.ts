import { BUDGET_AMOUNT_MAX, PRICED_MODELS_MAX } from '../domain/limits.ts'
import type { ModelPrice, PriceTable } from '../domain/price.ts'
import type { Cost } from '../domain/redemption.ts'
import { parseCosts } from '../domain/scope/parse-bounds.ts'

const KEYS: readonly string[] = ['unit', 'decimals', 'per', 'model']
const MODEL_KEYS: readonly string[] = ['name', 'input', 'output', 'cache_write', 'max']
const MODEL = /^[\x21-\x29\x2b-\x7e]{1,200}\*?$/
const PER_MAX = 1_000_000_000

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the `[route.prices]` of a route; undefined when it has none, a sentence when it is wrong.
 * `costs` are the route's fixed ones: a unit is either fixed or measured.
 */
export function readPriceTable(
  prices: unknown,
  costs: readonly Cost[],
): PriceTable | undefined | string {
  if (prices === undefined) return undefined
  const fields = fieldsOf(prices, KEYS)
  if (typeof fields === 'string') return `prices: ${fields}`
  const { unit, decimals, per, model: models } = fields
  const parsed = parseCosts([{ unit, decimals, amount: 0 }])
  if (!parsed.ok) return `prices: unit and decimals have to be those of a budget.`
  if (typeof unit !== 'string' || typeof decimals !== 'number') return 'prices: unit is missing.'
  if (costs.some((cost) => cost.unit === unit)) return `prices: cost has ${unit} too.`
  if (!isAmount(per, PER_MAX) || per === 0) return 'prices: per has to be a number of tokens.'
  if (!Array.isArray(models) || models.length === 0 || models.length > PRICED_MODELS_MAX) {
    return `prices: write 1 to ${PRICED_MODELS_MAX} models as [[route.prices.model]].`
  }
  const read: ModelPrice[] = []
  for (const entry of models) {
    const model = readModel(entry)
    if (typeof model === 'string') return `prices: model ${read.length + 1}: ${model}`
    if (read.some((one) => one.model === model.model)) return `prices: ${model.model} stands twice.`
    read.push(model)
  }
  return { unit, decimals, per, models: read }
}

function readModel(entry: unknown): ModelPrice | string {
  const fields = fieldsOf(entry, MODEL_KEYS)
  if (typeof fields === 'string') return fields
  const { name, input, output, cache_write: cacheWrite, max } = fields
  if (typeof name !== 'string' || !MODEL.test(name)) return 'name is no name or prefix with *.'
  if (!isAmount(input) || !isAmount(output)) return 'input and output have to be whole numbers.'
  if (cacheWrite !== undefined && !isAmount(cacheWrite)) return 'cache_write is no whole number.'
  if (!isAmount(max)) return 'max has to be the most that one call may cost.'
  return { model: name, input, output, cacheWrite, max }
}

function fieldsOf(value: unknown, keys: readonly string[]): Fields | string {
  if (typeof value !== 'object' || value === null) return 'this is no table.'
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  return unknown === undefined ? (value as Fields) : `there is no key ${unknown}.`
}

function isAmount(value: unknown, most: number = BUDGET_AMOUNT_MAX): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}
