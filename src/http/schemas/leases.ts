import { z } from '@hono/zod-openapi'
import { TREE_ROWS_MAX } from '../../domain/limits.ts'
import { reasonText, words } from '../../listener/words.ts'
import { approvalIn } from './approvals.ts'
import { attestationOut } from './attestation.ts'
import {
  agentUri,
  agentUriOut,
  countText,
  leaseId,
  leaseIdOut,
  pageOf,
  pageQuery,
  recordOut,
  seconds,
  timeOut,
} from './common.ts'
import { labelsIn, labelsOut, labelText } from './labels.ts'
import { scopeOut, scopeRequest } from './scope.ts'

export const leaseParams = z.strictObject({ id: leaseId })

export const openLeaseBody = z
  .strictObject({
    scope: scopeRequest,
    ttl_seconds: seconds.optional(),
    reason: reasonText.optional(),
    labels: labelsIn.optional(),
    approval: approvalIn,
  })
  .openapi('OpenLease')

export const renewLeaseBody = z
  .strictObject({ ttl_seconds: seconds, approval: approvalIn })
  .openapi('RenewLease')

export const revokeLeaseBody = z.strictObject({ reason: reasonText }).openapi('RevokeLease')

export const listLeasesQuery = z.strictObject({
  holder: agentUri.optional(),
  root: leaseId.optional(),
  roots: z.literal('true').optional().openapi({ description: 'Only what has no parent.' }),
  text: words(200).min(1).optional().openapi({ description: 'A part of holder, id or labels.' }),
  label: labelText.optional(),
  ...pageQuery,
})

export const childrenQuery = z.strictObject(pageQuery)

export const treeQuery = z.strictObject({
  limit: countText(TREE_ROWS_MAX)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: TREE_ROWS_MAX, default: TREE_ROWS_MAX }),
})

export const leaseOut = z
  .strictObject({
    id: leaseIdOut,
    parent_id: leaseIdOut.nullable(),
    root_id: leaseIdOut,
    lineage: z.array(leaseIdOut),
    depth: z.int(),
    holder: agentUriOut,
    subject: z.string(),
    labels: labelsOut,
    scope: scopeOut,
    state: z.enum(['live', 'revoked', 'suspended', 'released', 'expired', 'exhausted']),
    opened_at: timeOut,
    expires_at: timeOut,
    renewals: z.int(),
    uses_spent: z.int(),
    contract_version: z.int(),
    attestation: attestationOut,
  })
  .openapi('Lease')

export const childPageOut = pageOf(
  leaseOut
    .extend({ children: z.int().openapi({ description: 'Direct children, living or not.' }) })
    .openapi('ChildLease'),
  'ChildLeasePage',
)

export const leasePageOut = pageOf(leaseOut, 'LeasePage')

export const treeOut = z
  .strictObject({ items: z.array(leaseOut), truncated: z.boolean() })
  .openapi('LeaseTree')

export const revokedLeaseOut = z
  .strictObject({
    revoked_at: timeOut,
    subject: z.string(),
    record: recordOut,
  })
  .openapi('RevokedLease')

export const revokePreviewOut = z
  .strictObject({ leases: z.int(), live: z.int(), holders: z.array(agentUriOut) })
  .openapi('RevokePreview')
