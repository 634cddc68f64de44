import { createHash } from 'node:crypto'
import { type Approval, type ApprovalRequest, approvalText } from '../../src/domain/approval.ts'
import { type ApprovalId, DEFAULT_TENANT, type PrincipalId } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { later } from '../../src/domain/time.ts'
import type { Store } from '../../src/store/ports.ts'
import { systemIds } from '../../src/system.ts'
import { agentUri, decide, OWNER, T0, testAgent, testScope, thumbprint } from './store-facts.ts'

/** Another owner of the tenant. */
export const SECOND = 'second@acme.example' as PrincipalId

/** A request of the worker for a root lease. */
export function testRequest(change: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    kind: 'lease',
    tenant: DEFAULT_TENANT,
    requester: agentUri('worker'),
    certificate: thumbprint('worker'),
    subject: OWNER,
    lineage: [],
    scope: testScope(),
    ttlSeconds: 60,
    audience: null,
    pin: null,
    delegate: null,
    credential: null,
    ...change,
  }
}

/** SHA-256 of the text of a request. */
export function digestOf(request: ApprovalRequest): string {
  return createHash('sha256').update(approvalText(request)).digest('base64url')
}

/** A question that was just asked. */
export function testApproval(change: Partial<Approval> = {}): Approval {
  const request = change.request ?? testRequest()
  return {
    id: systemIds.approval(),
    tenant: request.tenant,
    owner: request.subject,
    request,
    digest: digestOf(request),
    notice: {
      holders: [request.requester],
      reason: null,
      policy: 'contract',
      attestation: testAgent('worker').attestation,
      firstTime: true,
    },
    quorum: 1,
    votes: [],
    createdAt: T0,
    expiresAt: later(T0, 300),
    approvedAt: null,
    deniedAt: null,
    usedAt: null,
    seq: 1,
    ...change,
  }
}

/** Stores a question that the owner has said yes to. */
export async function givenYes(store: Store, approval: Approval): Promise<void> {
  const { seq: _seq, votes: _votes, ...asked } = approval
  await decide(store, async (tx) => {
    const stored = await tx.insertApproval(asked)
    const vote = { owner: OWNER, yes: true, at: T0 }
    const tally = { expiresAt: stored.expiresAt, approvedAt: T0, deniedAt: null }
    return accept(await tx.recordVote(stored, vote, tally))
  })
}

/** Whether this use of a yes was the one. */
export async function claimed(store: Store, id: ApprovalId): Promise<boolean> {
  const { result } = await decide(store, async (tx) =>
    accept(await tx.claimApproval(DEFAULT_TENANT, id, tx.now)),
  )
  return result.ok && result.value
}
