import { type OpenLedger, openLedger } from '../../src/store/ledger/open.ts'
import { LEDGER_OWNER, spent } from './ledger-facts.ts'
import { testClock } from './store-facts.ts'
import type { LedgerOrder, StoreAnswer } from './store-process.ts'

/** The program of a forked process with a handle on a ledger; orders are taken as they come. */
let opened: OpenLedger | undefined

async function obey(order: LedgerOrder): Promise<unknown> {
  if (order.do === 'open-ledger') {
    const { folder, at } = order
    opened = await openLedger({ folder, clock: testClock(at), ...LEDGER_OWNER })
    return undefined
  }
  const ledger = opened
  if (ledger === undefined) throw new Error('not opened')
  if (order.do === 'spend') return Promise.all(order.spends.map((spend) => spent(ledger, spend)))
  if (order.do === 'spend-on') return spendOn(ledger, order.spends)
  return ledger.close()
}

/** Spends on and on, some at a time, telling of each success right after it was acknowledged. */
async function spendOn(
  ledger: OpenLedger,
  spends: Extract<LedgerOrder, { do: 'spend-on' }>['spends'],
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < spends.length) {
      const spend = spends[next++]
      if (spend !== undefined && (await spent(ledger, spend)) === 'spent') {
        process.send?.({ spent: spend.jti } satisfies StoreAnswer)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

process.on('message', ({ id, order }: { id: number; order: LedgerOrder }) => {
  obey(order).then(
    (answer) => process.send?.({ id, answer } satisfies StoreAnswer),
    (fault) => process.send?.({ id, fault: String(fault) } satisfies StoreAnswer),
  )
})
