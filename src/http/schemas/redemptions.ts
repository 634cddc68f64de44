import { z } from '@hono/zod-openapi'
import { REDEEM_BATCH_MAX } from '../../domain/limits.ts'
import { type Refusal, refuse } from '../../domain/refusal.ts'
import { reasonsOf } from '../../listener/parse.ts'
import { problemOut } from './problem.ts'
import { REDEEMED } from './redeemed.ts'
import { redeemBody } from './tokens.ts'

/** One call, or why it could not be read: one that is malformed harms no other. */
export type ReadRedemption =
  | { readonly read: z.output<typeof redeemBody> }
  | { readonly refusal: Refusal }

/** The document says what an item has to be; what it is instead is for its outcome to say. */
const readItem = z
  .unknown()
  .transform((value): ReadRedemption => {
    const read = redeemBody.safeParse(value)
    if (read.success) return { read: read.data }
    return { refusal: refuse('malformed', {}, reasonsOf(read.error.issues)).refusal }
  })
  .openapi({ allOf: [{ $ref: '#/components/schemas/RedeemToken' }] })

export const redemptionsBody = z
  .strictObject({ items: z.array(readItem).min(1).max(REDEEM_BATCH_MAX) })
  .openapi('Redemptions')

export const redemptionsOut = z
  .strictObject({
    items: z
      .array(
        z.discriminatedUnion('ok', [
          z.strictObject({ ok: z.literal(true), ...REDEEMED }),
          z.strictObject({ ok: z.literal(false), problem: problemOut }),
        ]),
      )
      .openapi({ description: 'In the order of the request.' }),
  })
  .openapi('RedemptionOutcomes')
