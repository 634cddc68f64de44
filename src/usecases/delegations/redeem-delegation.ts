import type { Agent } from '../../domain/agent.ts'
import { meetsAttestation } from '../../domain/attestation.ts'
import { canHold, mayDelegate } from '../../domain/delegation.ts'
import type { KeyThumbprint } from '../../domain/ids.ts'
import { type Lease, rootOf, sameTree } from '../../domain/lease.ts'
import { planLife } from '../../domain/lifetime.ts'
import type { PolicyVerdict } from '../../domain/policy.ts'
import { refuse, requireAll } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { cap } from '../../domain/scope/meet.ts'
import { provesWithin } from '../../domain/scope/prove.ts'
import type { Scope, ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Transaction } from '../../store/ports.ts'
import { parseToken, verifyToken } from '../../token/verify.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { type Bound, contractsOf, endsOf, requireInForce } from '../agents/live-contracts.ts'
import { saidYesTo } from '../approvals/said-yes.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { type FoundLease, findInTenant, requireLiveFor } from '../leases/find-lease.ts'
import { askedFacts, askPolicy, bornUnder, factsOf, policyFacts } from '../policies/ask-policy.ts'
import { withStatusIndex } from '../revocations/status-lists.ts'
import type { World } from '../world.ts'
import { requireRoom } from './create-delegation.ts'

/** What a child lease is wanted for at once: one call token for an audience. */
export interface WantedOfChild {
  readonly audience: string
  readonly scope?: ScopeRequest | undefined
}

/**
 * The named delegate, and nobody else (I1), turns a delegation token into a child lease, once (I7).
 * Everything that was checked when the token was made is checked again as it stands now: a child of
 * a revoked parent is not born, and a contract that moved meanwhile counts. A delegation that could
 * not serve what its child is wanted for is refused unspent: `audience_mismatch`, `not_narrower`.
 */
export async function redeemDelegation(
  world: World,
  caller: Caller,
  input: { readonly token: string; readonly wanted?: WantedOfChild | undefined },
): Promise<Result<Lease>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const parsed = parseToken(input.token, 'delegation')
  if (!parsed.ok) return parsed
  const { issuer, keys, store } = world
  const verified = await verifyToken(parsed.value, {
    keys,
    issuer,
    audience: issuer,
    now: store.now(),
  })
  if (!verified.ok) return verified
  const { claims, key } = verified.value
  return withStatusIndex(world.statusLists, async (numbered) => {
    const decided = await decide<Lease>(world, caller, 'delegation.redeemed', (tx, details) =>
      redeemIn(world, tx, {
        ...{ caller: asker.value, claims, key, details, numbered },
        wanted: input.wanted,
      }),
    )
    return decided.result
  })
}

interface RedeemOrder {
  readonly caller: AgentCaller
  readonly claims: TokenClaims
  readonly key: KeyThumbprint
  readonly details: RecordDetails
  readonly numbered: Pick<Lease, 'statusIndex'>
  readonly wanted: WantedOfChild | undefined
}

async function redeemIn(world: World, tx: Transaction, input: RedeemOrder): Promise<Result<Lease>> {
  const { caller, claims, details, numbered } = input
  details.lease = claims.lease.id
  details.facts = { jti: claims.jti }
  if (claims.agent !== caller.uri || claims.confirmation.certificate !== caller.certificate) {
    return refuse('holder_binding_failed', { agent: claims.agent })
  }
  if (claims.expiresAt <= tx.now) return refuse('expired', { expiresAt: claims.expiresAt })
  const parent = await liveParent(tx, caller, claims, input.key)
  if (!parent.ok) return parent
  const delegate = await standingDelegate(tx, caller)
  if (!delegate.ok) return delegate
  const { lease, lineage } = parent.value
  const standing = await contractsOf(tx, lineage)
  if (!standing.ok) return standing
  const { moved: contracts, ends } = standing.value
  const may = requireAll([
    meetsAttestation(delegate.value.attestation, claims.scope.requires, tx.now),
    requireWithin(claims.scope, [lease.scope, delegate.value.contract, ...contracts]),
    mayDelegate(lineage, caller.uri, contracts),
    await requireRoom(tx, lease),
    requireServes(claims.scope, input.wanted),
  ])
  if (!may.ok) return may
  const asked = { caller, claims, delegate: delegate.value, lineage, contracts }
  const { contractVersion } = delegate.value
  const { certificate } = caller
  details.facts = { jti: claims.jti, ...askedFacts(claims.scope, { certificate, contractVersion }) }
  const verdict = await judgeByPolicy(world, tx, asked)
  if (!verdict.ok) return verdict
  const bounds = [...lineage, ...ends, ...endsOf(delegate.value)]
  const from = { parent: parent.value, delegate: delegate.value, claims, bounds }
  const child = childOf(world, from, tx.now)
  if (!child.ok) return child
  const spent = await tx.spendToken({
    tenant: caller.tenant,
    root: rootOf(child.value.lineage),
    jti: claims.jti,
    expiresAt: claims.expiresAt,
    certificate: caller.certificate,
    at: tx.now,
    bornLease: child.value.id,
  })
  if (!spent.ok) return spent
  const numberedChild = { ...child.value, ...numbered, ...bornUnder(verdict.value) }
  await tx.insertLease(numberedChild)
  details.lease = child.value.id
  const facts = policyFacts(world, verdict.value)
  details.facts = { jti: claims.jti, parent: claims.lease.id, certificate, ...facts }
  return accept(numberedChild)
}

