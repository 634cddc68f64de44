import { z } from '@hono/zod-openapi'
import { name, timeOut } from './common.ts'

const role = z.enum(['owner', 'operator'])

/** A certificate in PEM is far shorter. */
const PEM_MAX = 16_384

export const createOperatorBody = z
  .strictObject({
    name,
    role,
    certificate: z.string().min(1).max(PEM_MAX).optional().openapi({
      description: 'PEM of the one certificate that signs in to the console in place of a token.',
    }),
  })
  .openapi('CreateOperator')
export const operatorParams = z.strictObject({ name })

export const createdOperatorOut = z
  .strictObject({
    name: z.string(),
    role,
    token: z
      .string()
      .optional()
      .openapi({ description: 'A secret, shown this once; absent where there is a certificate.' }),
    certificate_thumbprint: z.string().optional(),
  })
  .openapi('CreatedOperator')

export const operatorOut = z
  .strictObject({
    name: z.string(),
    role,
    certificate_thumbprint: z.string().optional(),
    created_at: timeOut,
    revoked_at: timeOut.nullable(),
  })
  .openapi('Operator')

export const operatorListOut = z
  .strictObject({ items: z.array(operatorOut), cursor: z.null() })
  .openapi('OperatorList')
