import { useEffect, useState } from 'preact/hooks'
import type { BudgetHistoryView } from '../../client/views/budgets.ts'
import type { LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { get, getPage, pathOf } from '../api.ts'
import { onDecision, onReturn } from '../live.ts'
import { goTo, hrefTo, place } from '../router.ts'
import { shortId } from '../words.ts'
import { BudgetChart } from './budget-chart.tsx'

const SETTLED_MS = 500

/** The budgets of one tree over time; nothing where no tree has one. */
export function BudgetsOverTime() {
  const [roots, setRoots] = useState<readonly LeaseView[]>([])
  useEffect(() => {
    const path = pathOf(['v1', 'leases'], { roots: 'true', limit: 100 })
    void getPage<LeaseView>(path).then((read) => {
      if (!read.ok) return
      setRoots(read.value.items.filter(({ scope }) => scope.limits.budgets.length > 0))
    })
  }, [])
  const [first] = roots
  const chosen = place.value.query.get('budget') ?? first?.id
  if (chosen === undefined) return null
  return (
    <>
      <h2>Budget</h2>
      <div class="fields budget-choice">
        <label class="grow">
          Of this tree, from its root down
          <select
            value={chosen}
            onChange={(event) => goTo(['activity'], { budget: event.currentTarget.value })}
          >
            {roots.map(({ id, holder }) => (
              <option key={id} value={id}>
                {agentName(holder)}, {shortId(id)}
              </option>
            ))}
            {roots.every(({ id }) => id !== chosen) && (
              <option value={chosen}>{shortId(chosen)}</option>
            )}
          </select>
        </label>
        <a href={hrefTo(['lease', chosen])}>Its tree</a>
      </div>
      <Charts key={chosen} lease={chosen} />
    </>
  )
}

function Charts({ lease }: { readonly lease: string }) {
  const [budgets, setBudgets] = useState<readonly BudgetHistoryView[]>([])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      const path = pathOf(['v1', 'leases', lease, 'budgets', 'history'])
      const read = await get<{ readonly items: readonly BudgetHistoryView[] }>(path)
      if (read.ok) setBudgets(read.value.items)
    }
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(load, SETTLED_MS)
    }
    void load()
    const deaf = onDecision(({ event }) => {
      if (event === 'token.redeemed' || event === 'reservation.settled') soon()
    })
    const stay = onReturn(soon)
    return () => {
      clearTimeout(timer)
      deaf()
      stay()
    }
  }, [lease])
  return (
    <>
      {budgets.map((budget) => (
        <BudgetChart key={budget.unit} budget={budget} />
      ))}
    </>
  )
}
