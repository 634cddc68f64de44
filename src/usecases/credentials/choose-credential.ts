import type { Agent } from '../../domain/agent.ts'
import type { Credential } from '../../domain/credential.ts'
import type { WantedCredential } from '../../domain/credential-choice.ts'
import { requireFit, requireTerms } from '../../domain/credential-choice.ts'
import type { AgentUri, TenantId } from '../../domain/ids.ts'
import { holderOf, type Lease, ownerOf } from '../../domain/lease.ts'
import { requireLive } from '../../domain/liveness.ts'
import { refuse, requireAll } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Reads } from '../../store/ports.ts'
import type { OpenedCredential } from '../../vault/envelope.ts'
import { requireInForce } from '../agents/live-contracts.ts'
import { findInTenant } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/**
 * Chooses and opens the credential of one call whose token was verified and permitted, in one
 * consistent read: that of the tree's subject first, else the one that all share (PROXY-43). The
 * terms of every holder of the lineage have to allow it, as they are now. Spends and records
 * nothing: whoever asks records what comes of it (I10), and drops what was opened.
 *
 * Nothing is opened for a lease that is not live (I6); what is exhausted is left to redeeming,
 * which knows whether this very token was the last. Refusals: `not_found` for an unknown lease,
 * those of I6, `contract_expired`, those of `requireTerms` and `requireFit`,
 * `credential_unavailable` when there is none or it can not be opened; there is no second choice.
 */
export async function chooseCredential(
  world: Pick<World, 'store' | 'vault'>,
  tenant: TenantId,
  input: {
    readonly wanted: WantedCredential
    readonly claims: Pick<TokenClaims, 'lease' | 'scope'>
  },
): Promise<Result<OpenedCredential>> {
  const { wanted, claims } = input
  const chosen = await world.store.read((reads) => choose(reads, tenant, { wanted, claims }))
  return chosen.ok ? world.vault.open(chosen.value) : chosen
}

async function choose(
  reads: Reads,
  tenant: TenantId,
  { wanted, claims }: Parameters<typeof chooseCredential>[2],
): Promise<Result<Credential>> {
  const found = await findInTenant(reads, tenant, claims.lease.id)
  if (found === undefined) return refuse('not_found', { unknown: 'lease' })
  const { lease, lineage, revocations } = found
  const live = requireLive(lineage, revocations, reads.now)
  if (!live.ok && live.refusal.code !== 'uses_exhausted') return live
  const holders = await holdersOf(reads, lineage)
  const inForce = requireAll(holders.map((holder) => requireInForce(holder, reads.now)))
  if (!inForce.ok) return inForce
  return readAllowed(reads, { lease, holders, claims }, wanted)
}

/**
 * The credential that a call of a lease wants, when the terms of all the holders of its lineage
 * allow it now. Refusals: those of `requireTerms` and `requireFit`, `credential_unavailable` when
 * there is none.
 */
export async function readAllowed(
  reads: Reads,
  call: {
    readonly lease: Lease
    readonly holders: readonly Agent[]
    readonly claims: Pick<TokenClaims, 'scope'>
  },
  { name, environment, origin }: WantedCredential,
): Promise<Result<Credential>> {
  const { lease, holders, claims } = call
  const allowed = requireTerms(holders, { name, environment })
  if (!allowed.ok) return allowed
  const { tenant } = lease
  const credential = await reads.credential({ tenant, name, environment, owner: ownerOf(lease) })
  if (credential === undefined) {
    return refuse('credential_unavailable', { credential: name, environment, unknown: true })
  }
  // A token whose own scope asks for approval was minted after a person's yes to this very call.
  const { approval: approved } = claims.scope.requires
  const fits = requireFit(holders, credential, { origin, approved })
  return fits.ok ? accept(credential) : fits
}

/** Each holder once; one that is gone is a fault: its lease would be dead. */
async function holdersOf(reads: Reads, lineage: readonly Lease[]): Promise<readonly Agent[]> {
  const holders = new Map<AgentUri, Agent>()
  for (const lease of lineage) {
    const uri = holderOf(lease)
    if (holders.has(uri)) continue
    const agent = await reads.agent(lease.tenant, uri)
    if (agent === undefined) throw new Error(`the holder ${uri} is not enrolled`)
    holders.set(uri, agent)
  }
  return [...holders.values()]
}
