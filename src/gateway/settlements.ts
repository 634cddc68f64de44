import type { Admitted } from '../admission/ports.ts'
import type { Jti, LeaseId, RequestId } from '../domain/ids.ts'
import { rootOf } from '../domain/lease.ts'
import type { Result } from '../domain/result.ts'
import type { Actual, Settled } from '../domain/settlement.ts'
import type { Log } from '../log.ts'

/**
 * What became of an admitted call: the upstream answered, whatever it said; it provably never got a
 * byte of the request; or nobody knows.
 */
export type CallOutcome = 'answered' | 'unreached' | 'unknown'

/** How the settlement of one call went. */
export type SettlementResult = 'committed' | 'released' | 'unknown' | 'failed'

/** Settles what one call reserved, at the store or over the API of the authority. */
export type SettleCall = (call: {
  readonly root: LeaseId
  readonly jti: Jti
  readonly actual: Actual
  readonly request: RequestId
}) => Promise<Result<Settled>>

/** Settles calls beside their answers. */
export interface Settlements {
  /** Begins to settle; never throws and keeps no call waiting. */
  settle(admitted: Admitted, outcome: CallOutcome, requestId: RequestId): void
  /** Resolves when all that was begun is over. */
  done(): Promise<void>
}

/**
 * Prices of routes are fixed, so what was reserved is what an answered call cost. A call that never
 * reached its upstream is released. An unknown outcome settles nothing, and so does a settlement
 * that fails: what may have been spent stays reserved (I11) until somebody settles it by hand.
 */
export function createSettlements(setup: {
  readonly settleCall?: SettleCall
  readonly observeSettlement?: (result: SettlementResult) => void
  readonly log: Log
}): Settlements {
  const { settleCall, observeSettlement, log } = setup
  const running = new Set<Promise<void>>()
  const settle = async (admitted: Admitted, actual: Actual, request: RequestId) => {
    const { jti, lease } = admitted.claims
    const facts = { request_id: request, jti }
    try {
      const settled = await settleCall?.({ root: rootOf(lease.lineage), jti, actual, request })
      if (settled?.ok === true) return actual === 'released' ? 'released' : 'committed'
      log.warn('gateway.settlement', { ...facts, refusal: settled?.refusal.code })
    } catch (error) {
      log.fault('gateway.settlement', error, facts)
    }
    return 'failed'
  }
  return {
    settle(admitted, outcome, requestId) {
      const { reserved } = admitted
      if (reserved === undefined) return
      if (outcome === 'unknown') {
        observeSettlement?.('unknown')
        return
      }
      const actual = outcome === 'answered' ? reserved : 'released'
      const work = settle(admitted, actual, requestId).then((result) => {
        running.delete(work)
        observeSettlement?.(result)
      })
      running.add(work)
    },
    async done() {
      await Promise.all(running)
    },
  }
}
