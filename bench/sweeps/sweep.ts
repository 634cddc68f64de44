import { median, quantile, short } from '../row.ts'

/** One measured point: the median with the quartiles of its rounds. */
export interface Point {
  readonly series: string
  readonly x: number
  readonly value: number
  readonly p25: number
  readonly p75: number
}

/** How something changes along one axis. */
export interface Sweep {
  /** What is varied, in words, with its unit. */
  readonly x: string
  /** Unit of the values. */
  readonly unit: string
  readonly points: readonly Point[]
  /** What a reader has to know to understand the numbers. */
  readonly note: string
}

/** What a sweep comes to, by the name its result is kept under. */
export type Sweeps = Readonly<Record<string, Sweep>>

/** The point of some values that were measured at the same place. */
export function pointOf(series: string, x: number, values: readonly number[]): Point {
  const [value, p25, p75] = [median(values), quantile(values, 0.25), quantile(values, 0.75)]
  return { series, x, value: short(value), p25: short(p25), p75: short(p75) }
}
