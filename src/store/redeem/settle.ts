import { costsText } from '../../domain/budget.ts'
import type { Settled, Settlement } from '../../domain/settlement.ts'
import type { Decided, Store } from '../ports.ts'

/** Settles in a decision of its own, whatever database it is in, with its one record (I10). */
export function settleBy(
  store: Pick<Store, 'decide'>,
  settlement: Settlement,
): Promise<Decided<Settled>> {
  const { tenant, root, jti, actor, request, usage } = settlement
  return store.decide<Settled>(async (transaction) => {
    const result = await transaction.settle(settlement)
    const facts = result.ok
      ? { jti, spent: costsText(result.value.spent), again: result.value.again, ...usage }
      : { jti, root, ...result.refusal.facts }
    return {
      result,
      record: {
        event: 'reservation.settled',
        outcome: result.ok ? 'allowed' : result.refusal.code,
        tenant,
        actor,
        request,
        lease: result.ok ? result.value.lease : null,
        facts,
      },
    }
  })
}
