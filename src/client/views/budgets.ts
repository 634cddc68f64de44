import type { Cost } from '../../domain/redemption.ts'
import type { ProblemView } from './common.ts'

/** One budget of a lease as it is counted; amounts are integers in 10^-decimals of the unit. */
export interface BudgetView extends Cost {
  readonly reserved: number
  readonly spent: number
  readonly remaining: number
  /** How much is reserved or spent, rounded down. */
  readonly percent: number
}

/** How a budget stood from the opening of its lease until now; `amount` is the ceiling. */
export interface BudgetHistoryView extends Cost {
  readonly points: readonly {
    readonly at: string
    readonly reserved: number
    readonly spent: number
  }[]
}

/** What one redeemed call holds until it is settled. */
export interface ReservationView extends Cost {
  readonly root_id: string
  readonly lease_id: string
  readonly jti: string
  readonly point: string | null
  readonly at: string
}

/** What became of each settlement, in the order of the request. */
export interface SettlementsView {
  readonly items: readonly (
    | {
        readonly ok: true
        readonly jti: string
        readonly lease_id: string
        readonly spent: readonly Cost[]
        readonly again: boolean
      }
    | { readonly ok: false; readonly problem: ProblemView }
  )[]
}
