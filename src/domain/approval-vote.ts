import { type Approval, type ApprovalState, type ApprovalVote, isCarried } from './approval.ts'
import type { AgentUri, PrincipalId } from './ids.ts'
import { APPROVAL_CLAIM_SECONDS } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { later } from './time.ts'

/**
 * Whether an owner has a voice: the accountable one always, others when more than one is asked for.
 */
export function hasVoice(approval: Approval, owner: PrincipalId): boolean {
  return approval.owner === owner || approval.quorum > 1
}

/** What one more word comes to. */
export type Tally = Pick<Approval, 'expiresAt' | 'approvedAt' | 'deniedAt'>

/**
 * One no ends it, also after a yes of the same owner. It is approved once `quorum` distinct owners
 * said yes, the accountable one among them; a yes that comes late can still be used for
 * APPROVAL_CLAIM_SECONDS. Refuses `conflict` when it is not pending, and a second yes.
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
  const votes = [...approval.votes, vote]
  if (!isCarried({ ...approval, votes }))
    return accept({ expiresAt, approvedAt: null, deniedAt: null })
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
