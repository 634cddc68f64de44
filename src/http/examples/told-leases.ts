import { rootOf } from '../../domain/lease.ts'
import {
  at,
  CHILD,
  CHILD_SCOPE,
  HASH,
  LABELS,
  OWNER,
  PLANNER,
  ROOT,
  ROOT_SCOPE,
  WORKER,
} from './cast.ts'

/** What the authority vouches for of both agents. */
export const ATTESTATION = {
  tier: 'warning',
  method: 'mtls',
  verifier: 'writ',
  evidence_hash: HASH,
  at: at('12:00'),
}

/** One of the two leases as it is at its opening, but for what is given. */
export function leaseAs(id: typeof ROOT, now: object = {}) {
  const isRoot = id === ROOT
  const lineage = isRoot ? [ROOT] : [ROOT, CHILD]
  return {
    id,
    parent_id: isRoot ? null : ROOT,
    root_id: rootOf(lineage),
    lineage,
    depth: isRoot ? 0 : 1,
    holder: isRoot ? PLANNER : WORKER,
    subject: OWNER,
    labels: LABELS,
    scope: isRoot ? ROOT_SCOPE : CHILD_SCOPE,
    state: 'live',
    opened_at: isRoot ? at('12:01') : at('12:03'),
    expires_at: isRoot ? at('13:01') : at('12:18'),
    renewals: 0,
    uses_spent: 0,
    contract_version: 1,
    attestation: ATTESTATION,
    ...now,
  }
}

/** The root as it is opened; what it has spent later is in the answers that come later. */
export const ROOT_LEASE = leaseAs(ROOT)
export const CHILD_LEASE = leaseAs(CHILD)
/** Both leases after the one call. */
export const SPENT_ONE = { uses_spent: 1 }
