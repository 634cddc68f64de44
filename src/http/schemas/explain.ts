import { z } from '@hono/zod-openapi'
import { leaseId } from './common.ts'
import { requestToJudge } from './scope.ts'

export const explainBody = z
  .strictObject({ lease_id: leaseId, request: requestToJudge })
  .openapi('ExplainRequest')

const reasonOut = z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string() })

export const explanationOut = z
  .discriminatedUnion('permitted', [
    z.strictObject({
      permitted: z.literal(true),
      grants: z.array(z.int()).openapi({ description: 'The grant that covers it, root first.' }),
    }),
    z.strictObject({
      permitted: z.literal(false),
      hop: z.int().openapi({ description: 'The first hop that does not cover it; root is 0.' }),
      held: z
        .int()
        .nullable()
        .openapi({ description: 'The grant of the hop above that still did; null at the root.' }),
      code: z.string(),
      reasons: z.array(reasonOut),
    }),
  ])
  .openapi('Explanation')
