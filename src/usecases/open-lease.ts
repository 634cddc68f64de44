import { planGrant } from '../domain/granting.ts'
import type { Lease } from '../domain/lease.ts'
import { planLife } from '../domain/lifetime.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { ScopeRequest } from '../domain/scope/types.ts'
import type { Transaction } from '../store/ports.ts'
import { requireUsable } from './agent-standing.ts'
import { type AgentCaller, type Caller, requireAgent } from './caller.ts'
import { decide, type RecordDetails } from './decide.ts'
import { endsOf, requireInForce } from './live-contracts.ts'
import { withStatusIndex } from './status-lists.ts'
import type { World } from './world.ts'

/** What an agent asks for. */
export interface OpenLeaseInput {
  readonly scope: ScopeRequest
  readonly ttlSeconds?: number | undefined
  readonly reason?: string | undefined
}

/**
 * An agent opens a root lease within its contract. The subject is the agent's owner, never taken
 * from the request. Depth 0; every limit of the contract holds.
 * Refusals: `forbidden`, `contract_expired`, `not_narrower`, `limit_unenforceable`,
 * `approval_required`, `attestation_*`, and what stands against the agent itself.
 */
export async function openLease(
  world: World,
  caller: Caller,
  input: OpenLeaseInput,
): Promise<Result<Lease>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  return withStatusIndex(world.statusLists, async (numbered) => {
    const decided = await decide<Lease>(world, caller, 'lease.opened', (tx, details) =>
      openIn(world, tx, { caller: asker.value, details, numbered, ...input }),
    )
    return decided.result
  })
}

async function openIn(
  world: World,
  tx: Transaction,
  input: OpenLeaseInput & {
    readonly caller: AgentCaller
    readonly details: RecordDetails
    readonly numbered: Pick<Lease, 'statusIndex'>
  },
): Promise<Result<Lease>> {
  const { caller, details, numbered } = input
  const { tenant, uri } = caller
  const agent = await tx.agent(tenant, uri)
  if (agent === undefined) return refuse('not_found', { agent: uri })
  const usable = await requireUsable(tx, agent, caller.certificate)
  if (!usable.ok) return usable

  const inForce = requireInForce(agent, tx.now)
  if (!inForce.ok) return inForce

  const { contract, contractVersion, attestation } = agent
  const scope = planGrant({ request: input.scope, above: contract, holder: agent, now: tx.now })
  if (!scope.ok) return scope
  const life = planLife({
    asked: input.ttlSeconds,
    scope: scope.value,
    ancestors: endsOf(agent),
    now: tx.now,
  })
  if (!life.ok) return life

  const id = world.ids.lease()
  const lease: Lease = {
    id,
    tenant,
    parentId: null,
    lineage: [id],
    holders: [uri],
    subject: agent.owner,
    scope: scope.value,
    contractVersion,
    attestation,
    openedAt: tx.now,
    expiresAt: life.value.expiresAt,
    renewals: 0,
    grantedSeconds: life.value.seconds,
    releasedAt: null,
    ...numbered,
    usesSpent: 0,
  }
  await tx.insertLease(lease)
  details.lease = id
  details.facts = { subject: agent.owner, reason: input.reason ?? null }
  return accept(lease)
}
