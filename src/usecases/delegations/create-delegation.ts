import type { Agent } from '../../domain/agent.ts'
import type { ApprovalRequest } from '../../domain/approval.ts'
import { canHold, hasRoom, mayDelegate } from '../../domain/delegation.ts'
import type { AgentUri, ApprovalId, LeaseId } from '../../domain/ids.ts'
import { type Lease, ownerOf, rootOf } from '../../domain/lease.ts'
import { planLife, planTokenLife } from '../../domain/lifetime.ts'
import type { GrantQuestion, PolicyVerdict } from '../../domain/policy.ts'
import { refuse, requireAll } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { provesWithin } from '../../domain/scope/prove.ts'
import type { Scope, ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Transaction } from '../../store/ports.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { type Bound, contractsOf, endsOf, requireInForce } from '../agents/live-contracts.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { byScope, needOf, requestBelow, requireConsent } from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { findHeld } from '../leases/find-lease.ts'
import { askedFacts, byPolicy, factsOf, policyFacts } from '../policies/ask-policy.ts'
import { grantUnderPolicy } from '../policies/grant-under-policy.ts'
import { requireRoomInToken, type SignedToken, signClaims } from '../tokens/sign-claims.ts'
import type { World } from '../world.ts'

/** What a holder asks for another agent. */
interface DelegationInput {
  readonly lease: LeaseId
  readonly delegate: AgentUri
  readonly scope: ScopeRequest
  readonly ttlSeconds?: number | undefined
  /** Why, in the words of the holder; shown to who is asked for a yes. */
  readonly reason?: string | undefined
  /** The owner's yes to exactly this request. */
  readonly approval?: ApprovalId | undefined
}

/**
 * The holder of a live lease (I1) grants a narrower part of it (I4) to one agent, as a single-use
 * delegation token bound to that agent's certificate. No lease is born yet; fan-out is checked here
 * to tell early, and again when the child is born. The policies are asked twice: whether the holder
 * may pass it on, and whether the delegate may take it.
 * Where the granted scope or a policy asks for approval, answers the question instead until the
 * owner said yes.
 * Refusals: those of I6, `delegation_not_permitted`, `delegate_not_allowed`, `depth_exceeded`,
 * `fanout_exceeded`, `tree_full`, `not_narrower`, `limit_unenforceable`, `policy_denied`,
 * `quarantined`, `attestation_*`, `contract_expired`, `too_large`, `approval_denied`,
 * `rate_limited`.
 */
export async function createDelegation(
  world: World,
  caller: Caller,
  input: DelegationInput,
): Promise<Result<SignedToken | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const decided = await decide<TokenClaims | Awaiting>(
    world,
    caller,
    'delegation.created',
    async (tx, details) => {
      details.lease = input.lease
      details.facts = { delegate: input.delegate }
      const found = await findHeld(tx, asker.value, input.lease)
      if (!found.ok) return found
      const { lease, lineage, holder: agent } = found.value
      const standing = await contractsOf(tx, lineage)
      if (!standing.ok) return standing
      const { moved: contracts, ends } = standing.value
      const may = mayDelegate(lineage, input.delegate, contracts)
      const room = await requireRoom(tx, lease)
      const asking = { caller: asker.value, holder: agent, lineage, parent: lease }
      const planned = await claimsFor(world, tx, { ...asking, details, ends, contracts, ...input })
      const all = requireAll([may, room, planned])
      if (!all.ok) return all
      if (!planned.ok) return planned
      const { claims, verdict } = planned.value
      const fits = requireRoomInToken(world, claims)
      if (!fits.ok) return fits
      const { scope } = claims
      const request = requestOf(asker.value, input, { lease, scope })
      const { reason, approval } = input
      const asked = {
        request,
        owner: ownerOf(lease),
        agent,
        holders: lease.holders,
        reason,
        approval,
      }
      const need = needOf([byScope(world, scope), byPolicy(verdict)])
      const consent = await requireConsent(world, tx, details, { ...asked, need })
      if (!consent.ok) return consent
      if (consent.value !== undefined) return accept(consent.value)
      details.facts = { ...details.facts, jti: claims.jti, ...policyFacts(world, verdict) }
      return fits
    },
  )
  if (!decided.result.ok) return decided.result
  const { value } = decided.result
  if (isAwaiting(value)) return accept(value)
  const [signed] = await signClaims(world, [value])
  if (signed === undefined) throw new Error('one set of claims makes one token')
  return accept(signed)
}

/** What the owner is asked where the scope asks for approval. */
function requestOf(
  caller: AgentCaller,
  input: DelegationInput,
  { lease, scope }: { readonly lease: Lease; readonly scope: Scope },
): ApprovalRequest {
  return {
    ...requestBelow(caller, lease, scope),
    kind: 'delegation',
    ttlSeconds: input.ttlSeconds ?? null,
    delegate: input.delegate,
  }
}

/** Fan-out and tree size as they stand in this transaction. */
export async function requireRoom(tx: Transaction, parent: Lease): Promise<Result<void>> {
  const max = parent.scope.limits.max_children
  return hasRoom(parent, {
    liveChildren: await tx.countLiveChildren(parent.tenant, parent.id, max),
    tree: await tx.countTree(parent.tenant, rootOf(parent.lineage)),
  })
}

