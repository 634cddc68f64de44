import { type BudgetAccount, rescale } from './budget.ts'
import type { EpochSeconds } from './time.ts'

/** What one call took of a budget, and what came of it. */
export interface BudgetMove {
  readonly unit: string
  readonly decimals: number
  /** What was reserved, in 10^-decimals of the unit. */
  readonly amount: number
  readonly at: EpochSeconds
  /** When it was settled, and what was spent of it; null while it is reserved. */
  readonly settled: { readonly at: EpochSeconds; readonly spent: number } | null
}

/** How a budget stood at a moment, in the decimals of its account. */
export interface BudgetPoint {
  /** Seconds; whole unless the span is short. */
  readonly at: number
  readonly reserved: number
  readonly spent: number
}

/** Adds moves up to how a budget stood at evenly spaced moments, whatever order they come in. */
export class BudgetCurve {
  readonly #account: Pick<BudgetAccount, 'unit' | 'decimals'>
  readonly #from: number
  readonly #step: number
  readonly #reserved: number[]
  readonly #spent: number[]

  /** Of `points` moments the first is `from` and the last `to`. */
  constructor(
    account: Pick<BudgetAccount, 'unit' | 'decimals'>,
    span: { readonly from: number; readonly to: number; readonly points: number },
  ) {
    this.#account = account
    this.#from = span.from
    this.#step = Math.max(1, span.to - span.from) / (span.points - 1)
    this.#reserved = Array.from({ length: span.points }, () => 0)
    this.#spent = Array.from({ length: span.points }, () => 0)
  }

  /** Counts a move of this unit; others change nothing. */
  add({ unit, decimals, amount, at, settled }: BudgetMove): void {
    if (unit !== this.#account.unit) return
    const held = rescale({ decimals, amount }, this.#account.decimals) ?? 0
    this.#count(this.#reserved, at, held)
    if (settled === null) return
    const spent = rescale({ decimals, amount: settled.spent }, this.#account.decimals) ?? 0
    this.#count(this.#reserved, settled.at, -held)
    this.#count(this.#spent, settled.at, spent)
  }

  /** How it stood at each moment, from all moves up to then. */
  points(): readonly BudgetPoint[] {
    let [reserved, spent] = [0, 0]
    return this.#reserved.map((held, index) => {
      reserved += held
      spent += this.#spent[index] ?? 0
      return { at: this.#from + index * this.#step, reserved, spent }
    })
  }

  #count(sums: number[], at: number, amount: number): void {
    const index = Math.ceil((at - this.#from) / this.#step)
    const slot = Math.min(Math.max(index, 0), sums.length - 1)
    sums[slot] = (sums[slot] ?? 0) + amount
  }
}
