import { signal } from '@preact/signals'
import type { BudgetView } from '../../client/views/budgets.ts'
import type { LeaseView } from '../../client/views/leases.ts'
import { get, pathOf } from '../api.ts'
import { onDecision } from '../live.ts'

const known = signal<ReadonlyMap<string, readonly BudgetView[]>>(new Map())
const asked = new Set<string>()
const NONE: readonly BudgetView[] = []

/** The budgets of a lease as they were counted last; asked for when somebody looks at them. */
export function budgetsOf(lease: LeaseView): readonly BudgetView[] {
  if (lease.scope.limits.budgets.length === 0) return NONE
  const found = known.value.get(lease.id)
  if (found === undefined && !asked.has(lease.id)) void load(lease.id)
  return found ?? NONE
}

async function load(id: string): Promise<void> {
  asked.add(id)
  const path = pathOf(['v1', 'leases', id, 'budgets'])
  const answer = await get<{ readonly items: readonly BudgetView[] }>(path)
  if (answer.ok) known.value = new Map(known.value).set(id, answer.value.items)
}

/** What one call takes is taken from every lease above it as well: all that is shown is old. */
onDecision((record) => {
  if (record.event !== 'token.redeemed' && record.event !== 'reservation.settled') return
  for (const id of known.value.keys()) void load(id)
})