/** Whether a child with this scope could give the token that it is wanted for. */
function requireServes(scope: Scope, wanted: WantedOfChild | undefined): Result<void> {
  if (wanted === undefined) return accept(undefined)
  const { audience, scope: asked } = wanted
  if (!scope.audiences.includes(audience)) return refuse('audience_mismatch', { audience })
  const met = asked === undefined ? undefined : cap({ ...asked, audiences: [audience] }, [scope])
  return met === undefined || met.ok ? accept(undefined) : met
}

async function liveParent(
  tx: Transaction,
  caller: AgentCaller,
  claims: TokenClaims,
  key: KeyThumbprint,
): Promise<Result<FoundLease>> {
  const found = await findInTenant(tx, caller.tenant, claims.lease.id)
  if (found === undefined) return refuse('not_found', { lease: claims.lease.id })
  return requireLiveFor(tx, caller, found, { key })
}

/**
 * What the policies of now say of the delegate with all that was granted. Where people have to say
 * yes, as many as have to now were asked when the token was made; nobody can be asked any more, and
 * a lease that is born under a rule counts as one that people were asked about.
 */
async function judgeByPolicy(
  world: World,
  tx: Transaction,
  from: {
    readonly caller: AgentCaller
    readonly claims: TokenClaims
    readonly delegate: Agent
    readonly lineage: readonly Lease[]
    readonly contracts: readonly Scope[]
  },
): Promise<Result<PolicyVerdict>> {
  const { caller, claims, delegate, lineage, contracts } = from
  const parent = lineage[lineage.length - 1]
  if (parent === undefined) return refuse('not_found')
  const depth = parent.lineage.length
  const answer = askPolicy(world, {
    action: 'delegation.redeem',
    ...factsOf({ agent: delegate, certificate: caller.certificate, lineage, depth, at: tx.now }),
    holders: [...parent.holders, delegate.uri],
    asked: claims.scope,
    above: [parent.scope, delegate.contract, ...contracts],
  })
  if (!answer.ok) return answer
  const { ceiling, effect, approvals } = answer.value
  if (effect === 'require_approval' && (await saidYesTo(tx, caller.tenant, claims)) < approvals) {
    return refuse('approval_required', { approvals, policy: answer.value.policy })
  }
  const proven = requireWithin(claims.scope, ceiling === undefined ? [] : [ceiling])
  return proven.ok ? answer : proven
}

/** The delegate as it stands now. */
async function standingDelegate(tx: Transaction, caller: AgentCaller): Promise<Result<Agent>> {
  const known = canHold(await tx.agent(caller.tenant, caller.uri))
  if (!known.ok) return known
  const usable = await requireUsable(tx, known.value, caller.certificate)
  if (!usable.ok) return usable
  const inForce = requireInForce(known.value, tx.now)
  return inForce.ok ? known : inForce
}

/** I4: what was granted is proven again below everything that bounds it now. */
function requireWithin(scope: Scope, ceilings: readonly Scope[]): Result<void> {
  const wider = ceilings.findIndex((ceiling) => !provesWithin(scope, ceiling))
  return wider < 0 ? accept(undefined) : refuse('not_narrower', { ceiling: wider })
}

function childOf(
  world: World,
  from: {
    readonly parent: FoundLease
    readonly delegate: Agent
    readonly claims: TokenClaims
    readonly bounds: readonly Bound[]
  },
  now: EpochSeconds,
): Result<Lease> {
  const { parent, delegate, claims } = from
  const life = planLife({
    asked: undefined,
    unasked: claims.scope.limits.ttl_seconds,
    scope: claims.scope,
    ancestors: from.bounds,
    now,
  })
  if (!life.ok) return life
  const id = world.ids.lease()
  return accept({
    id,
    tenant: parent.lease.tenant,
    parentId: parent.lease.id,
    lineage: [...parent.lease.lineage, id],
    holders: [...parent.lease.holders, delegate.uri],
    ...sameTree(parent.lease),
    scope: claims.scope,
    contractVersion: delegate.contractVersion,
    attestation: delegate.attestation,
    openedAt: now,
    expiresAt: life.value.expiresAt,
    renewals: 0,
    grantedSeconds: life.value.seconds,
    releasedAt: null,
    usesSpent: 0,
  })
}
