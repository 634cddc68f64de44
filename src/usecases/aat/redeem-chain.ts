import type { TrustedAatIssuer } from '../../aat/trust.ts'
import { admitConfirmed } from '../../admission/admit.ts'
import type { Admitted } from '../../admission/ports.ts'
import { confirmChain, type KnownCall } from '../../admission/stages.ts'
import { requireFor } from '../../domain/aat/invocation.ts'
import type { AatProof } from '../../domain/aat/link.ts'
import type { CertificateThumbprint, Jti, RequestId } from '../../domain/ids.ts'
import { AAT_PROOF_WINDOW_SECONDS } from '../../domain/limits.ts'
import type { Cost } from '../../domain/redemption.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { permits } from '../../domain/scope/permit.ts'
import type { ToolRequestToJudge } from '../../domain/scope/types.ts'
import { type EpochSeconds, later } from '../../domain/time.ts'
import { type VerifiedAatChain, verifyAatChain, verifyAatProof } from '../../token/aat-chain.ts'
import type { AgentCaller, Caller } from '../caller.ts'
import { decideNo } from '../decide.ts'
import { callJudge } from '../policies/ask-policy.ts'
import { callClaims } from '../tokens/call-claims.ts'
import { refusalRecorder, requirePoint } from '../tokens/redeem-token.ts'
import type { World } from '../world.ts'
import { chainFacts, digest128, type JoinedChain, joinChain } from './join-chain.ts'
import { issuerOf } from './stand-in.ts'

/** One call that an enforcement point asks about, shown with a chain of another issuer. */
export interface ChainRedemption {
  /** The protected resource: what every `aud` of the chain has to name. */
  readonly audience: string
  readonly request: ToolRequestToJudge
  /** Compact tokens, root first. */
  readonly chain: readonly string[]
  /** What the last holder signed for this call. */
  readonly proof: string
  /** What the call may cost at most; the enforcement point answers for it. */
  readonly costs?: readonly Cost[] | undefined
  /** The network address of the call, for its record. */
  readonly address?: string | undefined
  readonly requestId: RequestId
}

/** A chain whose last holder has signed; what that is good for is still open. */
interface ShownChain {
  readonly trusted: TrustedAatIssuer
  readonly chain: VerifiedAatChain
  readonly proof: AatProof
}

/**
 * An enforcement point has a call admitted that came with a chain of attenuating tokens and the
 * proof of its last holder (draft-niyikiza-oauth-attenuating-agent-tokens-02 §8). The chain is
 * verified from its own bytes, then joined to leases here, one for each link; from then on the call
 * goes the way of every call: what counts is what the chain, the issuer's ceiling, and policies
 * all allow, of a lineage that stands, and the proof is spent (I7) with all limits in one step.
 * Before the holder has signed a refusal is noise; from then on it is recorded (I10).
 * Refusals: those of the point's standing, of the draft's steps, of joining and of admission.
 */
export async function redeemChain(
  world: World,
  caller: Caller,
  redemption: ChainRedemption,
): Promise<Result<Admitted>> {
  const standing = await requirePoint(world, caller)
  if (!standing.ok) return standing
  const { audiences } = standing.value
  const { audience, requestId } = redemption
  const point = { ...standing.value.point, request: requestId }
  if (!audiences.includes(audience)) return refuse('audience_mismatch', { audience })
  const now = world.store.now()
  const shown = await readShown(world, redemption, now)
  if (!shown.ok) return shown
  const covered = coversCall(shown.value, redemption, now)
  if (!covered.ok) return refusedWith(world, point, { ...shown.value, redemption }, covered)
  const links = shown.value.chain.links.map(({ link }) => link)
  const joined = await joinChain(world, point, { trusted: shown.value.trusted, links })
  if (!joined.ok) return joined
  const known = knownCall(world, redemption, { ...shown.value, joined: joined.value, now })
  return admitConfirmed(confirmChain(known), now, {
    tenant: point.tenant,
    settles: point.uri,
    redeemer: world.store,
    recorder: refusalRecorder(world.store),
    judge: callJudge(world, point.tenant),
  })
}

async function readShown(
  { aat }: World,
  { chain: texts, proof: text }: ChainRedemption,
  now: EpochSeconds,
): Promise<Result<ShownChain>> {
  if (aat === undefined) return refuse('issuer_mismatch', { aat: 'off' })
  const chain = await verifyAatChain(texts, { anchors: aat.anchors, now })
  if (!chain.ok) return chain
  const proof = await verifyAatProof(text, chain.value.leaf)
  if (!proof.ok) return proof
  const trusted = issuerOf(aat, chain.value.anchor.issuer)
  return accept({ trusted, chain: chain.value, proof: proof.value })
}

/** What the chain says of the call, and then what the issuer's ceiling does. */
function coversCall(
  { trusted, chain, proof }: ShownChain,
  { audience, request }: ChainRedemption,
  now: EpochSeconds,
): Result<void> {
  const call = { audience, tool: request.tool, arguments: request.arguments }
  const links = chain.links.map(({ link }) => link)
  const { demands, ceiling } = trusted
  const shown = { chain: links, leafDigest: chain.leaf.digest, proof, demands }
  const within = requireFor(call, shown, now)
  if (!within.ok) return within
  if (!ceiling.audiences.includes(audience)) {
    return refuse('audience_mismatch', { ceiling: true })
  }
  const permission = permits(ceiling, request)
  return permission.permitted
    ? accept(undefined)
    : refuse(permission.code, { ceiling: true }, permission.reasons)
}

/** I10: a no to somebody who has proven to hold the chain, before the chain has a lease. */
function refusedWith(
  world: World,
  point: AgentCaller,
  { trusted, chain, redemption }: ShownChain & { readonly redemption: ChainRedemption },
  refused: Extract<Result<never>, { ok: false }>,
): Promise<Result<never>> {
  const { audience } = redemption
  const links = chain.links.map(({ link }) => link)
  const facts = {
    audience,
    holder: chain.leaf.holder.thumbprint,
    ...chainFacts({ trusted, links }),
  }
  return decideNo(world, point, 'token.redeemed', { result: refused, facts })
}

/** The claims a token of the joined lease would have, for this one call. */
function knownCall(
  world: World,
  redemption: ChainRedemption,
  shown: ShownChain & { readonly joined: JoinedChain; readonly now: EpochSeconds },
): KnownCall {
  const { trusted, chain, proof, joined, now } = shown
  const { lease, holder } = joined
  const key = chain.leaf.holder.thumbprint
  const certificate = key as string as CertificateThumbprint
  const { address, costs, requestId, audience, request } = redemption
  const peer = { uri: holder.uri, certificate }
  return {
    claims: callClaims(world.issuer, {
      audience,
      lease,
      holder,
      scope: lease.scope,
      now,
      // The first second in which its time alone refuses the proof: until then it is remembered.
      expiresAt: later(proof.issuedAt, AAT_PROOF_WINDOW_SECONDS + 1),
      jti: digest128(['aat proof', key, proof.jti]) as Jti,
      confirmation: { key },
    }),
    keys: [chain.anchor.key.thumbprint, ...chain.links.map((link) => link.holder.thumbprint)],
    presentation: {
      token: '',
      peer: address === undefined ? peer : { ...peer, address },
      request,
      requestId,
      ...(costs === undefined ? {} : { costs }),
    },
    request,
    chosen: chainFacts({ trusted, links: chain.links.map(({ link }) => link) }),
  }
}
