import type { AuditPosition } from './audit.ts'
import { CLOCK_SKEW_SECONDS } from './limits.ts'
import type { RefusalRecorder, Spend } from './redemption.ts'
import { type Refusal, refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { type EpochSeconds, later } from './time.ts'

/** A call token about to be spent at an enforcement point that has no store. */
export interface LedgerSpend extends Spend {
  readonly issuedAt: EpochSeconds
}

/** What spending in a ledger comes to. */
export type LedgerOutcome =
  | { readonly kind: 'spent'; readonly record: AuditPosition; readonly at: EpochSeconds }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * The memory of one enforcement point of which tokens it has spent, for one issuer and one
 * audience: single use (I7) and the record (I10) in one atomic step. It knows nothing of leases, so
 * it holds no limit (I11) and no liveness (I6).
 */
export interface TokenLedger extends RefusalRecorder {
  /**
   * Spends a token, unless it was spent before (`token_used`), is over (`expired`), or may have
   * been spent in a ledger that was lost (`status_unknown`). `judge` is asked once more inside the
   * writing transaction, so that the record says what was known then; its refusal spends nothing.
   * Other refusals: `overloaded`, `status_unknown`.
   */
  spend(spend: LedgerSpend, judge: () => Result<void>): Promise<LedgerOutcome>
}

/**
 * A ledger can answer only for what happened after its birth: a token that was issued before may
 * have been spent in the ledger that was lost. CLOCK_SKEW_SECONDS on top, because no enforcement
 * point takes a token from further ahead than that. Refusal: `status_unknown`.
 */
export function requireWithinMemory(
  spend: Pick<LedgerSpend, 'issuedAt'>,
  ledger: { readonly bornAt: EpochSeconds; readonly now: EpochSeconds },
): Result<void> {
  const from = later(ledger.bornAt, CLOCK_SKEW_SECONDS)
  if (spend.issuedAt > from) return accept(undefined)
  const retryAfterSeconds = Math.max(1, from + 1 - ledger.now)
  return refuse('status_unknown', { ledgerBornAt: ledger.bornAt, retryAfterSeconds })
}
