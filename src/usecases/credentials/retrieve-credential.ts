import type { Agent } from '../../domain/agent.ts'
import type { Credential } from '../../domain/credential.ts'
import { requireTerms, type WantedCredential } from '../../domain/credential-choice.ts'
import type { ApprovalId, LeaseId } from '../../domain/ids.ts'
import { depthOf, type Lease, ownerOf } from '../../domain/lease.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { Reads } from '../../store/ports.ts'
import type { OpenedCredential } from '../../vault/envelope.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import {
  byContract,
  byScope,
  type ConsentNeed,
  needOf,
  requestBelow,
  requireConsent,
} from '../approvals/consent.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { decide, decideNo } from '../decide.ts'
import { findHeld } from '../leases/find-lease.ts'
import { byPolicy, factsOf } from '../policies/ask-policy.ts'
import { tokenScope } from '../tokens/mint-tokens.ts'
import type { World } from '../world.ts'
import { credentialFacts } from './credential-content.ts'

/** A credential in the clear, for whoever may have it; to be dropped once it is told. */
export type RetrievedCredential = OpenedCredential

/** Whose value is asked for, and by which lease. */
export interface RetrievalInput {
  /** A root lease that the caller holds. */
  readonly lease: LeaseId
  /** The protected resource whose route sends this credential. */
  readonly audience: string
  readonly wanted: WantedCredential
  readonly reason?: string | undefined
  /** The owner's yes to exactly this request. */
  readonly approval?: ApprovalId | undefined
  /** What the face tells the record beside: which face it is. */
  readonly told?: Facts | undefined
}

interface Unlocked {
  readonly lease: Lease
  readonly agent: Agent
  readonly credential: Credential
  readonly scope: Scope
  readonly need: ConsentNeed | undefined
}

/**
 * Hands out the value of a credential: only when all four locks are open. The deployment's ceiling
 * says `retrieve`; the credential allows it and is not `restricted`; the terms of the agent's
 * contract and the policies allow it, and its owner said yes where one has to be asked; the lease
 * is a root, held by who asks over mutual TLS, and nothing was ever delegated below it. The record
 * says `exposure: value` and never the value (I12). It is opened first and handed out only once the
 * record is there; who gets it drops it.
 *
 * Refusals: `credential_not_permitted` for a lock, `forbidden`, `not_found`, those of I6,
 * `contract_expired`, `audience_mismatch`, `not_narrower`, `policy_denied`, `quarantined`,
 * `credential_unavailable`, `approval_denied`, `rate_limited`.
 */
export async function retrieveCredential(
  world: World,
  caller: Caller,
  input: RetrievalInput,
): Promise<Result<RetrievedCredential | Awaiting>> {
  const { wanted, told = {} } = input
  const facts = { ...told, credential: wanted.name, environment: wanted.environment }
  const before = await requireUnlocked(world, caller, input)
  if (!before.ok) {
    return decideNo(world, caller, 'credential.retrieved', { result: before, facts })
  }
  const opened = await world.vault.open(before.value.credential)
  if (!opened.ok) {
    return decideNo(world, caller, 'credential.retrieved', { result: opened, facts })
  }
  try {
    const result = await release(world, caller, input, opened.value)
    if (!result.ok || isAwaiting(result.value)) opened.value.drop()
    return result
  } catch (fault) {
    opened.value.drop()
    throw fault
  }
}

/**
 * Whether all locks are open as things stand, a person's yes apart; decides and records nothing.
 * For faces that have something else to offer. Refusals: those of `retrieveCredential`.
 */
export function requireUnlocked(
  world: World,
  caller: Caller,
  input: Pick<RetrievalInput, 'lease' | 'audience' | 'wanted'>,
): Promise<Result<Unlocked>> {
  return world.store.read(async (reads) => {
    const asker = requireAgent(caller)
    return asker.ok ? await unlock(world, reads, asker.value, input) : asker
  })
}

