import { setTimeout as delay } from 'node:timers/promises'
import type { Admitted } from '../admission/ports.ts'
import type { Jti, LeaseId, RequestId } from '../domain/ids.ts'
import { rootOf } from '../domain/lease.ts'
import { SETTLE_PAUSE_MS, SETTLE_TRIES } from '../domain/limits.ts'
import type { Cost } from '../domain/redemption.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { Actual, CallUsage, Settled } from '../domain/settlement.ts'
import type { Log } from '../log.ts'
import type { Measured } from './call-price.ts'

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
  readonly usage?: CallUsage
  readonly request: RequestId
}) => Promise<Result<Settled>>

/** Refusals that may be none a moment later. */
const PASSING: ReadonlySet<RefusalCode> = new Set(['overloaded', 'status_unknown', 'rate_limited'])

/** Settles calls beside their answers. */
export interface Settlements {
  /** Begins to settle; never throws and keeps no call waiting. */
  settle(admitted: Admitted, outcome: CallOutcome, requestId: RequestId, measured?: Measured): void
  /** Resolves when all that was begun is over. */
  done(): Promise<void>
}

/**
 * An answered call did cost what was measured of it, and else all that was reserved: the fixed
 * price of its route, or the most that a call whose usage is not known may have cost. A call that
 * never reached its upstream is released. An unknown outcome settles nothing. A settlement that
 * fails is tried SETTLE_TRIES times, which is harmless, because the same again changes nothing;
 * after that what may have been spent stays reserved (I11) until somebody settles it by hand.
 */
export function createSettlements(setup: {
  readonly settleCall?: SettleCall
  readonly observeSettlement?: (result: SettlementResult) => void
  readonly log: Log
}): Settlements {
  const { settleCall, observeSettlement, log } = setup
  const running = new Set<Promise<void>>()
  const settle = async (call: Parameters<SettleCall>[0]): Promise<SettlementResult> => {
    const { jti, actual, request } = call
    const facts = { request_id: request, jti }
    for (let tried = 1; ; tried += 1) {
      const last = tried === SETTLE_TRIES
      try {
        const settled = await settleCall?.(call)
        if (settled?.ok === true) return actual === 'released' ? 'released' : 'committed'
        const code = settled?.refusal.code
        if (last || code === undefined || !PASSING.has(code)) {
          log.warn('gateway.settlement', { ...facts, refusal: code })
          return 'failed'
        }
      } catch (error) {
        if (last) {
          log.fault('gateway.settlement', error, facts)
          return 'failed'
        }
      }
      await delay(SETTLE_PAUSE_MS * 4 ** (tried - 1))
    }
  }
  return {
    settle(admitted, outcome, request, measured) {
      const { reserved } = admitted
      if (reserved === undefined) return
      if (outcome === 'unknown') {
        observeSettlement?.('unknown')
        return
      }
      const { jti, lease } = admitted.claims
      const actual = outcome === 'answered' ? actualOf(reserved, measured) : 'released'
      const usage = measured === undefined ? {} : { usage: measured.usage }
      const work = settle({
        root: rootOf(lease.lineage),
        jti,
        actual,
        request,
        ...usage,
      }).then((result) => {
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

/** What was reserved, with what was measured in place of the most. */
function actualOf(reserved: readonly Cost[], measured: Measured | undefined): readonly Cost[] {
  if (measured === undefined) return reserved
  const { cost } = measured
  return reserved.map((held) => (held.unit === cost.unit ? cost : held))
}
