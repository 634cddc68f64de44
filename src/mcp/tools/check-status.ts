import { z } from 'zod'
import type { ApprovalState } from '../../domain/approval.ts'
import { accept } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import { readApproval } from '../../usecases/approvals/read-approvals.ts'
import { approvalIn } from '../texts.ts'
import { leashTool } from '../tool.ts'

/** The four words of LEASH-28; what was used had been approved, what is void can not be. */
const STATUS: Readonly<
  Record<ApprovalState, 'awaiting_owner_approval' | 'approved' | 'denied' | 'expired'>
> = {
  pending: 'awaiting_owner_approval',
  approved: 'approved',
  used: 'approved',
  denied: 'denied',
  void: 'denied',
  expired: 'expired',
}

/** LEASH-28: how a question to the owner stands. */
export const checkStatus = leashTool({
  name: 'check_status',
  title: 'See how a request for approval stands',
  description:
    'The state of a question by its id: awaiting_owner_approval, approved, denied or expired. ' +
    'Once approved, repeat the request with the id as approval; it can be used once.',
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.strictObject({ approval: approvalIn }),
  output: z.strictObject({
    approval: z.string(),
    status: z.enum(['awaiting_owner_approval', 'approved', 'denied', 'expired']),
    used: z.boolean(),
    expires_at: z.string(),
  }),
  async run({ serving, caller }, { approval: id }) {
    const found = await readApproval(serving.world, caller, { id })
    if (!found.ok) return found
    const { approval, state } = found.value
    return accept({
      approval: approval.id,
      status: STATUS[state],
      used: state === 'used',
      expires_at: timeText(approval.expiresAt),
    })
  },
})
