import type { Agent } from '../../domain/agent.ts'
import type { ApprovalRequest } from '../../domain/approval.ts'
import { meetsAttestation } from '../../domain/attestation.ts'
import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import { type Lease, ownerOf } from '../../domain/lease.ts'
import { planTokenLife } from '../../domain/lifetime.ts'
import { MINT_BATCH_MAX } from '../../domain/limits.ts'
import type { GrantQuestion } from '../../domain/policy.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { cap, sharedGrants } from '../../domain/scope/meet.ts'
import { provesWithin } from '../../domain/scope/prove.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { type RequestPin, type TokenClaims, wholePin } from '../../domain/token.ts'
import type { Transaction } from '../../store/ports.ts'
import type { ProvenKey } from '../../token/dpop.ts'
import { requireActions } from '../actions/require-actions.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { byContract, byScope, needOf, requestBelow, requireConsent } from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { findHeld } from '../leases/find-lease.ts'
import { askedFacts, askPolicy, byPolicy, factsOf, policyFacts } from '../policies/ask-policy.ts'
import type { PolicyGrant } from '../policies/grant-under-policy.ts'
import type { World } from '../world.ts'
import { confirmationOf, requireBinding } from './bind-tokens.ts'
import { callClaims } from './call-claims.ts'
import { requireRoomInToken, type SignedToken, signClaims } from './sign-claims.ts'

/** What a holder may ask of its call tokens. */
export interface MintInput {
  readonly lease: LeaseId
  readonly audience: string
  readonly count: number
  /** Narrower than the lease; absent: all of it. */
  readonly scope?: ScopeRequest | undefined
  readonly ttlSeconds?: number | undefined
  readonly pin?: RequestPin | undefined
  /** A key that the asker held as it asked (RFC 9449); each token is bound to it as well. */
  readonly possession?: ProvenKey | undefined
  /** `key`: the tokens are bound to the key alone, for use where its certificate is not. */
  readonly bind?: 'key' | undefined
  /** Set when the service makes the call itself: the whole of it, which a yes is bound to. */
  readonly action?: Pick<ApprovalRequest, 'headers'> & { readonly pin: RequestPin }
  /** Why, in the words of the agent; shown to who is asked for a yes. */
  readonly reason?: string | undefined
  /** The owner's yes to exactly this request. */
  readonly approval?: ApprovalId | undefined
}

/**
 * The holder of a live lease (I1) takes single-use call tokens from it, up to MINT_BATCH_MAX at
 * once, for one audience of the lease, bound to the certificate it presents now, and to the key it
 * proves, or to that key alone where the terms of every holder allow that. Minting debits nothing;
 * redemption does (I11). The policies of now bound what the token may do, so that it says so
 * itself. Where the scope or a policy asks for approval, each token is asked for alone, pinned
 * to its request, and the question is answered instead until the owner has said yes.
 * Refusals: `malformed`, those of I6, `audience_mismatch`, `not_narrower`, `request_mismatch`,
 * `limit_unenforceable`, `policy_denied`, `quarantined`, `attestation_*`, `contract_expired`,
 * `too_large`, `approval_denied`, `rate_limited`, `proof_invalid`, `forbidden`.
 */
export async function mintTokens(
  world: World,
  caller: Caller,
  input: MintInput,
): Promise<Result<readonly SignedToken[] | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  if (input.count < 1 || input.count > MINT_BATCH_MAX) {
    const detail = `Between 1 and ${MINT_BATCH_MAX} tokens.`
    return refuse('malformed', {}, [{ pointer: '/count', code: 'out_of_range', detail }])
  }
  const decided = await decide<readonly TokenClaims[] | Awaiting>(
    world,
    caller,
    'token.minted',
    (tx, details) => mintIn(world, tx, { caller: asker.value, details, asked: input }),
  )
  if (!decided.result.ok) return decided.result
  const { value } = decided.result
  return accept(isAwaiting(value) ? value : await signClaims(world, value))
}

async function mintIn(
  world: World,
  tx: Transaction,
  from: {
    readonly caller: AgentCaller
    readonly details: RecordDetails
    readonly asked: MintInput
  },
): Promise<Result<readonly TokenClaims[] | Awaiting>> {
  const { caller, details, asked: input } = from
  details.lease = input.lease
  details.facts = askedOf(input, caller)
  const found = await findHeld(tx, caller, input.lease)
  if (!found.ok) return found
  const { lease, lineage, holder: agent } = found.value
  const standing = await contractsOf(tx, lineage)
  if (!standing.ok) return standing
  const allowed = input.action === undefined ? accept(undefined) : await requireActions(tx, lineage)
  if (!allowed.ok) return allowed
  const proven = await requireBinding(tx, caller, lineage, input)
  if (!proven.ok) return proven
  const { moved: contracts, ends } = standing.value
  const policy = {
    action: 'token.mint',
    ...factsOf({ agent, ...caller, lineage, at: tx.now }),
  } as const
  const granted = tokenScope(world, { lease, agent, contracts, policy }, input)
  if (!granted.ok) return granted
  const { scope, verdict } = granted.value
  details.facts = { ...details.facts, ...policyFacts(world, verdict) }
  const life = planTokenLife({
    asked: input.ttlSeconds,
    lineage: [...lineage, ...ends],
    now: tx.now,
  })
  if (!life.ok) return life
  const { expiresAt } = life.value
  const need = needOf([byAction(world, agent, input), byScope(world, scope), byPolicy(verdict)])
  const asked = need === undefined && input.approval === undefined ? input : wholly(input)
  const common = { agent, lease, scope, now: tx.now, expiresAt }
  const claims = Array.from({ length: input.count }, () => claimsOf(world, caller, asked, common))
  const [first] = claims
  const fits = first === undefined ? accept(undefined) : requireRoomInToken(world, first)
  if (!fits.ok) return fits
  const consent = await requireConsent(world, tx, details, {
    request: requestOf(caller, asked, common),
    owner: ownerOf(lease),
    agent,
    holders: lease.holders,
    reason: input.reason,
    need,
    approval: input.approval,
  })
  if (!consent.ok) return consent
  return accept(consent.value ?? claims)
}

