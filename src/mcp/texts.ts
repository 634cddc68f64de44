import { z } from 'zod'
import { parseApprovalId, parseLeaseId } from '../domain/ids.ts'
import type { Grant } from '../domain/scope/types.ts'
import { textAs } from '../listener/read-as.ts'
import { timeText } from '../listener/time-text.ts'
import { reasonText } from '../listener/words.ts'
import type { Awaiting } from '../usecases/approvals/awaiting.ts'

/** The use-handle of a secret: the id of a lease, good for its holder alone. */
export const handleIn = z
  .string()
  .regex(/^lease_[A-Za-z0-9_-]{22}$/)
  .pipe(textAs(parseLeaseId, 'This is no handle.'))
/** The id of a question to the owner. */
export const approvalIn = z
  .string()
  .regex(/^appr_[A-Za-z0-9_-]{22}$/)
  .pipe(textAs(parseApprovalId, 'This is no approval id.'))
/** Words for the person who decides. */
export const purposeIn = reasonText

/** What may be asked of upstreams over HTTP. */
export const targetOut = z.strictObject({
  hosts: z.array(z.string()),
  methods: z.array(z.string()),
  paths: z.array(z.string()),
})

/** The part of some grants that is about HTTP. */
export function targetsView(grants: readonly Grant[]): z.input<typeof targetOut>[] {
  return grants.flatMap((grant) =>
    grant.type === 'http'
      ? [{ hosts: [...grant.hosts], methods: [...grant.methods], paths: [...grant.paths] }]
      : [],
  )
}

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
