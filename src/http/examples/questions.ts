import type { Scope } from '../../domain/scope/types.ts'
import {
  AUDIENCE,
  at,
  CALL,
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
import { ATTESTATION } from './told-leases.ts'

/** A question to dana; what differs from kind to kind is given. */
function approvalOf(kind: string, requester: string, scope: Scope, more: object) {
  return {
    id: 'appr_ZXhhbXBsZS0xNi1ieXRlcw',
    state: 'pending',
    kind,
    owner: OWNER,
    requester,
    certificate_thumbprint: HASH,
    lease_id: ROOT,
    lineage: [{ lease_id: ROOT, holder: PLANNER, depth: 0 }],
    scope,
    labels: LABELS,
    ttl_seconds: scope.limits.ttl_seconds,
    audience: null,
    pin: null,
    delegate: null,
    credential: null,
    unverified_reason: 'Answer what was asked about the site',
    policy: 'office-hours',
    attestation: ATTESTATION,
    first_time: false,
    quorum: 1,
    votes: [],
    digest: HASH,
    created_at: at('12:04'),
    expires_at: at('12:09'),
    approved_at: null,
    denied_at: null,
    used_at: null,
    ...more,
  }
}

/** May the planner open its lease? */
export const OPENING = approvalOf('lease', PLANNER, ROOT_SCOPE, {
  lease_id: null,
  lineage: [{ lease_id: null, holder: PLANNER, depth: 0 }],
})
/** May it pass a part on to the worker? */
export const PASSING_ON = approvalOf('delegation', PLANNER, CHILD_SCOPE, { delegate: WORKER })

/** The question of the story: may the worker make this very call? */
export const CALLING = approvalOf('token', WORKER, CHILD_SCOPE, {
  lease_id: CHILD,
  lineage: [
    { lease_id: ROOT, holder: PLANNER, depth: 0 },
    { lease_id: CHILD, holder: WORKER, depth: 1 },
  ],
  ttl_seconds: 60,
  audience: AUDIENCE,
  pin: { method: CALL.method, target: CALL.target, body_digest: HASH },
})

/** The same after dana said so. */
export function voted(state: string, decision: string) {
  const vote = { owner: OWNER, decision, at: at('12:04') }
  return { ...CALLING, state, votes: [vote], [`${state}_at`]: vote.at }
}
