import type { Agent } from './agent.ts'
import { meetsAttestation } from './attestation.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { cap } from './scope/meet.ts'
import { provesWithin } from './scope/prove.ts'
import type { Scope, ScopeRequest } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'

/**
 * I4: what is granted of a request, given the scope above it and the contract of the agent that
 * will hold it. What is asked for and is wider is refused, never shortened; what is not mentioned
 * is as wide as both ceilings allow. The result is proven again by the independent checker before
 * it counts. Contracts further up that moved on are ceilings too.
 *
 * Refusals: `not_narrower`, `attestation_too_low`, `attestation_stale`.
 */
export function planGrant(input: {
  readonly request: ScopeRequest
  readonly above: Scope
  /** Contracts of holders above that moved on since their lease was granted. */
  readonly contracts?: readonly Scope[]
  readonly holder: Pick<Agent, 'contract' | 'attestation'>
  readonly now: EpochSeconds
}): Result<Scope> {
  const { request, above, contracts = [], holder, now } = input
  const ceilings = [above, holder.contract, ...contracts]
  const granted = cap(request, ceilings)
  if (!granted.ok) return granted
  if (!ceilings.every((ceiling) => provesWithin(granted.value, ceiling))) {
    return refuse('not_narrower', { checker: 'second' })
  }

  const attested = meetsAttestation(holder.attestation, granted.value.requires, now)
  return attested.ok ? granted : attested
}

/**
 * For an enforcement point that counts nothing (I11 needs the authority): refuses a scope that sets
 * a number of uses, a budget or a rate, `limit_unenforceable`. The scope of the token is enough to
 * know that no ancestor sets one either: it is within the lease's and that within every ancestor's
 * (I4), and what is unlimited is within nothing that is limited, and drops no budget.
 */
export function requireUncounted({ limits }: Pick<Scope, 'limits'>): Result<void> {
  const counted: string[] = []
  if (limits.max_uses !== 'unlimited') counted.push('/limits/max_uses')
  if (limits.budgets.length > 0) counted.push('/limits/budgets')
  if (limits.rate !== 'unlimited') counted.push('/limits/rate')
  if (counted.length === 0) return accept(undefined)
  const detail = 'This limit is counted by the authority, which is not asked here.'
  const reasons = counted.map((pointer) => ({ pointer, code: 'limit_unenforceable', detail }))
  return refuse('limit_unenforceable', { unmet: counted.join(' ') }, reasons)
}
