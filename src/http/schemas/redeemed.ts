import { z } from '@hono/zod-openapi'
import { HANDLING_WORDS } from '../../admission/handling.ts'
import { costsOut } from './budgets.ts'
import { recordOut, timeOut } from './common.ts'
import { rateOut } from './problem.ts'

/** What is answered about an admitted call; its claims stand in its token. */
export const REDEEMED = {
  record: recordOut,
  lease_ends_at: timeOut.openapi({ description: 'The earliest end in the lineage.' }),
  subjects: z.array(z.string()).openapi({
    description: 'Subjects whose revocation has to cut what is still running.',
  }),
  reserved: costsOut.openapi({
    description: 'What was reserved and has to be settled; empty when no budget counts the call.',
  }),
  rate: rateOut.nullable().openapi({
    description: 'The rate that is closest to its limit; null when none counts the call.',
  }),
  response_handling: z.array(z.enum(HANDLING_WORDS)).openapi({
    description: 'What policies ask of whoever has the response; labels, which bind nobody.',
  }),
  receipt: z.string().nullable().openapi({
    description: 'A signed statement for the agent (`writ-receipt+jwt`).',
  }),
}