function askedOf(input: MintInput, caller: AgentCaller): Facts {
  const { audience, count, action, scope, possession, bind } = input
  const asked = askedFacts(scope ?? 'lease', caller)
  const key = possession === undefined ? {} : { key: possession.key, bind: bind ?? 'both' }
  return { audience, count, ...(action === undefined ? {} : { action: true }), ...key, ...asked }
}

/**
 * What a token may do: at most the lease, one audience, and the contracts of all holders as they
 * are now. A token says so itself, since not every enforcement point can ask for contracts. What is
 * asked for and wider is refused; where nothing is asked, it is what lease and contracts share.
 */
export function tokenScope(
  world: Pick<World, 'policies'>,
  held: {
    readonly lease: Lease
    readonly agent: Agent
    readonly contracts: readonly Scope[]
    readonly policy: Omit<GrantQuestion, 'asked' | 'above'>
  },
  input: Pick<MintInput, 'audience' | 'count' | 'scope' | 'pin' | 'possession'>,
): Result<PolicyGrant> {
  const { lease, agent, contracts, policy } = held
  if (!lease.scope.audiences.includes(input.audience)) {
    return refuse('audience_mismatch', { audience: input.audience })
  }
  const whole: ScopeRequest = {
    type: SCOPE_TYPE,
    grants: contracts.reduce(sharedGrants, lease.scope.grants),
  }
  const asked: ScopeRequest = { ...(input.scope ?? whole), audiences: [input.audience] }
  const above = [lease.scope, ...contracts]
  const within = cap(asked, above)
  if (!within.ok) return within
  const answer = askPolicy(world, { ...policy, asked, above })
  if (!answer.ok) return answer
  const verdict = answer.value
  const { ceiling } = verdict
  const ceilings = ceiling === undefined ? above : [...above, ceiling]
  const met = ceiling === undefined ? within : cap(asked, ceilings)
  if (!met.ok) return met
  const scope = met.value
  if (!ceilings.every((ceiling) => provesWithin(scope, ceiling))) {
    return refuse('not_narrower', { checker: 'second' })
  }
  if (scope.requires.approval && input.count !== 1) {
    const detail = 'The scope asks for an approval of each token: one at a time.'
    return refuse('malformed', {}, [{ pointer: '/count', code: 'out_of_range', detail }])
  }
  const attested = meetsAttestation(agent.attestation, scope.requires, policy.at)
  if (!attested.ok) return attested
  const bound = scope.requires.bind_request || scope.requires.approval
  if (bound && input.pin === undefined) {
    const detail = 'The scope asks for tokens that are pinned to one request.'
    return refuse('request_mismatch', {}, [{ pointer: '/pin', code: 'missing', detail }])
  }
  if (scope.requires.dpop && input.possession === undefined) {
    const detail = 'The scope asks for tokens that are bound to a proven key.'
    return refuse('proof_invalid', {}, [{ pointer: '', code: 'missing', detail }])
  }
  return accept({ scope, verdict })
}

/** An agent whose contract asks for each lease is asked for each action as well (LEASH-19). */
function byAction(world: World, agent: Agent, { action }: MintInput) {
  return action === undefined ? undefined : byContract(world, agent)
}

/**
 * A person decides about a whole request, so that the pin says whether there is a body. An action
 * has its body in the question itself, and is made by nobody but this process.
 */
function wholly(input: MintInput): MintInput {
  const { pin, action } = input
  return pin === undefined || action !== undefined ? input : { ...input, pin: wholePin(pin) }
}

/** What the owner is asked; the whole of what the token will say, and nothing that moves. */
function requestOf(
  caller: AgentCaller,
  input: MintInput,
  { lease, scope }: { readonly lease: Lease; readonly scope: Scope },
): ApprovalRequest {
  const { action, audience, pin = null, ttlSeconds = null } = input
  const below = { ...requestBelow(caller, lease, scope), ttlSeconds, audience }
  const keyed = input.possession && { confirmation: confirmationOf(caller, input) }
  return action === undefined
    ? { ...below, kind: 'token', pin, ...keyed }
    : { ...below, kind: 'action', ...action }
}

function claimsOf(
  world: World,
  caller: AgentCaller,
  input: MintInput,
  common: {
    readonly agent: Agent
    readonly lease: Lease
    readonly scope: Scope
    readonly now: EpochSeconds
    readonly expiresAt: EpochSeconds
  },
): TokenClaims {
  const { agent, lease, scope, now, expiresAt } = common
  const status = world.statusLists?.placeOf(lease)
  const claims = callClaims(world.issuer, {
    audience: input.audience,
    lease,
    holder: agent,
    scope,
    now,
    expiresAt,
    jti: world.ids.jti(),
    confirmation: confirmationOf(caller, input),
  })
  return {
    ...claims,
    ...(status === undefined ? {} : { status }),
    ...(input.pin === undefined ? {} : { pin: input.pin }),
  }
}
