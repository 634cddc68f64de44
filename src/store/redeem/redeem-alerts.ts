import { decimal, warnedAt } from '../../domain/budget.ts'
import type { LeaseId, PrincipalId } from '../../domain/ids.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { alertRowOf } from '../alerts/alerts.ts'
import type { AlertsTable } from '../schema/alerts.ts'
import type { Ceilings, HotBudget } from './redeem-budgets.ts'
import type { HotLease, Standing } from './redeem-judge.ts'

/** Notes which budget a call was refused for: it may be used up though not all of it is spent. */
export function noteRefused({ lineage }: Standing, ceilings: Ceilings, refusal: Refusal): void {
  const { exhausted, unit } = refusal.facts
  for (const { id } of lineage) {
    if (id !== exhausted) continue
    const account = ceilings.accounts.get(id)?.find((one) => one.unit === unit)
    if (account !== undefined) account.refused = 1
  }
}

/**
 * Moves each budget of a batch to the threshold it has reached; answers the alerts of those that
 * reached one for the first time. They are written with the marks, in the transaction that spends,
 * so each is raised once, whatever breaks.
 */
export function raiseBudgets(
  ceilings: Ceilings,
  leases: ReadonlyMap<LeaseId, HotLease>,
  by: { readonly warningPercent: number; readonly now: EpochSeconds },
): readonly AlertsTable[] {
  const raised: AlertsTable[] = []
  for (const account of [...ceilings.accounts.values()].flat()) {
    const percent = warnedAt(account, by.warningPercent, account.refused === 1)
    const lease = leases.get(account.lease)
    if (percent <= account.warned || lease === undefined) continue
    account.warned = percent
    account.raised = 1
    raised.push(alertOf(account, lease, by.now))
  }
  return raised
}

function alertOf(account: HotBudget, lease: HotLease, now: EpochSeconds): AlertsTable {
  const { unit, decimals, amount, reserved, spent, warned } = account
  const isOver = warned === 100
  const alert = {
    tenant: lease.tenant,
    kind: isOver ? ('budget.exhausted' as const) : ('budget.warning' as const),
    severity: isOver ? ('critical' as const) : ('warning' as const),
    subject: subjectOf('lease', lease.id),
    lease: lease.id,
    facts: {
      unit,
      percent: warned,
      amount: decimal(amount, decimals),
      reserved: decimal(reserved, decimals),
      spent: decimal(spent, decimals),
    },
  }
  return alertRowOf(alert, now, (lease.owner ?? lease.subject) as PrincipalId)
}
