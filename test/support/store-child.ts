import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { claimed } from './approval-facts.ts'
import { settled } from './budgets.ts'
import { testCheckpointer } from './store-checkpointer.ts'
import { given, redeemed, revoke, testAgent, testClock } from './store-facts.ts'
import type { StoreAnswer, StoreOrder } from './store-process.ts'

/**
 * The program of a forked store process: does what it is told over the channel, and answers. Orders
 * are taken as they come, several at a time, like the calls of a server.
 */
let opened: Promise<Store> | undefined

async function obey(order: StoreOrder): Promise<unknown> {
  if (order.do === 'open') {
    const { path, keysDir, databaseUrl } = order
    const checkpoints = { checkpointer: testCheckpointer(), keysDir }
    const place = databaseUrl === undefined ? { path } : { databaseUrl }
    opened = openStore({ ...place, clock: testClock(order.at), checkpoints })
    await opened
    return undefined
  }
  const store = await opened
  if (store === undefined) throw new Error('not opened')
  if (order.do === 'redeem') {
    return Promise.all(order.spends.map((spend) => redeemed(store, spend)))
  }
  if (order.do === 'revoke') return revoke(store, order.subject)
  if (order.do === 'enroll') return given(store, { agents: [testAgent(order.name)] })
  if (order.do === 'claim') return Promise.all(order.approvals.map((id) => claimed(store, id)))
  if (order.do === 'claim-deliveries') return claimAll(store)
  if (order.do === 'work') return work(store, order)
  if (order.do === 'pay') return pay(store, order)
  return store.close()
}

/** Claims until nothing is due any more; `webhook alert` of each. */
async function claimAll(store: Store): Promise<readonly string[]> {
  const claimed: string[] = []
  for (;;) {
    const found = await store.outbox.claim({ limit: 4, busy: [] })
    if (found.length === 0) return claimed
    claimed.push(...found.map(({ webhook, alert }) => `${webhook.id} ${alert.id}`))
  }
}

/** Redeems on and on, some at a time, telling of each success right after it was acknowledged. */
async function work(store: Store, order: Extract<StoreOrder, { do: 'work' }>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < order.spends.length) {
      const spend = order.spends[next++]
      if (spend !== undefined && (await redeemed(store, spend)) === 'spent') {
        process.send?.({ spent: spend.jti } satisfies StoreAnswer)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

/** Redeems and settles, some at a time; answers the outcomes of the redemptions. */
async function pay(store: Store, { spends }: Extract<StoreOrder, { do: 'pay' }>) {
  const outcomes: string[] = []
  const queue = [...spends.entries()]
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [at, spend] = next
      const outcome = await redeemed(store, spend)
      outcomes[at] = outcome
      if (outcome !== 'spent') continue
      process.send?.({ spent: spend.jti } satisfies StoreAnswer)
      const half = (spend.costs ?? []).map((cost) => ({
        ...cost,
        amount: Math.floor(cost.amount / 2),
      }))
      if (at % 3 > 0) await settled(store, spend, at % 3 === 1 ? half : 'released')
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return outcomes
}

process.on('message', (message: { id: number; order: StoreOrder }) => {
  const { id, order } = message
  obey(order).then(
    (answer) => process.send?.({ id, answer } satisfies StoreAnswer),
    (fault) => process.send?.({ id, fault: String(fault) } satisfies StoreAnswer),
  )
})
