import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { BudgetView, ReservationView, SettlementsView } from '../../client/views/budgets.ts'
import type { PageView } from '../../client/views/common.ts'
import { costsText, decimal } from '../../domain/budget.ts'
import type { Cost } from '../../domain/redemption.ts'
import { ask } from '../ask.ts'
import { costOption, count } from '../options.ts'
import { refused, usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ budget`: what is left, and settling by hand what no enforcement point settled. */
export function registerBudget(budget: Command): void {
  budget
    .command('show <lease>')
    .description('budgets of a lease, and what calls below it still hold')
    .option('--limit <n>', 'open reservations on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(show)
  budget
    .command('settle <token-id>')
    .description('say what a call did cost whose outcome nobody told')
    .requiredOption('--root <lease>', 'the root of its tree')
    .option('--spent <unit=amount...>', 'each reserved unit, such as USD=0.25', costOption)
    .option('--release', 'the call cost nothing')
    .action(settle)
}

interface ShowOptions {
  readonly limit?: number
  readonly cursor?: string
}

async function show(id: string, options: ShowOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const connection = settings.either()
  const budgets = await ask<{ readonly items: readonly BudgetView[] }>(connection, {
    method: 'GET',
    path: pathOf(['v1', 'leases', id, 'budgets']),
  })
  const open = await ask<PageView<ReservationView>>(connection, {
    method: 'GET',
    path: pathOf(['v1', 'leases', id, 'reservations'], { ...options }),
  })
  const document = { budgets: budgets.items, reservations: open.items, cursor: open.cursor }
  await settings.output.result(document, () =>
    [budgetRows(budgets.items), ...reservationRows(open.items)].join('\n\n'),
  )
  if (open.cursor !== null) settings.output.note(`More: --cursor ${open.cursor}`)
}

interface SettleOptions {
  readonly root: string
  readonly spent?: readonly Cost[]
  readonly release?: true
}

async function settle(jti: string, options: SettleOptions, command: Command): Promise<void> {
  const { root, spent, release } = options
  if ((spent === undefined) === (release === undefined)) {
    throw usage('Say either what was spent (--spent) or that nothing was (--release).')
  }
  const settings = readSettings(command)
  const body = { items: [{ root_id: root, jti, actual: spent ?? 'released' }] }
  const path = '/v1/settlements'
  const { items } = await ask<SettlementsView>(settings.bearer(), { method: 'POST', path, body })
  const [outcome] = items
  if (outcome === undefined) throw new Error('one settlement has one outcome')
  if (!outcome.ok) throw refused(outcome.problem)
  await settings.output.result(outcome, () => `Settled ${jti}: ${costsText(outcome.spent)}.`)
}

function budgetRows(budgets: readonly BudgetView[]): string {
  if (budgets.length === 0) return 'No budgets.'
  return table(
    ['UNIT', 'AMOUNT', 'RESERVED', 'SPENT', 'REMAINING', 'USED'],
    budgets.map(({ unit, decimals, amount, reserved, spent, remaining, percent }) => [
      unit,
      ...[amount, reserved, spent, remaining].map((value) => decimal(value, decimals)),
      `${percent} %`,
    ]),
  )
}

function reservationRows(open: readonly ReservationView[]): readonly string[] {
  if (open.length === 0) return []
  const rows = open.map((one) => [
    costsText([one]),
    one.jti,
    one.lease_id,
    one.point ?? '-',
    one.at,
  ])
  return [table(['HELD', 'TOKEN', 'LEASE', 'BY', 'SINCE'], rows)]
}
