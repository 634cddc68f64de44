import type { z } from '@hono/zod-openapi'
import { depthOf, holderOf, type Lease, rootOf } from '../../domain/lease.ts'
import { timeText } from '../../listener/time-text.ts'
import type { LeaseNow } from '../../usecases/leases/read-lease.ts'
import type { leaseOut } from '../schemas/leases.ts'
import { attestationView } from './attestation.ts'

/** A lease with its state at the moment of the answer (I6: derived, never stored). */
export function leaseView({ lease, state }: LeaseNow): z.input<typeof leaseOut> {
  return {
    id: lease.id,
    parent_id: lease.parentId,
    root_id: rootOf(lease.lineage),
    lineage: [...lease.lineage],
    depth: depthOf(lease),
    holder: holderOf(lease),
    subject: lease.subject,
    labels: lease.labels,
    scope: lease.scope,
    state,
    opened_at: timeText(lease.openedAt),
    expires_at: timeText(lease.expiresAt),
    renewals: lease.renewals,
    uses_spent: lease.usesSpent,
    contract_version: lease.contractVersion,
    attestation: attestationView(lease.attestation),
  }
}

/** A lease that a use-case has just found live. */
export function liveLeaseView(lease: Lease): z.input<typeof leaseOut> {
  return leaseView({ lease, state: 'live' })
}
