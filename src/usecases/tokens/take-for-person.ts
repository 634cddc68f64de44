import {
  type VouchedPerson,
  verifyAssertion,
} from '../../attestation/assertion/verify-assertion.ts'
import type { KeyThumbprint } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import type { Awaiting } from '../approvals/awaiting.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decideNo } from '../decide.ts'
import type { World } from '../world.ts'
import { type Taken, takeFromRoot, type WantedToken } from './take-token.ts'

/** One call token on behalf of a person, with the word of an issuer for that. */
export interface WantedForPerson extends WantedToken {
  /** An identity assertion grant, as it came. */
  readonly assertion: string
}

/**
 * Opens a root lease whose subject is the person an assertion vouches for, and takes a call token
 * from it. Contract, policies and approvals count as for any lease of the agent, whose owner
 * answers for it, and what the assertion grants is a ceiling beside them. It is spent in the
 * transaction that opens the lease (I7): not by a refusal, nor by a question to the owner.
 * Refusals: those of `verifyAssertion` and `openLease`, `audience_mismatch`, and `malformed` where
 * neither request nor assertion say what for.
 */
export async function takeForPerson(
  world: World,
  caller: Caller,
  { assertion, ...wanted }: WantedForPerson,
): Promise<Result<Taken | Awaiting>> {
  const agent = requireAgent(caller)
  if (!agent.ok) return agent
  const proven = wanted.possession?.key
  const vouched = await vouch(world, { ...agent.value, key: proven }, assertion)
  if (!vouched.ok) {
    const facts = vouched.refusal.facts
    return decideNo(world, caller, 'lease.opened', { result: vouched, facts })
  }
  const person = vouched.value
  const scope = wanted.scope ?? person.details
  if (scope === undefined) {
    const detail = 'Neither the request nor the assertion says what is asked for.'
    const pointer = '/authorization_details'
    return refuse('malformed', {}, [{ pointer, code: 'missing', detail }])
  }
  const within = requireResources(person, wanted.audience, scope)
  if (!within.ok) {
    return decideNo(world, caller, 'lease.opened', { result: within, facts: {} })
  }
  return takeFromRoot(world, caller, { ...wanted, scope, person })
}

function vouch(
  world: World,
  { uri, certificate, key }: AgentCaller & { readonly key: KeyThumbprint | undefined },
  assertion: string,
): Promise<Result<VouchedPerson>> {
  const { assertions: issuers = new Map(), issuer: audience, store } = world
  const bearer = { uri, certificate, key }
  return verifyAssertion(assertion, bearer, { issuers, audience, now: store.now() })
}

/** RFC 8707: the lease is for nothing that the assertion does not name, where it names some. */
function requireResources(
  { resources }: VouchedPerson,
  audience: string,
  { audiences = [] }: ScopeRequest,
): Result<void> {
  const asked = [audience, ...audiences]
  const within = resources === undefined || asked.every((one) => resources.includes(one))
  return within ? accept(undefined) : refuse('audience_mismatch', { assertion: 'resource' })
}
