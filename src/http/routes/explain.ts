import type { z } from '@hono/zod-openapi'
import { explainRequest } from '../../usecases/leases/explain-request.ts'
import { endpoint } from '../endpoint.ts'
import { explainBody, explanationOut } from '../schemas/explain.ts'

export const explain = endpoint({
  summary: 'Explain whether a lease covers a request, and which hop took it away',
  description: 'Looks at scopes alone, not at liveness.',
  body: explainBody,
  answer: explanationOut,
  refusals: ['not_found'],
  act: (world, { caller, body }) =>
    explainRequest(world, caller, { lease: body.lease_id, request: body.request }),
  view: (found): z.input<typeof explanationOut> =>
    found.permitted
      ? { permitted: true, grants: [...found.grants] }
      : { ...found, reasons: found.reasons.map((reason) => ({ ...reason })) },
})
