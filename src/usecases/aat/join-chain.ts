import { createHash } from 'node:crypto'
import type { TrustedAatIssuer } from '../../aat/trust.ts'
import type { AatLink } from '../../domain/aat/link.ts'
import { scopeBelow } from '../../domain/aat/scope-below.ts'
import type { Agent } from '../../domain/agent.ts'
import { hasRoom, mayDelegate } from '../../domain/delegation.ts'
import type { LeaseId, TenantId } from '../../domain/ids.ts'
import { NO_LABELS } from '../../domain/labels.ts'
import { type Lease, rootOf } from '../../domain/lease.ts'
import { requireLive } from '../../domain/liveness.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectsOf } from '../../domain/revocation.ts'
import { type EpochSeconds, earlier, later } from '../../domain/time.ts'
import type { Reads, Transaction } from '../../store/ports.ts'
import { requireInForce } from '../agents/live-contracts.ts'
import type { AgentCaller } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** A chain as it stands here: the lease of its last link, and who holds it. */
export interface JoinedChain {
  readonly lease: Lease
  readonly holder: Agent
}

/** A verified chain to be joined. */
export interface ChainToJoin {
  readonly trusted: TrustedAatIssuer
  /** Root first, at least one. */
  readonly links: readonly AatLink[]
}

/**
 * The leases that stand for the links of a chain, root first. They follow from the issuer and the
 * ids of the links alone, so that a link may be revoked here before anyone has shown it, and two
 * tokens that share an id share its fate.
 */
export function leaseIdsOf(
  tenant: TenantId,
  issuer: string,
  links: readonly Pick<AatLink, 'jti'>[],
): readonly LeaseId[] {
  const ids: LeaseId[] = []
  for (const { jti } of links) {
    const above = ids[ids.length - 1] ?? issuer
    ids.push(`lease_${digest128(['aat link', tenant, above, jti])}` as LeaseId)
  }
  return ids
}

/** The first 128 bits of the SHA-256 of some texts, in base64url. */
export function digest128(parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest()
  return digest.subarray(0, 16).toString('base64url')
}

/**
 * Finds the lease of a chain's last link, or opens leases for the links that nobody has shown
 * before: one each, below one another, within the ceiling of the issuer. From then on each of them
 * can be revoked, counts its uses, and shows in the tree. What a chain joined with stays: another
 * token of the same id gets no more. Refusals: `contract_expired`, those of I6, of depth and room.
 */
export async function joinChain(
  world: World,
  point: AgentCaller,
  chain: ChainToJoin,
): Promise<Result<JoinedChain>> {
  const { tenant } = point
  const ids = leaseIdsOf(tenant, chain.trusted.issuer, chain.links)
  const known = await world.store.read((reads) => findJoined(reads, tenant, ids, chain.trusted))
  if (known !== undefined) return accept(known)
  const decided = await decide<JoinedChain>(world, point, 'chain.joined', async (tx, details) => {
    details.lease = ids[ids.length - 1] ?? null
    details.facts = chainFacts(chain)
    return joinIn(tx, tenant, ids, chain)
  })
  return decided.result
}

/** What a record says of a chain: ids and numbers, nothing of its tools. */
export function chainFacts({ trusted, links }: ChainToJoin) {
  const root = links[0]?.jti ?? ''
  return {
    aat_issuer: trusted.issuer,
    aat_root: root,
    aat_leaf: links[links.length - 1]?.jti ?? root,
    aat_depth: links.length - 1,
  }
}

async function findJoined(
  reads: Reads,
  tenant: TenantId,
  ids: readonly LeaseId[],
  { uri }: TrustedAatIssuer,
): Promise<JoinedChain | undefined> {
  const leaf = ids[ids.length - 1]
  const view = leaf && (await reads.lineage(tenant, leaf))
  const holder = view && (await reads.agent(tenant, uri))
  return view === undefined || holder === undefined ? undefined : { lease: view.lease, holder }
}

async function joinIn(
  tx: Transaction,
  tenant: TenantId,
  ids: readonly LeaseId[],
  { trusted, links }: ChainToJoin,
): Promise<Result<JoinedChain>> {
  const holder = await tx.agent(tenant, trusted.uri)
  if (holder === undefined) return refuse('not_found', { agent: trusted.uri })
  const inForce = requireInForce(holder, tx.now)
  if (!inForce.ok) return inForce
  const lineage: Lease[] = []
  for (const [depth, link] of links.entries()) {
    const id = ids[depth]
    if (id === undefined) return refuse('fault')
    const found = await tx.lineage(tenant, id)
    if (found !== undefined) {
      lineage.push(found.lease)
      continue
    }
    const born = leaseOf(id, link, { holder, lineage, now: tx.now })
    const may = await mayBeBorn(tx, born, lineage)
    if (!may.ok) return may
    await tx.insertLease(born)
    lineage.push(born)
  }
  const lease = lineage[lineage.length - 1]
  return lease === undefined ? refuse('fault') : accept({ lease, holder })
}

/** I2, I6 and room, as for any child; a root has nothing above it but what is revoked. */
async function mayBeBorn(
  tx: Transaction,
  born: Lease,
  above: readonly Lease[],
): Promise<Result<void>> {
  const revocations = await tx.revocations(born.tenant, subjectsOf(born))
  const live = requireLive([...above, born], revocations, tx.now)
  const parent = above[above.length - 1]
  if (!live.ok || parent === undefined) return live
  const may = mayDelegate(above, born.holders[0] as Agent['uri'])
  if (!may.ok) return may
  const liveChildren = await tx.countLiveChildren(
    born.tenant,
    parent.id,
    parent.scope.limits.max_children,
  )
  const tree = await tx.countTree(born.tenant, rootOf(parent.lineage))
  return hasRoom(parent, { liveChildren, tree })
}

function leaseOf(
  id: LeaseId,
  link: AatLink,
  from: {
    readonly holder: Agent
    readonly lineage: readonly Lease[]
    readonly now: EpochSeconds
  },
): Lease {
  const { holder, lineage, now } = from
  const parent = lineage[lineage.length - 1]
  const above = parent?.scope ?? holder.contract
  // From when the root was issued, so that it does not matter when it was first shown.
  const ceiling = later(link.issuedAt, above.limits.ttl_seconds)
  const ends = [ceiling, ...lineage.map(({ expiresAt }) => expiresAt)]
  const expiresAt = ends.reduce(earlier, link.expiresAt)
  return {
    id,
    tenant: holder.tenant,
    parentId: parent?.id ?? null,
    lineage: [...(parent?.lineage ?? []), id],
    holders: [...(parent?.holders ?? []), holder.uri],
    subject: holder.owner,
    labels: NO_LABELS,
    scope: scopeBelow(link.tools, above),
    contractVersion: holder.contractVersion,
    attestation: holder.attestation,
    openedAt: now,
    expiresAt,
    renewals: 0,
    grantedSeconds: Math.max(0, expiresAt - now),
    releasedAt: null,
    usesSpent: 0,
  }
}
