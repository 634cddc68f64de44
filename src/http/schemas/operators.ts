import { z } from '@hono/zod-openapi'
import { name, timeOut } from './common.ts'

const role = z.enum(['owner', 'operator'])

export const createOperatorBody = z.strictObject({ name, role }).openapi('CreateOperator')
export const operatorParams = z.strictObject({ name })

export const createdOperatorOut = z
  .strictObject({
    name: z.string(),
    role,
    token: z.string().openapi({ description: 'A secret, shown this once.' }),
  })
  .openapi('CreatedOperator')

export const operatorOut = z
  .strictObject({
    name: z.string(),
    role,
    created_at: timeOut,
    revoked_at: timeOut.nullable(),
  })
  .openapi('Operator')

export const operatorListOut = z
  .strictObject({ items: z.array(operatorOut), cursor: z.null() })
  .openapi('OperatorList')
