import type { Agent } from '../../domain/agent.ts'
import type { KeyThumbprint, LeaseId, TenantId } from '../../domain/ids.ts'
import { holderOf, type Lease } from '../../domain/lease.ts'
import { requireLive } from '../../domain/liveness.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Revocation, subjectsOf } from '../../domain/revocation.ts'
import { type EpochSeconds, later } from '../../domain/time.ts'
import type { Reads } from '../../store/ports.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { type AgentCaller, type Caller, isPeer, isPerson } from '../caller.ts'

/** A lease with its lineage (root..self) and what is revoked of it, in one transaction. */
export interface FoundLease {
  readonly lease: Lease
  readonly lineage: readonly Lease[]
  readonly revocations: readonly Revocation[]
}

/** A lease found by its holder, with the holder as it stands. */
export interface HeldLease extends FoundLease {
  readonly holder: Agent
}

/**
 * Finds a lease for somebody who may know of it: its holder, a holder above it, an owner or an
 * operator. Unknown and foreign ids look alike: `not_found`.
 */
export async function findLease(
  reads: Reads,
  caller: Caller,
  id: LeaseId,
): Promise<Result<FoundLease>> {
  const found = await findInTenant(reads, caller.tenant, id)
  if (found === undefined) return refuse('not_found', { lease: id })
  const may = isPerson(caller) || (isPeer(caller) && found.lease.holders.includes(caller.uri))
  return may ? accept(found) : refuse('not_found', { lease: id, foreign: true })
}

/**
 * I1: finds a lease for use by its holder: refuses `not_found` to strangers, `forbidden` to a
 * holder above, whatever I6 says when it is not live, and what stands against the caller itself,
 * its owner and its certificate. A root lease may be over for `graceSeconds`; nothing below one is.
 */
export async function findHeld(
  reads: Reads,
  caller: AgentCaller,
  id: LeaseId,
  graceSeconds = 0,
): Promise<Result<HeldLease>> {
  const found = await findLease(reads, caller, id)
  if (!found.ok) return found
  if (holderOf(found.value.lease) !== caller.uri) return refuse('forbidden', { lease: id })
  const { lineage } = found.value
  const grace = lineage.length === 1 ? graceSeconds : 0
  const live = await requireLiveFor(reads, caller, found.value, { at: later(reads.now, -grace) })
  if (!live.ok) return live
  const agent = await reads.agent(caller.tenant, caller.uri)
  if (agent === undefined) return refuse('not_found', { agent: caller.uri })
  const usable = await requireUsable(reads, agent, caller.certificate)
  return usable.ok ? accept({ ...live.value, holder: agent }) : usable
}

/**
 * Refuses unless the lease is live, also with respect to the certificate the caller presents and
 * the key that signed its token, when there is one.
 */
export async function requireLiveFor(
  reads: Reads,
  caller: AgentCaller,
  found: FoundLease,
  by: { readonly key?: KeyThumbprint; readonly at?: EpochSeconds } = {},
): Promise<Result<FoundLease>> {
  const { tenant, certificate } = caller
  const { key, at = reads.now } = by
  const subjects = subjectsOf(found.lease, { certificate, key })
  const revocations = await reads.revocations(tenant, subjects)
  const live = requireLive(found.lineage, revocations, at)
  return live.ok ? accept(found) : live
}

/** The lease as it stands, for nobody in particular. */
export async function findInTenant(
  reads: Reads,
  tenant: TenantId,
  id: LeaseId,
): Promise<FoundLease | undefined> {
  const view = await reads.lineage(tenant, id)
  if (view === undefined) return undefined
  const revocations = await reads.revocations(tenant, subjectsOf(view.lease))
  return { lease: view.lease, lineage: [...view.ancestors, view.lease], revocations }
}
