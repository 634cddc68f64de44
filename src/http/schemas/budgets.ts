import { z } from '@hono/zod-openapi'
import { SETTLE_BATCH_MAX } from '../../domain/limits.ts'
import type { Cost } from '../../domain/redemption.ts'
import { parseCosts } from '../../domain/scope/parse-bounds.ts'
import { readAs } from '../../listener/read-as.ts'
import { jti, jtiOut, leaseId, leaseIdOut, pageOf, pageQuery, timeOut } from './common.ts'
import { problemOut } from './problem.ts'
import { AMOUNTS } from './scope-document.ts'

/** Costs as they come in, read by the domain's strict reader, and as they go out. */
export const costs = readAs(parseCosts).openapi('Costs', AMOUNTS)
export const costsOut = z.custom<Cost[]>().openapi('CostsOut', AMOUNTS)

const AMOUNT = { unit: z.string(), decimals: z.int(), amount: z.int() }

export const budgetsOut = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          ...AMOUNT,
          reserved: z.int(),
          spent: z.int(),
          remaining: z.int(),
          percent: z.int(),
        })
        .openapi('Budget', {
          description: 'All amounts are integers in 10^-decimals of the unit.',
        }),
    ),
  })
  .openapi('Budgets')

export const budgetHistoryOut = z
  .strictObject({
    items: z.array(
      z.strictObject({
        ...AMOUNT,
        points: z
          .array(z.strictObject({ at: timeOut, reserved: z.int(), spent: z.int() }))
          .openapi({ description: 'Evenly spaced, from the opening of the lease until now.' }),
      }),
    ),
  })
  .openapi('BudgetHistory')

export const reservationsQuery = z.strictObject({ ...pageQuery })

export const reservationsOut = pageOf(
  z
    .strictObject({
      ...AMOUNT,
      root_id: leaseIdOut,
      lease_id: leaseIdOut,
      jti: jtiOut,
      point: z.string().nullable().openapi({
        description: 'Who redeemed the call; null for a gateway on the store of the authority.',
      }),
      at: timeOut,
    })
    .openapi('Reservation'),
  'ReservationPage',
)

/** `released`, or a cost of each reserved unit. */
const actual = z.union([z.literal('released'), costs])

/** What a measured call has used, for the record. */
const usage = z
  .strictObject({
    model: z.string().min(1).max(200),
    input_tokens: z.int().nonnegative(),
    output_tokens: z.int().nonnegative(),
  })
  .openapi('CallUsage')

export const settlementsBody = z
  .strictObject({
    items: z
      .array(z.strictObject({ root_id: leaseId, jti, actual, usage: usage.optional() }))
      .min(1)
      .max(SETTLE_BATCH_MAX),
  })
  .openapi('Settlements')

export const settlementsOut = z
  .strictObject({
    items: z
      .array(
        z.discriminatedUnion('ok', [
          z.strictObject({
            ok: z.literal(true),
            jti: jtiOut,
            lease_id: leaseIdOut,
            spent: costsOut,
            again: z.boolean().openapi({ description: 'It stood so before.' }),
          }),
          z.strictObject({ ok: z.literal(false), problem: problemOut }),
        ]),
      )
      .openapi({ description: 'In the order of the request.' }),
  })
  .openapi('SettlementOutcomes')
