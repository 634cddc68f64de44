import { createHash } from 'node:crypto'
import { admitConfirmed, recorded } from '../../admission/admit.ts'
import type { Admitted } from '../../admission/ports.ts'
import { confirmHandle, type KnownCall } from '../../admission/stages.ts'
import type { CertificateThumbprint, Jti } from '../../domain/ids.ts'
import { holderOf } from '../../domain/lease.ts'
import { LEASH_WINDOW_SECONDS } from '../../domain/limits.ts'
import { type Refusal, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Scope } from '../../domain/scope/types.ts'
import { type EpochSeconds, epochSeconds, later } from '../../domain/time.ts'
import type { VerificationKey } from '../../token/key.ts'
import type { ParsedLeash } from '../../token/leash.ts'
import { contractsOf } from '../agents/live-contracts.ts'
import type { AgentCaller } from '../caller.ts'
import { callJudge } from '../policies/ask-policy.ts'
import { callClaims } from '../tokens/call-claims.ts'
import { refusalRecorder } from '../tokens/redeem-token.ts'
import type { World } from '../world.ts'
import type { LeashEnvelope } from './leash-envelope.ts'
import { type HeldForLeash, leashScope } from './leash-scope.ts'

/** A leash and a proof that hold by themselves. */
export interface ProofToSpend {
  readonly envelope: LeashEnvelope
  readonly leash: ParsedLeash
  readonly key: VerificationKey
  readonly audience: string
  readonly now: EpochSeconds
}

/** The lease of a leash, and the certificate the leash was taken over: it is revoked with it. */
interface FoundLeash extends HeldForLeash {
  readonly certificate: CertificateThumbprint
}

/** What spending came to; whether a no stands in the trail already (I10). */
export type ProofSpent =
  | { readonly ok: true; readonly value: Admitted }
  | { readonly ok: false; readonly refusal: Refusal; readonly recorded: boolean }

/**
 * Spends one proof as a call of its lease: the newest leash of a lease that stands, then permit and
 * redeem as for a token, under an id that leash and nonce make, so that the same nonce is
 * `token_used` for good. Refusals: `revoked` for a leash nobody knows and for one that a newer one
 * followed; those of admission.
 */
export async function spendProof(
  world: World,
  point: AgentCaller,
  proof: ProofToSpend,
): Promise<ProofSpent> {
  const { envelope, leash, audience, now } = proof
  const held = await readHeld(world, point, leash)
  if (!held.ok) return { ok: false, refusal: held.refusal, recorded: false }
  const { tenant, uri: settles } = point
  const recorder = refusalRecorder(world.store)
  const stages = {
    tenant,
    settles,
    redeemer: world.store,
    recorder,
    judge: callJudge(world, tenant),
  }
  const call = knownCall(world, point, held.value, proof)
  const words = [envelope.request.action]
  const { certificate } = held.value
  const asked = { audience, words, certificate, at: now }
  const scope = leashScope(world, held.value, asked)
  if (!scope.ok) {
    await recorded(call, scope.refusal, stages)
    return { ...scope, recorded: true }
  }
  const within = { ...call, claims: { ...call.claims, scope: scope.value } }
  const confirmed = confirmHandle(within, true)
  const admitted = confirmed.ok ? await admitConfirmed(confirmed.value, now, stages) : confirmed
  return admitted.ok ? admitted : { ...admitted, recorded: true }
}

function readHeld(
  world: World,
  { tenant }: AgentCaller,
  { claims }: ParsedLeash,
): Promise<Result<FoundLeash>> {
  return world.store.read(async (reads) => {
    const row = await reads.leash(tenant, claims.jti)
    const view = row && (await reads.lineage(tenant, row.lease))
    if (row === undefined || view === undefined) return refuse('revoked', { leash: 'unknown' })
    const newest = await reads.leashVersion(tenant, row.lease)
    const isNewest = row.version === newest && claims.grantVersion === newest
    if (!isNewest || row.lease !== claims.lease) return refuse('revoked', { version: newest })
    const { lease } = view
    const agent = await reads.agent(tenant, holderOf(lease))
    if (agent === undefined) return refuse('revoked', { agent: 'unknown' })
    const lineage = [...view.ancestors, lease]
    const standing = await contractsOf(reads, lineage)
    if (!standing.ok) return standing
    const contracts: readonly Scope[] = standing.value.moved
    return accept({ lease, lineage, agent, contracts, certificate: row.certificate })
  })
}

/** The call that the proof stands for, as a token of the lease would describe it. */
function knownCall(
  world: World,
  point: AgentCaller,
  { lease, agent, certificate }: FoundLeash,
  { envelope, leash, key, audience, now }: ProofToSpend,
): KnownCall {
  const { action, args } = envelope.request
  const request = { type: 'tool', server: audience, tool: action, arguments: args } as const
  const peer = { uri: agent.uri, certificate }
  return {
    claims: callClaims(world.issuer, {
      audience,
      lease,
      holder: agent,
      scope: lease.scope,
      now,
      // Remembered as long as the envelope could come again.
      expiresAt: later(epochSeconds(envelope.timestamp), LEASH_WINDOW_SECONDS + 1),
      jti: proofId(leash.claims.jti, envelope.nonce),
      confirmation: { certificate },
    }),
    signingKey: key.kid,
    presentation: { token: '', peer, request, requestId: point.request },
    request,
  }
}

/** Half of a digest: as long as any other id of a token, and the same for the same nonce. */
function proofId(jti: Jti, nonce: string): Jti {
  const digest = createHash('sha256').update(`${jti}.${nonce}`).digest()
  return digest.subarray(0, 16).toString('base64url') as Jti
}
