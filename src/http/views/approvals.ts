import type { z } from '@hono/zod-openapi'
import { leaseOfApproval, stateOfApproval } from '../../domain/approval.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { timeText } from '../../listener/time-text.ts'
import type { Awaiting } from '../../usecases/approvals/awaiting.ts'
import type { ApprovalNow } from '../../usecases/approvals/standing.ts'
import type { approvalOut, awaitingOut } from '../schemas/approvals.ts'
import { attestationView } from './attestation.ts'

/** An approval with its state at the moment of the answer. */
export function approvalView({ approval, state }: ApprovalNow): z.input<typeof approvalOut> {
  const { request, notice, votes } = approval
  return {
    id: approval.id,
    state,
    kind: request.kind,
    owner: approval.owner,
    requester: request.requester,
    certificate_thumbprint: request.certificate,
    lease_id: leaseOfApproval(approval),
    lineage: notice.holders.map((holder, depth) => {
      return { lease_id: request.lineage[depth] ?? null, holder, depth }
    }),
    scope: request.scope,
    ...(request.labels === undefined ? {} : { labels: request.labels }),
    ttl_seconds: request.ttlSeconds,
    audience: request.audience,
    pin: pinView(request.pin),
    delegate: request.delegate,
    credential: request.credential,
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    ...boundView(request.confirmation),
    unverified_reason: notice.reason,
    policy: notice.policy,
    attestation: attestationView(notice.attestation),
    first_time: notice.firstTime,
    quorum: approval.quorum,
    votes: votes.map(({ owner, yes, at }) => {
      return { owner, decision: yes ? 'approve' : 'deny', at: timeText(at) }
    }),
    digest: approval.digest,
    created_at: timeText(approval.createdAt),
    expires_at: timeText(approval.expiresAt),
    approved_at: momentView(approval.approvedAt),
    denied_at: momentView(approval.deniedAt),
    used_at: momentView(approval.usedAt),
  }
}

/** The question a use-case has just answered with: open, and everything above it stands. */
export function awaitingView({ awaits }: Awaiting): z.input<typeof awaitingOut> {
  const state = stateOfApproval(awaits, { now: awaits.createdAt, stands: true })
  return { approval: approvalView({ approval: awaits, state }) }
}

function momentView(at: EpochSeconds | null): string | null {
  return at === null ? null : timeText(at)
}

function boundView(bound: ApprovalNow['approval']['request']['confirmation']) {
  if (bound === undefined) return {}
  const { certificate, key } = bound
  return {
    bound_to: {
      ...(certificate === undefined ? {} : { certificate_thumbprint: certificate }),
      ...(key === undefined ? {} : { key_thumbprint: key }),
    },
  }
}

function pinView(
  pin: ApprovalNow['approval']['request']['pin'],
): z.input<typeof approvalOut>['pin'] {
  if (pin === null) return null
  const { method, target, bodyDigest } = pin
  return { method, target, ...(bodyDigest === undefined ? {} : { body_digest: bodyDigest }) }
}
