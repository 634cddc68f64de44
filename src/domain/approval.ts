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
import {
  APPROVAL_CLAIM_SECONDS,
  APPROVAL_COOLDOWN_SECONDS,
  APPROVALS_PENDING_PER_AGENT_MAX,
  APPROVALS_PENDING_PER_ROOT_MAX,
  APPROVALS_PER_MINUTE,
} from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { type RevocationSubject, subjectOf, subjectsOf } from './revocation.ts'
import type { Json, Scope } from './scope/types.ts'
import { type EpochSeconds, later } from './time.ts'
import type { RequestPin } from './token.ts'

/** What a yes is for: a root lease or its renewal, a delegation, one call token, an action. */
export type ApprovalKind = 'lease' | 'delegation' | 'token' | 'action'

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
  /** On whose behalf: the owner who is asked. */
  readonly subject: PrincipalId
  /** What it grows out of, root first; empty for a root lease that is not there yet. */
  readonly lineage: readonly LeaseId[]
  readonly scope: Scope
  /** As asked for; null when nothing was asked. */
  readonly ttlSeconds: number | null
  readonly audience: string | null
  readonly pin: RequestPin | null
  readonly delegate: AgentUri | null
  readonly credential: string | null
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

/** `void`: something above it is revoked, suspended or over, so a yes would mean nothing. */
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
  return approval.approvedAt === null ? 'pending' : 'approved'
}

/** Every subject whose revocation voids the approval: those of the lineage, and the delegate. */
export function subjectsOfApproval({ request, notice }: Approval): readonly RevocationSubject[] {
  const { lineage, tenant, certificate, delegate, subject } = request
  const { holders } = notice
  const above = subjectsOf({ lineage, holders, subject, tenant }, { certificate })
  return delegate === null ? above : [...above, subjectOf('agent', delegate)]
}

/**
 * Whether an owner has a voice: the accountable one always, others when more than one is asked for.
 */
export function hasVoice(approval: Approval, owner: PrincipalId): boolean {
  return approval.owner === owner || approval.quorum > 1
}

/** What one more word comes to. */
export type Tally = Pick<Approval, 'expiresAt' | 'approvedAt' | 'deniedAt'>

/**
 * One no ends it. It is approved once `quorum` distinct owners said yes, the accountable one among
 * them; a yes that comes late can still be used for APPROVAL_CLAIM_SECONDS.
 * Refuses `conflict` when it is not pending, or when this owner has spoken.
 */
export function planVote(
  approval: Approval,
  vote: ApprovalVote,
  state: ApprovalState,
): Result<Tally> {
  if (state !== 'pending') return over(state)
  if (approval.votes.some(({ owner }) => owner === vote.owner)) {
    const detail = 'You have said yes to it; others are still asked.'
    if (vote.yes) return refuse('conflict', { vote: 'again' }, [{ ...ROW, code: 'vote', detail }])
  }
  const { expiresAt } = approval
  if (!vote.yes) return accept({ expiresAt, approvedAt: null, deniedAt: vote.at })
  const owners = new Set([...approval.votes.map(({ owner }) => owner), vote.owner])
  const reached = owners.size >= approval.quorum && owners.has(approval.owner)
  if (!reached) return accept({ expiresAt, approvedAt: null, deniedAt: null })
  const left = Math.max(APPROVAL_CLAIM_SECONDS, expiresAt - vote.at)
  return accept({ expiresAt: later(vote.at, left), approvedAt: vote.at, deniedAt: null })
}

const ROW = { pointer: '' } as const

const OVER: Readonly<Record<Exclude<ApprovalState, 'pending'>, string>> = {
  approved: 'It is approved already.',
  denied: 'It is denied already, and that is final.',
  expired: 'Its time is over, and that is a no. The agent has to ask again.',
  void: 'What it hangs from is revoked, suspended or over, so a yes would mean nothing.',
  used: 'It is approved and used already.',
}

function over(state: Exclude<ApprovalState, 'pending'>): Result<never> {
  return refuse('conflict', { state }, [{ ...ROW, code: state, detail: OVER[state] }])
}

/**
 * Whether a yes may be used for a request: the very same one, from the very same agent, approved by
 * as many as are asked for now, and in force. Refuses `approval_denied` with the state as reason;
 * says nothing about who else is using it at this moment.
 */
export function requireUsableYes(
  approval: Approval | undefined,
  asked: { readonly digest: string; readonly requester: AgentUri; readonly quorum: number },
  state: ApprovalState,
): Result<Approval> {
  if (approval === undefined || approval.request.requester !== asked.requester) {
    return unusable('unknown', 'There is no such approval of this agent.')
  }
  if (approval.digest !== asked.digest) {
    return unusable('changed', 'This is not the request that was approved; not even a byte may be.')
  }
  if (state === 'pending') return unusable('pending', 'It is not approved yet.')
  if (state !== 'approved') return unusable(state, OVER[state])
  if (approval.votes.filter(({ yes }) => yes).length < asked.quorum) {
    return unusable('quorum', 'More owners have to say yes than did.')
  }
  return accept(approval)
}

/** Refuses `approval_denied`: why a yes can not be used. */
export function unusable(code: string, detail: string): Result<never> {
  return refuse('approval_denied', { approval: code }, [{ pointer: '/approval', code, detail }])
}

/** What was counted of an agent and its tree, in the transaction that asks. */
export interface ApprovalsCounted {
  readonly pendingOfAgent: number
  readonly pendingOfRoot: number
  /** Asked for within the last minute in the tree; by the agent where there is no tree. */
  readonly lastMinute: number
  readonly lastDeniedAt: EpochSeconds | null
}

/** A person can be worn out: refuses `rate_limited` (CDPX-22). */
export function requireRoomToAsk(counted: ApprovalsCounted, now: EpochSeconds): Result<void> {
  const { pendingOfAgent, pendingOfRoot, lastMinute, lastDeniedAt } = counted
  const rest = lastDeniedAt === null ? 0 : later(lastDeniedAt, APPROVAL_COOLDOWN_SECONDS) - now
  if (rest > 0) return tooMany('cooldown', rest)
  if (pendingOfAgent >= APPROVALS_PENDING_PER_AGENT_MAX) return tooMany('pending_of_agent', 10)
  if (pendingOfRoot >= APPROVALS_PENDING_PER_ROOT_MAX) return tooMany('pending_of_root', 10)
  if (lastMinute >= APPROVALS_PER_MINUTE) return tooMany('per_minute', 60)
  return accept(undefined)
}

function tooMany(limit: string, retryAfterSeconds: number): Result<never> {
  return refuse('rate_limited', { limit, retryAfterSeconds })
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
