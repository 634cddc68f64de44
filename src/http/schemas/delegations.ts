import { z } from '@hono/zod-openapi'
import { reasonText } from '../../listener/words.ts'
import { approvalIn } from './approvals.ts'
import { agentUri, agentUriOut, leaseId, seconds, timeOut, tokenText } from './common.ts'
import { scopeOut, scopeRequest } from './scope.ts'

export const createDelegationBody = z
  .strictObject({
    lease_id: leaseId,
    delegate: agentUri,
    scope: scopeRequest,
    ttl_seconds: seconds
      .optional()
      .openapi({ description: 'Life of the delegation token, not of the lease it becomes.' }),
    reason: reasonText.optional(),
    approval: approvalIn,
  })
  .openapi('CreateDelegation')

export const redeemDelegationBody = z.strictObject({ token: tokenText }).openapi('RedeemDelegation')

export const delegationOut = z
  .strictObject({
    token: z.string().openapi({ description: 'A secret until it is redeemed.' }),
    expires_at: timeOut,
    scope: scopeOut,
    delegate: agentUriOut,
  })
  .openapi('Delegation')
