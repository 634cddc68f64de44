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
}

/** A row where the ratio has to reach `least`. */
export function atLeast(
  least: number,
  row: Pick<Row, 'name' | 'value' | 'unit' | 'baseline'>,
): Row {
  const ratio = row.value / row.baseline
  return { ...rounded(row), ratio: round(ratio), aim: `>= ${least}`, ok: ratio >= least }
}

/** A row where the ratio may not exceed `most`. */
export function atMost(most: number, row: Pick<Row, 'name' | 'value' | 'unit' | 'baseline'>): Row {
  const ratio = row.value / row.baseline
  return { ...rounded(row), ratio: round(ratio), aim: `<= ${most}`, ok: ratio <= most }
}

/** The median; throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('no values')
  return middle
}

/** Runs `work` for each of `items` with at most `width` in flight; answers items per second. */
export async function rate<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  const started = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return items.length / ((performance.now() - started) / 1_000)
}

function rounded<R extends Pick<Row, 'value' | 'baseline'>>(row: R): R {
  return { ...row, value: round(row.value), baseline: round(row.baseline) }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
