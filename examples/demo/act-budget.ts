import { pathOf } from '../../src/client/client.ts'
import type { AlertView } from '../../src/client/views/alerts.ts'
import type { BudgetView } from '../../src/client/views/budgets.ts'
import type { PageView } from '../../src/client/views/common.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { callOf, callThrough, mint, openLease, passOn, send } from './play.ts'
import { scopeOf } from './scopes.ts'
import { CALL_CENTS, type Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

const PATH = '/repos/acme/x'
const CALLS = 2
const AMOUNT = CALLS * CALL_CENTS

/** I11: what is spent below a lease is spent for all its children. */
export async function shareBudget(steps: Steps, stage: Stage): Promise<void> {
  const { planner, clerk, summarizer, place } = stage
  const part = scopeOf(place, { methods: ['GET'], paths: [PATH] })
  let root: LeaseView | undefined
  let second: LeaseView | undefined
  await steps.does(
    `two siblings share a budget of ${AMOUNT} cents, and one spends it`,
    async () => {
      root = await openLease(planner, {
        ...part,
        limits: { max_depth: 1, budgets: [{ unit: 'USD', decimals: 2, amount: AMOUNT }] },
        delegation: { allowed: true, delegates: [clerk.uri, summarizer.uri] },
      })
      const first = await passOn(planner, root, clerk, part)
      second = await passOn(planner, root, summarizer, part)
      for (let call = 0; call < CALLS; call += 1) await callThrough(clerk, first, place, PATH)
      return `${CALLS} calls of ${CALL_CENTS} cents`
    },
  )
  if (root === undefined || second === undefined) throw new Error('no siblings')
  const [above, sibling] = [root, second]
  await steps.refuses('the sibling that has spent nothing itself', 'budget_exhausted', async () => {
    const [token = ''] = await mint(summarizer, sibling, place)
    return send(summarizer, callOf(place, token, PATH))
  })
  await steps.does('the owner sees what is left, and was told that nothing is', async () => {
    const { items } = await stage.owner<{ readonly items: readonly BudgetView[] }>({
      method: 'GET',
      path: pathOf(['v1', 'leases', above.id, 'budgets']),
    })
    expect(items[0]?.remaining === 0, `left: ${JSON.stringify(items)}`)
    const query = { kind: 'budget.exhausted', lease_id: above.id }
    const path = pathOf(['v1', 'alerts'], query)
    const alerts = await stage.owner<PageView<AlertView>>({ method: 'GET', path })
    expect(alerts.items.length === 1, `${alerts.items.length} alerts`)
    return `0 of ${AMOUNT} cents left; alert budget.exhausted`
  })
}