async function claimsFor(
  world: World,
  tx: Transaction,
  input: {
    readonly caller: AgentCaller
    readonly holder: Agent
    readonly details: RecordDetails
    readonly lineage: readonly Lease[]
    readonly ends: readonly Bound[]
    readonly parent: Lease
    readonly contracts: readonly Scope[]
    readonly delegate: AgentUri
    readonly scope: ScopeRequest
    readonly ttlSeconds?: number | undefined
  },
): Promise<Result<{ readonly claims: TokenClaims; readonly verdict: PolicyVerdict }>> {
  const { parent, contracts } = input
  const known = canHold(await tx.agent(parent.tenant, input.delegate))
  if (!known.ok) return known
  const delegate = known.value
  const usable = await requireUsable(tx, delegate, delegate.certificate)
  if (!usable.ok) return refuse('delegate_not_allowed', usable.refusal.facts)
  const inForce = requireInForce(delegate, tx.now)
  if (!inForce.ok) return refuse('delegate_not_allowed', inForce.refusal.facts)
  const depth = parent.lineage.length
  const { details, caller, scope: asked } = input
  const { contractVersion } = delegate
  const facts = askedFacts(asked, { certificate: caller.certificate, contractVersion })
  details.facts = { ...details.facts, ...facts }
  const granted = grantUnderPolicy(world, {
    request: input.scope,
    above: parent.scope,
    contracts,
    holder: delegate,
    now: tx.now,
    questions: questionsOf(input, delegate, tx.now),
  })
  if (!granted.ok) return granted
  const { scope, verdict } = granted.value
  const strict = world.strictDelegation === true ? requireNarrower(scope, parent.scope) : granted
  if (!strict.ok) return strict
  const { max_depth: deepest } = scope.limits
  if (depth > deepest) return refuse('depth_exceeded', { depth, deepest })
  const lives = livesOf({ ...input, delegate, granted: scope }, tx.now)
  if (!lives.ok) return lives
  const claims = { ...claimsOf(world, parent, { delegate, scope }, tx.now), ...lives.value }
  return accept({ claims, verdict })
}

/** T-12: refuses `not_narrower` for a scope that is as wide as the one it comes from. */
function requireNarrower(scope: Scope, above: Scope): Result<void> {
  if (!provesWithin(above, scope)) return accept(undefined)
  const detail = 'Here a delegation has to be narrower in at least one dimension.'
  return refuse('not_narrower', { strict: true }, [{ pointer: '', code: 'not_narrower', detail }])
}

/** The life the child would have, which has to be one, and that of the token. */
function livesOf(
  from: {
    readonly lineage: readonly Lease[]
    readonly ends: readonly Bound[]
    readonly delegate: Agent
    readonly scope: ScopeRequest
    readonly granted: Scope
    readonly ttlSeconds?: number | undefined
  },
  now: EpochSeconds,
): Result<Pick<TokenClaims, 'expiresAt'>> {
  const { lineage, ends, delegate, scope, granted, ttlSeconds } = from
  const bounds = [...lineage, ...ends, ...endsOf(delegate)]
  const asked = scope.limits?.ttl_seconds
  const life = planLife({ asked, scope: granted, ancestors: bounds, now })
  if (!life.ok) return life
  const token = planTokenLife({ asked: ttlSeconds, lineage: bounds, now })
  return token.ok ? accept({ expiresAt: token.value.expiresAt }) : token
}

function claimsOf(
  world: World,
  parent: Lease,
  { delegate, scope }: { readonly delegate: Agent; readonly scope: Scope },
  now: EpochSeconds,
): Omit<TokenClaims, 'expiresAt'> {
  return {
    kind: 'delegation',
    issuer: world.issuer,
    audience: world.issuer,
    subject: parent.subject,
    agent: delegate.uri,
    actors: [delegate.uri, ...parent.holders.toReversed()],
    issuedAt: now,
    notBefore: now,
    jti: world.ids.jti(),
    confirmation: { certificate: delegate.certificate },
    scope,
    lease: { id: parent.id, lineage: parent.lineage },
    depth: parent.lineage.length,
    maxDepth: scope.limits.max_depth,
    attestation: delegate.attestation,
  }
}

/** May the holder pass this on, and may the delegate take it: as if it redeemed it now. */
function questionsOf(
  from: {
    readonly caller: AgentCaller
    readonly holder: Agent
    readonly lineage: readonly Lease[]
    readonly parent: Lease
  },
  delegate: Agent,
  at: EpochSeconds,
): readonly Omit<GrantQuestion, 'asked' | 'above'>[] {
  const { caller, holder, lineage, parent } = from
  const depth = parent.lineage.length
  const asHolder = factsOf({ agent: holder, ...caller, lineage, depth, at })
  const asDelegate = factsOf({ agent: delegate, ...delegate, lineage, depth, at })
  const holders = [...parent.holders, delegate.uri]
  return [
    { action: 'delegation.create', ...asHolder, delegate: delegate.uri },
    { action: 'delegation.redeem', ...asDelegate, holders },
  ]
}
