import { z } from '@hono/zod-openapi'
import { AAT_DEPTH_MAX, AAT_TOKEN_BYTES_MAX, SCOPE_STRING_MAX } from '../../domain/limits.ts'
import { costs } from './budgets.ts'
import { leaseIdOut, requestId } from './common.ts'
import { REDEEMED } from './redeemed.ts'
import { requestToJudge } from './scope.ts'

const compact = z.string().min(1).max(AAT_TOKEN_BYTES_MAX)

export const redeemChainBody = z
  .strictObject({
    aat_chain: z
      .array(compact)
      .min(1)
      .max(AAT_DEPTH_MAX + 1)
      .openapi({ description: 'Compact tokens, root first.' }),
    aat_pop: compact.openapi({ description: 'What the last holder signed for this call.' }),
    audience: z.string().min(1).max(SCOPE_STRING_MAX),
    request: requestToJudge.openapi({ description: 'The call, of type `tool`.' }),
    address: z
      .string()
      .regex(/^[0-9A-Fa-f.:]{2,45}$/)
      .optional()
      .openapi({ description: 'The network address of the call, for its audit record.' }),
    costs: costs.optional().openapi({
      description: 'What the call may cost at most. A budget of a unit without a cost refuses it.',
    }),
    request_id: requestId
      .optional()
      .openapi({ description: 'Names the call in its audit record.' }),
  })
  .openapi('RedeemChain')

export const redeemedChainOut = z
  .strictObject({
    ...REDEEMED,
    lease: z
      .strictObject({ id: leaseIdOut, lineage: z.array(leaseIdOut) })
      .openapi({ description: 'What stands here for the links of the chain, root first.' }),
  })
  .openapi('RedeemedChain')