/** Every lock again, in the transaction of the record. */
async function release(
  world: World,
  caller: Caller,
  input: RetrievalInput,
  opened: OpenedCredential,
): Promise<Result<OpenedCredential | Awaiting>> {
  const { told = {} } = input
  const { version, credential: known } = opened
  type Released = OpenedCredential | Awaiting
  const decided = await decide<Released>(
    world,
    caller,
    'credential.retrieved',
    async (tx, details) => {
      details.lease = input.lease
      details.facts = { ...told, ...credentialFacts(known, { version, exposure: 'value' }) }
      const asker = requireAgent(caller)
      if (!asker.ok) return asker
      const unlocked = await unlock(world, tx, asker.value, input)
      if (!unlocked.ok) return unlocked
      const { lease, agent, credential, scope, need } = unlocked.value
      const same = credential.mark === known.mark && credential.version === version
      if (!same) return refuse('credential_unavailable', { reason: 'changed' })
      const consent = await requireConsent(world, tx, details, {
        request: {
          ...requestBelow(asker.value, lease, scope),
          kind: 'retrieval',
          audience: input.audience,
          credential: credential.name,
        },
        owner: ownerOf(lease),
        agent,
        holders: lease.holders,
        reason: input.reason,
        need,
        approval: input.approval,
      })
      if (!consent.ok) return consent
      return accept(consent.value ?? opened)
    },
  )
  return decided.result
}

async function unlock(
  world: World,
  reads: Reads,
  caller: AgentCaller,
  input: Pick<RetrievalInput, 'lease' | 'audience' | 'wanted'>,
): Promise<Result<Unlocked>> {
  if (world.exposure !== 'retrieve') return locked('deployment')
  const found = await findHeld(reads, caller, input.lease)
  if (!found.ok) return found
  const { lease, lineage, holder: agent } = found.value
  const { tenant } = caller
  const passedOn = depthOf(lease) > 0 || (await reads.subtree(tenant, lease.id, 2)).length > 1
  if (passedOn) return locked('lease')
  const standing = await contractsOf(reads, lineage)
  if (!standing.ok) return standing
  if (!agent.terms.retrieve) return locked('contract')
  const allowed = requireTerms([agent], input.wanted)
  if (!allowed.ok) return allowed
  const { name, environment } = input.wanted
  const credential = await reads.credential({ tenant, name, environment, owner: ownerOf(lease) })
  if (credential === undefined) return refuse('credential_unavailable', { unknown: true })
  const open = requireRetrievable(credential, agent, input.wanted)
  if (!open.ok) return open
  const policy = {
    action: 'token.mint',
    ...factsOf({ agent, ...caller, lineage, at: reads.now }),
  } as const
  const held = { lease, agent, contracts: standing.value.moved, policy }
  const granted = tokenScope(world, held, { audience: input.audience, count: 1 })
  if (!granted.ok) return granted
  const { scope, verdict } = granted.value
  const need = needOf([
    byContract(world, agent),
    byCredential(world, credential, agent),
    byScope(world, scope),
    byPolicy(verdict),
  ])
  return accept({ lease, agent, credential, scope, need })
}

/** The lock of the credential itself. */
function requireRetrievable(
  { allowedActions, classification, category, origins, placement, state }: Credential,
  { terms }: Agent,
  { origin }: WantedCredential,
): Result<void> {
  if (!allowedActions.includes('retrieve') || classification === 'restricted') {
    return locked('credential')
  }
  if (!terms.categories.includes(category)) return locked('category')
  if (placement.in !== 'none' && !origins.includes(origin)) return locked('origin')
  return state === 'active' ? accept(undefined) : refuse('credential_unavailable', { state })
}

function byCredential(
  world: World,
  { requiresApproval }: Credential,
  { terms }: Agent,
): ConsentNeed | undefined {
  const asks = requiresApproval && terms.approvalMode !== 'auto_all'
  return asks ? { by: 'credential', quorum: world.approvals.quorum } : undefined
}

function locked(lock: string): Result<never> {
  return refuse('credential_not_permitted', { lock })
}
