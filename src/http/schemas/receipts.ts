import { z } from '@hono/zod-openapi'
import { jti, jtiOut, leaseIdOut, recordOut, timeOut } from './common.ts'

export const receiptParams = z.strictObject({ jti })

export const receiptOut = z
  .strictObject({
    jti: jtiOut,
    at: timeOut,
    record: recordOut,
    born_lease: leaseIdOut.nullable().openapi({
      description: 'The child lease a delegation token became; null for a call token.',
    }),
  })
  .openapi('Receipt')
