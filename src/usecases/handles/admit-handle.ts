import { admitConfirmed, recorded } from '../../admission/admit.ts'
import type { Admit, Admitted, Presentation } from '../../admission/ports.ts'
import { confirmHandle, type KnownCall } from '../../admission/stages.ts'
import type { Agent } from '../../domain/agent.ts'
import { type Handle, isHandleText } from '../../domain/handle.ts'
import type { TenantId } from '../../domain/ids.ts'
import { holderOf, type Lease } from '../../domain/lease.ts'
import { TOKEN_TTL_SECONDS_DEFAULT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { Scope } from '../../domain/scope/types.ts'
import { type EpochSeconds, earlier, later } from '../../domain/time.ts'
import { addressIn } from '../../policy/networks.ts'
import type { Reads } from '../../store/ports.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import { hashSecret } from '../bearer-secret.ts'
import { callJudge, factsOf } from '../policies/ask-policy.ts'
import { callClaims } from '../tokens/call-claims.ts'
import { tokenScope } from '../tokens/mint-tokens.ts'
import { refusalRecorder } from '../tokens/redeem-token.ts'
import type { World } from '../world.ts'
import { digestOf } from './create-handle.ts'
import { createMisuseTeller } from './tell-misuse.ts'

/** Where handles are shown. */
export interface HandlePoint {
  readonly tenant: TenantId
  /** The protected resource of the route. */
  readonly audience: string
  /** Counts handles that nobody knows, by the address they came from. */
  readonly misses: (address: string) => Promise<Result<void>>
}

/** A handle with what it refers to, in one consistent read. */
interface Found {
  readonly handle: Handle
  readonly lease: Lease
  /** root..self */
  readonly lineage: readonly Lease[]
  readonly holder: Agent
  /** Contracts of the lineage that have moved on; read where policies ask. */
  readonly contracts: Result<readonly Scope[]>
  /** Whether the certificate it is bound to has been revoked or suspended. */
  readonly barred: boolean
}

/**
 * Admission of a call that shows a handle instead of a token: parse → verify (by its digest, since
 * the text itself is the proof) → confirm (certificate and address it is bound to) → permit →
 * redeem. A handle shown without what it is bound to is told to the tree's owner. From permit on
 * it is the same as for a token: the lineage, every limit, contract and revocation count (I6, I9,
 * I11), and each call spends an id of its own. What a scope asks of tokens alone (a pin, an
 * approval) a handle can not show, so it is refused. Where policies decide, each call is also
 * judged as the token it stands for, so that a rule about minting holds here too.
 * Refusals: `unauthenticated` for what nobody knows, `rate_limited` for too much of it, `revoked`,
 * `expired`, `holder_binding_failed`, `audience_mismatch`, and those of permit and redeem.
 */
export function createHandleAdmission(world: World, point: HandlePoint): Admit {
  const recorder = refusalRecorder(world.store)
  const { tenant } = point
  const judge = callJudge(world, tenant)
  const misuse = createMisuseTeller(world)
  const stages = { tenant, redeemer: world.store, recorder, judge }
  return async (presentation) => {
    const found = await findHandle(world, point, presentation)
    if (!found.ok) return found
    const now = world.store.now()
    const call = knownCall(world, point, found.value, { presentation, now })
    const stands = requireStanding(found.value, point, now)
    if (!stands.ok) return recorded(call, stands.refusal, stages)
    const confirmed = confirmHandle(call, await isBound(found.value.handle, presentation))
    if (!confirmed.ok) {
      await misuse.tell(found.value.handle, presentation.requestId)
      return recorded(call, confirmed.refusal, stages)
    }
    const scope = scopeByPolicy(world, point, found.value, now)
    if (!scope.ok) return recorded(call, scope.refusal, stages)
    const within = { ...confirmed.value, claims: { ...call.claims, scope: scope.value } }
    const admitted = await admitConfirmed(within, now, stages)
    return admitted.ok ? accept(untilItEnds(admitted.value, found.value.handle)) : admitted
  }
}

async function findHandle(
  world: World,
  point: HandlePoint,
  { token: text, peer }: Presentation,
): Promise<Result<Found>> {
  const found = isHandleText(text) ? await readFound(world, point, text) : undefined
  if (found !== undefined) return accept(found)
  const counted = await point.misses(peer.address ?? '')
  return counted.ok ? refuse('unauthenticated') : counted
}

function readFound(world: World, { tenant }: HandlePoint, text: string) {
  return world.store.read<Found | undefined>(async (reads) => {
    const handle = await reads.handleByDigest(digestOf(text))
    if (handle === undefined || handle.tenant !== tenant) return undefined
    const view = await reads.lineage(tenant, handle.lease)
    const holder = view && (await reads.agent(tenant, holderOf(view.lease)))
    if (view === undefined || holder === undefined) return undefined
    const { lease } = view
    const lineage = [...view.ancestors, lease]
    const contracts = await movedIn(world, reads, lineage)
    return { handle, lease, lineage, holder, contracts, barred: await isBarred(reads, handle) }
  })
}

async function movedIn(
  { policies }: World,
  reads: Reads,
  lineage: readonly Lease[],
): Promise<Result<readonly Scope[]>> {
  if (policies === undefined) return accept([])
  const standing = await contractsOf(reads, lineage)
  return standing.ok ? accept(standing.value.moved) : standing
}

/**
 * What a token of the whole lease could do if it was minted for this call; the lease's own scope
 * where there are no policies. Nobody was asked, so that a rule that asks for each token says no.
 */
function scopeByPolicy(
  world: World,
  { audience }: HandlePoint,
  { handle, lease, lineage, holder: agent, contracts }: Found,
  at: EpochSeconds,
): Result<Scope> {
  if (world.policies === undefined) return accept(lease.scope)
  if (!contracts.ok) return contracts
  const facts = factsOf({ agent, certificate: handle.digest, lineage, at })
  const policy = { action: 'token.mint', ...facts } as const
  const held = { lease, agent, contracts: contracts.value, policy }
  const granted = tokenScope(world, held, { audience, count: 1 })
  return granted.ok ? accept(granted.value.scope) : granted
}

async function isBarred(reads: Reads, { tenant, certificate }: Handle): Promise<boolean> {
  if (certificate === null) return false
  const rows = await reads.revocations(tenant, [subjectOf('certificate', certificate)])
  return rows.length > 0
}

/** The claims a token of this lease would have, for one call, right now. */
function knownCall(
  world: World,
  { audience }: HandlePoint,
  { handle, lease, holder }: Found,
  call: { readonly presentation: Presentation; readonly now: EpochSeconds },
): KnownCall {
  const { presentation, now } = call
  const { address } = presentation.peer
  const peer = { uri: holder.uri, certificate: handle.digest }
  return {
    claims: callClaims(world.issuer, {
      audience,
      lease,
      holder,
      scope: lease.scope,
      now,
      expiresAt: later(now, TOKEN_TTL_SECONDS_DEFAULT),
      jti: world.ids.jti(),
      confirmation: { certificate: handle.digest },
    }),
    presentation: {
      ...presentation,
      peer: address === undefined ? peer : { ...peer, address },
    },
    request: presentation.request,
  }
}

function requireStanding(
  { handle, lease, barred }: Found,
  { audience }: HandlePoint,
  now: EpochSeconds,
): Result<void> {
  if (handle.revokedAt !== null || barred) return refuse('revoked', { handle: handle.id })
  if (handle.expiresAt <= now) return refuse('expired', { handle: handle.id })
  return lease.scope.audiences.includes(audience)
    ? accept(undefined)
    : refuse('audience_mismatch', { audience })
}

/** The process is looked for last, and only where everything else that was shown is right. */
async function isBound(
  { certificate, addresses, binding, process }: Handle,
  shown: Presentation,
): Promise<boolean> {
  const { peer } = shown
  if (certificate !== null && certificate !== peer.certificate) return false
  if (addresses.length > 0 && !addressIn(addresses, peer.address ?? '')) return false
  const second = shown.binding === undefined ? null : hashSecret(shown.binding)
  if (second !== binding) return false
  return process === null || (await shown.process?.()) === process
}

/** What runs is cut at the end of the handle, when that comes before the end of the lease. */
function untilItEnds(admitted: Admitted, { expiresAt }: Handle): Admitted {
  return { ...admitted, leaseEndsAt: earlier(admitted.leaseEndsAt, expiresAt) }
}
