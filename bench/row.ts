/** One line of the result: `ratio` is value against baseline in the sense of `aim`. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline: number
  readonly ratio: number
  /** What has to hold of the ratio, for people: `>= 0.80`, `<= 1.5`. */
  readonly aim: string
  readonly ok: boolean
  /** How often both sides were measured, without the first time, which does not count. */
  readonly rounds: number
  /** Quartiles of the ratios of single rounds. */
  readonly spread: Spread
  /** What a reader has to know to understand the numbers. */
  readonly note?: string
}

/** The middle half of some values lies between the two. */
export interface Spread {
  readonly p25: number
  readonly p75: number
}

/** Two sides of a comparison: the same place in both lists was measured in the same round. */
export interface Sides {
  readonly name: string
  readonly unit: string
  readonly values: readonly number[]
  readonly baselines: readonly number[]
  readonly note?: string
}

/** A row where the ratio of the medians has to reach `least`. */
export function atLeast(least: number, sides: Sides): Row {
  const row = rowOf(sides, `>= ${least.toFixed(2)}`)
  return { ...row, ok: row.ratio >= least }
}

/** A row where the ratio of the medians may not exceed `most`. */
export function atMost(most: number, sides: Sides): Row {
  const row = rowOf(sides, `<= ${most}`)
  return { ...row, ok: row.ratio <= most }
}

function rowOf({ name, unit, values, baselines, note }: Sides, aim: string): Omit<Row, 'ok'> {
  const [value, baseline] = [median(values), median(baselines)]
  const ratios = values.map((each, round) => each / (baselines[round] ?? baseline))
  return {
    name,
    value: short(value),
    unit,
    baseline: short(baseline),
    ratio: short(value / baseline),
    aim,
    rounds: values.length,
    spread: { p25: short(quantile(ratios, 0.25)), p75: short(quantile(ratios, 0.75)) },
    ...(note === undefined ? {} : { note }),
  }
}

/** The median; throws on an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value that a share of the others does not exceed (nearest rank); throws on an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (found === undefined) throw new Error('no values')
  return found
}

/** Four digits say more than any run can repeat. */
export function short(value: number): number {
  return Number(value.toPrecision(4))
}
