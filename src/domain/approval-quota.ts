import {
  APPROVAL_COOLDOWN_SECONDS,
  APPROVALS_PENDING_PER_AGENT_MAX,
  APPROVALS_PENDING_PER_ROOT_MAX,
  APPROVALS_PER_MINUTE,
} from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { type EpochSeconds, later } from './time.ts'

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
