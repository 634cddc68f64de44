import { meetsAttestation, tierAtLeast } from '../domain/attestation.ts'
import { coversCosts } from '../domain/budget.ts'
import type { KeyThumbprint } from '../domain/ids.ts'
import type { HolderContract } from '../domain/redemption.ts'
import { type Facts, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { permits } from '../domain/scope/permit.ts'
import type { AttestationTier, RequestToJudge, Scope } from '../domain/scope/types.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { RequestPin, TokenClaims } from '../domain/token.ts'
import { type ProvenKey, verifyProof } from '../token/dpop.ts'
import type { KeySource } from '../token/key.ts'
import { type ParsedToken, parseToken, verifyToken } from '../token/verify.ts'
import type { CallVerdict, JudgeCall, JudgedBody, Presentation } from './ports.ts'
import { rulesOnBody } from './rules-on-body.ts'

/**
 * The stages of admission before the last. Each has its own type, and only the function of the
 * stage can make one, since the marks are not exported: the compiler holds the order parse → verify
 * → confirm → permit → redeem.
 */
declare const stage: unique symbol
type At<Stage extends string> = KnownCall & { readonly [stage]: Stage }

/** What is known of a call from its second stage on. */
export interface KnownCall {
  readonly claims: TokenClaims
  /** Absent for a call by handle, which nobody signed. */
  readonly signingKey?: KeyThumbprint | undefined
  /** Every key of a chain of another issuer, from its anchor to who presents it. */
  readonly keys?: readonly KeyThumbprint[] | undefined
  readonly presentation: Presentation
  /** From its third stage on, where the token names a key. */
  readonly possession?: ProvenKey
  /** As it is judged: with the body once it was read. */
  readonly request: RequestToJudge
  /** What was chosen for the call, as its record says it. */
  readonly chosen?: Facts
}

/** The shape is right; nothing is known yet about who made the token. */
export interface ParsedCall {
  readonly token: ParsedToken
  readonly presentation: Presentation
}
/** Signature, issuer, audience and times hold. */
export type VerifiedCall = At<'verified'>
/** The peer is the one the token is bound to (I8). */
export type ConfirmedCall = At<'confirmed'>
/** The scope covers this very request, and the evidence is good and fresh enough. */
export type PermittedCall = At<'permitted'>

/** Shape of the token; refusals `malformed`, `too_large`, `token_kind`. */
export function parseCall(presentation: Presentation): Result<ParsedCall> {
  const token = parseToken(presentation.token, 'call')
  return token.ok ? accept({ token: token.value, presentation }) : token
}

/** Signature and claims (RFC 7519, RFC 8725); does not look at the peer or the request. */
export async function verifyCall(
  call: ParsedCall,
  expectations: {
    readonly keys: KeySource
    readonly issuer: string
    readonly audience: string
    readonly now: EpochSeconds
  },
): Promise<Result<VerifiedCall>> {
  const verified = await verifyToken(call.token, expectations)
  if (!verified.ok) return verified
  const { claims, key } = verified.value
  const { presentation } = call
  const known: KnownCall = { claims, signingKey: key, presentation, request: presentation.request }
  return accept(known as VerifiedCall)
}

/**
 * I8: the peer is the one the token names, in everything its `cnf` names: the certificate of the
 * connection (RFC 8705 §3), the key of the proof (RFC 9449 §7.1), or both. A peer that shows a
 * certificate is the agent of the token in any case. A token with a key is refused without a proof
 * (as `Bearer`), one without a key is refused with one. Refusals: `holder_binding_failed`; those of
 * `verifyProof`. Whether the proof was shown before is for the last stage.
 */
export async function confirmCall(
  call: VerifiedCall,
  now: EpochSeconds,
): Promise<Result<ConfirmedCall>> {
  const { claims, presentation } = call
  const { peer, proof, token } = presentation
  const { certificate, key } = claims.confirmation
  const facts = { agent: claims.agent, peer: peer.uri ?? null }
  const named = peer.uri === undefined || peer.uri === claims.agent
  const bound = certificate === undefined ? key !== undefined : certificate === peer.certificate
  const proves = (key === undefined) === (proof === undefined)
  if (!named || !bound || !proves) return refuse('holder_binding_failed', facts)
  if (key === undefined || proof === undefined) return accept(call as KnownCall as ConfirmedCall)
  const possession = await verifyProof(proof, { token, now })
  if (!possession.ok) return possession
  const { key: proven } = possession.value
  if (proven !== key) return refuse('holder_binding_failed', { ...facts, key: proven })
  const known: KnownCall = {
    ...(call as KnownCall),
    possession: possession.value,
    presentation: { ...presentation, peer: { ...peer, key } },
  }
  return accept(known as ConfirmedCall)
}

/**
 * The same of a call that came with a handle instead of a token: whoever knows its text is its
 * bearer, as far as it is bound to nothing else. Refuses `holder_binding_failed` unless `bound`.
 */
export function confirmHandle(call: KnownCall, bound: boolean): Result<ConfirmedCall> {
  return bound ? accept(call as ConfirmedCall) : refuse('holder_binding_failed', { handle: true })
}

/**
 * The same of a call that came with a chain of another issuer, whose last holder signed for this
 * very call: that proof was verified, and stands for what a certificate would.
 */
export function confirmChain(call: KnownCall): ConfirmedCall {
  return call as ConfirmedCall
}

/**
 * The scope covers the request, the pin (if any) names it, the evidence is as good and as fresh as
 * the scope asks, and its budgets cover what this one call costs; what is left of them the store
 * knows. Reads the body only when a rule or the pin needs it.
 */
export async function permitCall(
  call: ConfirmedCall,
  now: EpochSeconds,
): Promise<Result<PermittedCall>> {
  const { claims, presentation } = call
  const met = meetsRequires(claims, claims.scope, now)
  if (!met.ok) return met
  const pinnedBody = claims.pin?.bodyDigest !== undefined
  const needed = pinnedBody || rulesOnBody(claims.scope, call.request)
  const body = needed ? await readBody(presentation) : accept(undefined)
  if (!body.ok) return body
  const request = withBody(call.request, body.value)
  if (claims.pin !== undefined && !pinHolds(claims.pin, request, body.value)) {
    return refuse('request_mismatch', { pin: true })
  }
  const permission = permits(claims.scope, request)
  if (!permission.permitted) return refuse(permission.code, {}, permission.reasons)
  const covered = coversCosts(claims.scope.limits.budgets, presentation.costs ?? [])
  if (!covered.ok) return covered
  return accept({ ...(call as KnownCall), request } as PermittedCall)
}

/**
 * Contracts are live: a permitted call also has to fit the contract of each holder as it is now, in
 * everything a contract says about one call: its end, audience, evidence, pin, enforceable limits,
 * request, and whether a key may stand for the certificate.
 * Evidence that is worth less now than the contract, or the token of the holder, asks is refused.
 */
export async function permitByContracts(
  call: PermittedCall,
  contracts: readonly HolderContract[],
  now: EpochSeconds,
): Promise<Result<PermittedCall>> {
  const { claims, presentation } = call
  let { request } = call
  const byKey = call.possession !== undefined && claims.confirmation.certificate === undefined
  for (const { agent, version, contract, endsAt, tier, keyOnly } of contracts) {
    if (endsAt !== null && endsAt <= now) return refuse('contract_expired', { contract: agent })
    if (byKey && keyOnly !== true) {
      return refuse('scope_not_granted', { contract: agent, version, keyOnly: false })
    }
    const met = meetsRequires(claims, contract, now)
    if (!met.ok) return met
    const floors = agent === claims.agent ? [contract, claims.scope] : [contract]
    const low = floors.some(({ requires }) => !isWorth(tier, requires.attestation_min))
    if (low) return refuse('attestation_too_low', { holder: agent, tier: tier ?? null })
    if (request.type === 'http' && request.body === undefined && rulesOnBody(contract, request)) {
      const body = await readBody(presentation)
      if (!body.ok) return body
      request = withBody(request, body.value)
    }
    const covered = contract.audiences.includes(claims.audience)
    if (!covered || !permits(contract, request).permitted) {
      return refuse('scope_not_granted', { contract: agent, version })
    }
  }
  return accept({ ...(call as KnownCall), request } as PermittedCall)
}

/** Whether evidence that may have fallen since the token was minted still is worth a floor. */
function isWorth(tier: HolderContract['tier'], floor: AttestationTier): boolean {
  return tier === undefined || tierAtLeast(tier, floor)
}

/** Asks the policies about a permitted call; they may only deny. Reads the body if they need it. */
export function judgeCall(
  { claims, presentation, request }: PermittedCall,
  judge: JudgeCall,
  now: EpochSeconds,
): Promise<Result<CallVerdict>> {
  const { peer, credential } = presentation
  const withBodyRead = async (): Promise<Result<RequestToJudge>> => {
    if (request.type !== 'http' || request.body !== undefined) return accept(request)
    const body = await readBody(presentation)
    return body.ok ? accept(withBody(request, body.value)) : body
  }
  return judge({ claims, peer, credential, request, withBody: withBodyRead }, now)
}

/** What a scope asks of every call under it, whatever the request. */
function meetsRequires(claims: TokenClaims, scope: Scope, now: EpochSeconds): Result<void> {
  if (scope.requires.dpop && claims.confirmation.key === undefined) {
    return refuse('holder_binding_failed', { key: false })
  }
  const attested = meetsAttestation(claims.attestation, scope.requires, now)
  if (!attested.ok) return attested
  const { approval, bind_request: pinned } = scope.requires
  if ((pinned || approval) && claims.pin === undefined) {
    return refuse('request_mismatch', { pin: false })
  }
  // A token whose own scope asks for approval was minted after the yes; any other was not.
  const asked = !approval || claims.scope.requires.approval
  return asked ? accept(undefined) : refuse('approval_required')
}

/** The request as the scope has to judge it, with the body where one was read. */
function withBody(request: RequestToJudge, body: JudgedBody | undefined): RequestToJudge {
  return request.type === 'http' && body !== undefined ? { ...request, body } : request
}

async function readBody(presentation: Presentation): Promise<Result<JudgedBody>> {
  return presentation.readBody === undefined
    ? refuse('request_mismatch', { body: 'unread' })
    : presentation.readBody()
}

function pinHolds(pin: RequestPin, request: RequestToJudge, body: JudgedBody | undefined): boolean {
  return (
    request.type === 'http' &&
    pin.method === request.method &&
    pin.target === request.target &&
    (pin.bodyDigest === undefined || pin.bodyDigest === body?.digest)
  )
}
