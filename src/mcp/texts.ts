import { z } from 'zod'
import { type ApprovalId, type LeaseId, parseApprovalId, parseLeaseId } from '../domain/ids.ts'
import { REASON_CHARACTERS_MAX } from '../domain/limits.ts'
import { timeText } from '../listener/time-text.ts'
import type { Awaiting } from '../usecases/approvals/awaiting.ts'

/** A text that one of the domain's readers accepts; the pattern is what clients are told. */
function idText<T extends string>(pattern: RegExp, parse: (text: string) => T | undefined) {
  return z
    .string()
    .regex(pattern)
    .transform((text, context): T => {
      const value = parse(text)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: 'This is no id of that kind.' })
      return z.NEVER
    })
}

/** The use-handle of a secret: the id of a lease, good for its holder alone. */
export const handleIn = idText<LeaseId>(/^lease_[A-Za-z0-9_-]{22}$/, parseLeaseId)
/** The id of a question to the owner. */
export const approvalIn = idText<ApprovalId>(/^appr_[A-Za-z0-9_-]{22}$/, parseApprovalId)
/** Words for the person who decides. */
export const purposeIn = z.string().max(REASON_CHARACTERS_MAX)

/** What a tool answers while a person is asked. */
export const pendingOut = z.strictObject({
  status: z.literal('pending_approval'),
  approval: z.string(),
  expires_at: z.string(),
  how: z.string(),
})

/** The question that was put to the owner, and how to go on. */
export function pendingView({ awaits }: Awaiting): z.input<typeof pendingOut> {
  return {
    status: 'pending_approval',
    approval: awaits.id,
    expires_at: timeText(awaits.expiresAt),
    how:
      'A person is asked. Look with leash/check_status, and once it says approved, call this ' +
      'tool again with the same arguments and this id as approval.',
  }
}
