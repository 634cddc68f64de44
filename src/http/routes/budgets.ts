import { problemOf } from '../../admission/problem.ts'
import { percentOf, remainingOf } from '../../domain/budget.ts'
import type { RequestId } from '../../domain/ids.ts'
import { PAGE_ROWS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { CallUsage, Settled } from '../../domain/settlement.ts'
import { epochSeconds } from '../../domain/time.ts'
import { codeOfFault } from '../../listener/faults.ts'
import { timeText } from '../../listener/time-text.ts'
import { readBudgetHistory } from '../../usecases/leases/read-budget-history.ts'
import { readBudgets, readReservations } from '../../usecases/leases/read-budgets.ts'
import { settleReservations } from '../../usecases/tokens/settle-reservations.ts'
import { endpoint } from '../endpoint.ts'
import {
  budgetHistoryOut,
  budgetsOut,
  reservationsOut,
  reservationsQuery,
  settlementsBody,
  settlementsOut,
} from '../schemas/budgets.ts'
import { leaseParams } from '../schemas/leases.ts'

export const read = endpoint({
  summary: 'Read what is left of the budgets of a lease',
  description: 'As the lease was granted; what is left above it may be less.',
  params: leaseParams,
  answer: budgetsOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readBudgets(world, caller, { lease: params.id }),
  view: (accounts) => ({
    items: accounts.map((account) => {
      const { unit, decimals, amount, reserved, spent } = account
      const [remaining, percent] = [remainingOf(account), percentOf(account)]
      return { unit, decimals, amount, reserved, spent, remaining, percent }
    }),
  }),
})

export const history = endpoint({
  summary: 'Read how the budgets of a lease stood over its life',
  description: 'Counted from the calls at the lease and below it; takes as long as they are many.',
  params: leaseParams,
  answer: budgetHistoryOut,
  refusals: ['not_found'],
  deadline: false,
  act: (world, { caller, params }) => readBudgetHistory(world, caller, { lease: params.id }),
  view: (histories) => ({
    items: histories.map(({ account: { unit, decimals, amount }, points }) => ({
      ...{ unit, decimals, amount },
      points: points.map(({ at, reserved, spent }) => {
        return { at: timeText(epochSeconds(Math.floor(at))), reserved, spent }
      }),
    })),
  }),
})

export const reservations = endpoint({
  summary: 'List what calls at a lease and below it hold and nobody has settled',
  description: 'Calls that reserved part of a budget, and whose cost is not yet known.',
  params: leaseParams,
  query: reservationsQuery,
  answer: reservationsOut,
  refusals: ['not_found'],
  act: (world, { caller, params, query }) => {
    const { limit = PAGE_ROWS_DEFAULT, cursor = null } = query
    return readReservations(world, caller, { lease: params.id, page: { limit, cursor } })
  },
  view: ({ items, cursor }) => ({
    items: items.map(({ unit, decimals, amount, root, lease, jti, point, at }) => ({
      unit,
      decimals,
      amount,
      root_id: root,
      lease_id: lease,
      jti,
      point,
      at: timeText(at),
    })),
    cursor,
  }),
})

function usageOf(used: {
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
}): CallUsage {
  const { model, input_tokens: inputTokens, output_tokens: outputTokens } = used
  return { model, inputTokens, outputTokens }
}

interface Outcome {
  readonly request: RequestId
  readonly result: Result<Settled>
}

export const settle = endpoint({
  summary: 'Settle what redeemed calls reserved, up to 64 in one request',
  description:
    'Each has an outcome of its own: 200 says only that every one was looked at. An enforcement ' +
    'point settles what it redeemed itself; owners and operators settle by hand.',
  body: settlementsBody,
  answer: settlementsOut,
  refusals: [],
  act: async (world, { caller, body: { items }, fault }) => {
    const asked = items.map(({ root_id: root, jti, actual, usage }) => ({
      root,
      jti,
      actual,
      ...(usage === undefined ? {} : { usage: usageOf(usage) }),
    }))
    const started = await settleReservations(world, caller, asked)
    if (!started.ok) return started
    const outcomes = started.value.map(async (settling): Promise<Outcome> => {
      const { request } = caller
      try {
        return { request, result: await settling }
      } catch (error) {
        fault(error)
        return { request, result: refuse(codeOfFault(error)) }
      }
    })
    return accept(await Promise.all(outcomes))
  },
  view: (outcomes) => ({
    items: outcomes.map(({ request, result }) => {
      if (result.ok) {
        const { jti, lease, spent, again } = result.value
        return { ok: true as const, jti, lease_id: lease, spent: [...spent], again }
      }
      const problem = problemOf(result.refusal, request)
      return { ok: false as const, problem: { ...problem, reasons: [...problem.reasons] } }
    }),
  }),
})
