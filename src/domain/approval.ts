import type { AttestationResult } from './attestation.ts'
import type {
  AgentUri,
  ApprovalId,
  CertificateThumbprint,
  LeaseId,
  PrincipalId,
  TenantId,
} from './ids.ts'
import { canonicalJson } from './json.ts'
import { type Labels, NO_LABELS } from './labels.ts'
import { type RevocationSubject, subjectOf, subjectsOf } from './revocation.ts'
import type { Json, Scope } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'
import type { RequestPin, TokenClaims } from './token.ts'

/** A yes is for a root lease or its renewal, a delegation, a call token, an action, or a value. */
export type ApprovalKind = 'lease' | 'delegation' | 'token' | 'action' | 'retrieval'

/**
 * The exact request a yes is about; nothing else is done with it. `scope` is what would be granted.
 * Members that a kind does not have are null, so that each request has one text.
 */
export interface ApprovalRequest {
  readonly kind: ApprovalKind
  readonly tenant: TenantId
  readonly requester: AgentUri
  /** The certificate the requester presented. */
  readonly certificate: CertificateThumbprint
  /** On whose behalf. The owner who is asked is another where an issuer vouched for a person. */
  readonly subject: PrincipalId
  /** What it grows out of, root first; empty for a root lease that is not there yet. */
  readonly lineage: readonly LeaseId[]
  readonly scope: Scope
  /** Of the tree, or asked for it; absent when there are none. */
  readonly labels?: Labels
  /** As asked for; null when nothing was asked. */
  readonly ttlSeconds: number | null
  readonly audience: string | null
  readonly pin: RequestPin | null
  readonly delegate: AgentUri | null
  readonly credential: string | null
  /** What a token would be bound to, where a key was proven; absent: the certificate alone. */
  readonly confirmation?: TokenClaims['confirmation']
  /** Headers of the request; of an action alone. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What the person sees beside the request. None of it is part of what the yes is bound to. */
export interface ApprovalNotice {
  /** Holders of the lineage, root's first; of a root lease, the requester alone. */
  readonly holders: readonly AgentUri[]
  /** Words of the requester; nobody has checked them. */
  readonly reason: string | null
  /** What asks for the yes: `contract`, `scope`, or the name of a policy. */
  readonly policy: string
  readonly attestation: AttestationResult
  /** Whether the requester never held a lease that is still known. */
  readonly firstTime: boolean
}

/** The word of one owner. */
export interface ApprovalVote {
  readonly owner: PrincipalId
  readonly yes: boolean
  readonly at: EpochSeconds
}

/** One question to the owner of a tree, and what was said to it. */
export interface Approval {
  readonly id: ApprovalId
  readonly tenant: TenantId
  /** The accountable principal: without its yes there is none. */
  readonly owner: PrincipalId
  readonly request: ApprovalRequest
  /** base64url(SHA-256(`approvalText(request)`)). */
  readonly digest: string
  readonly notice: ApprovalNotice
  /** Distinct owners that have to say yes, the accountable one among them. */
  readonly quorum: number
  /** Without those of owners who were taken out since. */
  readonly votes: readonly ApprovalVote[]
  readonly createdAt: EpochSeconds
  /** From then on it is a no, also when a yes was not used. */
  readonly expiresAt: EpochSeconds
  readonly approvedAt: EpochSeconds | null
  readonly deniedAt: EpochSeconds | null
  readonly usedAt: EpochSeconds | null
  /** Rises with every change of any approval; names events of a stream. */
  readonly seq: number
}

/**
 * `void`: something above it is revoked, suspended or over, or who said yes was taken out, so a yes
 * would mean nothing.
 */
export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'void' | 'used'

/** RFC 8785 text of a request: two requests are the same exactly when their texts are. */
export function approvalText(request: ApprovalRequest): string {
  return canonicalJson(request as unknown as Json)
}

/** The root of the tree it hangs from; null for a root lease. */
export function rootOfApproval({ request }: Pick<Approval, 'request'>): LeaseId | null {
  return request.lineage[0] ?? null
}

/** The lease it hangs from; null for a root lease. */
export function leaseOfApproval({ request }: Pick<Approval, 'request'>): LeaseId | null {
  return request.lineage[request.lineage.length - 1] ?? null
}

/**
 * The state at a moment; nothing of it is stored beside what was said. `stands` says whether
 * everything above is live (I6) at that moment.
 */
export function stateOfApproval(
  approval: Approval,
  at: { readonly now: EpochSeconds; readonly stands: boolean },
): ApprovalState {
  if (approval.usedAt !== null) return 'used'
  if (approval.deniedAt !== null) return 'denied'
  if (approval.expiresAt <= at.now) return 'expired'
  if (!at.stands) return 'void'
  if (approval.approvedAt === null) return 'pending'
  return isCarried(approval) ? 'approved' : 'void'
}

/** Whether as many as were asked for say yes, the accountable owner among them. */
export function isCarried({ votes, quorum, owner }: Pick<Approval, 'votes' | 'quorum' | 'owner'>) {
  const owners = new Set(votes.filter(({ yes }) => yes).map((vote) => vote.owner))
  return owners.size >= quorum && owners.has(owner)
}

/** Every subject whose revocation voids the approval: those of the lineage, and the delegate. */
export function subjectsOfApproval({
  request,
  notice,
  owner,
}: Approval): readonly RevocationSubject[] {
  const { lineage, tenant, certificate, delegate, subject, labels = NO_LABELS } = request
  const { holders } = notice
  const tree = { lineage, holders, subject, owner, tenant, labels }
  const above = subjectsOf(tree, { certificate })
  return delegate === null ? above : [...above, subjectOf('agent', delegate)]
}

/**
 * What two approvals have in common when a person may take them for alike: everything but the last
 * segment and the query of the pinned URL, and the digest of its body.
 */
export function likenessText({ request }: Pick<Approval, 'request'>): string {
  const { pin } = request
  const like = pin === null ? null : { method: pin.method, target: parentOf(pin.target) }
  return canonicalJson({ ...request, pin: like } as unknown as Json)
}

function parentOf(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? ''
  const last = path.lastIndexOf('/')
  // The slashes before the host are no part of a path: without one, all of it has to be the same.
  return last > path.indexOf('//') + 1 ? path.slice(0, last + 1) : target
}
