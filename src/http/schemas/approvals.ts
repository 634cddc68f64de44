import { z } from '@hono/zod-openapi'
import { type ApprovalId, parseApprovalId } from '../../domain/ids.ts'
import { APPROVAL_BATCH_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'
import { attestationOut } from './attestation.ts'
import { agentUriOut, leaseIdOut, pageOf, pageQuery, thumbprintOut, timeOut } from './common.ts'
import { labelsOut } from './labels.ts'
import { problemOut } from './problem.ts'
import { scopeOut } from './scope.ts'

const APPROVAL_ID = { type: 'string', pattern: '^appr_[A-Za-z0-9_-]{21}[AQgw]$' } as const

const approvalId = textAs<ApprovalId>(parseApprovalId, 'This is no approval id.').openapi(
  APPROVAL_ID,
)
const approvalIdOut = z.string().openapi(APPROVAL_ID)

/** The yes an agent comes back with; everything else of its request has to be as it was. */
export const approvalIn = approvalId
  .optional()
  .openapi({ ...APPROVAL_ID, description: 'The yes to exactly this request, usable once.' })

const digest = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .openapi({ description: 'Of the request as it was shown; another one is a conflict.' })

export const approvalParams = z.strictObject({ id: approvalId })

export const listApprovalsQuery = z.strictObject({
  open: z.enum(['true', 'false']).optional().openapi({
    description: 'Only those that wait for a decision.',
    default: 'false',
  }),
  ...pageQuery,
})

export const streamApprovalsQuery = z.strictObject({
  follow: z.enum(['true', 'false']).optional().openapi({
    description: 'Whether to stay for what comes; else the stream ends after what there is.',
    default: 'true',
  }),
  after: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/)
    .optional()
    .openapi({ description: 'The number of the last event that was seen; as Last-Event-ID.' }),
})

export const decideApprovalBody = z.strictObject({ digest }).openapi('DecideApproval')

export const decideAlikeBody = z
  .strictObject({
    decision: z.enum(['approve', 'deny']),
    approvals: z
      .array(z.strictObject({ id: approvalId, digest }))
      .min(1)
      .max(APPROVAL_BATCH_MAX),
  })
  .openapi('DecideAlike')

export const approvalOut = z
  .strictObject({
    id: approvalIdOut,
    state: z.enum(['pending', 'approved', 'denied', 'expired', 'void', 'used']),
    kind: z.enum(['lease', 'delegation', 'token', 'action', 'retrieval']),
    owner: z.string().openapi({ description: 'Whose yes it needs, on whose behalf it would be.' }),
    requester: agentUriOut,
    certificate_thumbprint: thumbprintOut,
    lease_id: leaseIdOut.nullable(),
    lineage: z
      .array(
        z.strictObject({ lease_id: leaseIdOut.nullable(), holder: agentUriOut, depth: z.int() }),
      )
      .openapi({ description: 'Root first; the lease of a root that is not there yet is null.' }),
    scope: scopeOut,
    labels: labelsOut.optional(),
    ttl_seconds: z.int().nullable(),
    audience: z.string().nullable(),
    pin: z
      .strictObject({ method: z.string(), target: z.string(), body_digest: z.string().optional() })
      .nullable(),
    delegate: agentUriOut.nullable(),
    credential: z.string().nullable(),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: 'What goes with an action, as the agent wrote it.' }),
    bound_to: z
      .strictObject({
        certificate_thumbprint: thumbprintOut.optional(),
        key_thumbprint: thumbprintOut.optional(),
      })
      .optional()
      .openapi({
        description: 'What the token would be bound to; absent: the certificate alone.',
      }),
    unverified_reason: z
      .string()
      .nullable()
      .openapi({ description: 'Words of the agent. Nobody has checked them.' }),
    policy: z
      .string()
      .openapi({ description: 'What asks for a yes: contract, scope or a policy.' }),
    attestation: attestationOut,
    first_time: z.boolean().openapi({ description: 'The agent has held no lease before.' }),
    quorum: z.int(),
    votes: z.array(
      z.strictObject({ owner: z.string(), decision: z.enum(['approve', 'deny']), at: timeOut }),
    ),
    digest: z.string(),
    created_at: timeOut,
    expires_at: timeOut,
    approved_at: timeOut.nullable(),
    denied_at: timeOut.nullable(),
    used_at: timeOut.nullable(),
  })
  .openapi('Approval')

export const approvalPageOut = pageOf(approvalOut, 'ApprovalPage')

/** The answer to a request that waits for a person. */
export const awaitingOut = z.strictObject({ approval: approvalOut }).openapi('AwaitsApproval')

export const decidedAlikeOut = z
  .strictObject({
    items: z.array(
      z.discriminatedUnion('ok', [
        z.strictObject({ ok: z.literal(true), approval: approvalOut }),
        z.strictObject({ ok: z.literal(false), id: approvalIdOut, problem: problemOut }),
      ]),
    ),
  })
  .openapi('DecidedAlike')

export const approvalStreamOut = z.custom<ReadableStream<Uint8Array>>().openapi('ApprovalStream', {
  type: 'string',
  description: 'Events `approval`: the id is the number of the change, the data an Approval.',
})
