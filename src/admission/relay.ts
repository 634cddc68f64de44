import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Clock } from '../domain/time.ts'
import type { PresentedProof } from '../token/proof-header.ts'
import { inSpan, traceOnward } from '../tracing.ts'
import type { Admit, FetchedKeys } from './ports.ts'
import type { RedemptionQueue } from './redemption-queue.ts'
import { confirmCall, parseCall, permitCall, verifyCall } from './stages.ts'

/** One enforcement point without a store, for one protected resource. */
export interface RelayPoint {
  /** Absent: any whose keys these are; the authority judges it again. */
  readonly issuer?: string
  readonly audience: string
  readonly keys: FetchedKeys
  readonly clock: Clock
  readonly queue: RedemptionQueue
}

/**
 * Admission of an enforcement point without a store: parse → verify → confirm → permit here, with
 * published keys, so that noise never reaches the authority; then the authority runs all five
 * stages again and redeems. A call that is refused here after its token was verified goes to the
 * authority too, which judges the same and records it (I10); whatever it answers, here it stays
 * refused. Nothing is cached, and no answer is `status_unknown`.
 */
export function createRelayedAdmission(point: RelayPoint): Admit {
  const { audience, keys, clock, queue } = point
  return async (presentation) => {
    const parsed = parseCall(presentation)
    if (!parsed.ok) return parsed
    const fresh = await keys.freshFor(parsed.value.token.jws.kid)
    if (!fresh) return refuse('status_unknown', { keys: 'stale' })
    const now = clock.now()
    const { issuer = parsed.value.token.claims.issuer } = point
    const terms = { keys, issuer, audience, now }
    const verified = await inSpan('writ.verify', () => verifyCall(parsed.value, terms))
    if (!verified.ok) return verified
    const confirmed = await inSpan('writ.confirm', () => confirmCall(verified.value, now))
    const permitted = confirmed.ok
      ? await inSpan('writ.permit', () => permitCall(confirmed.value, now))
      : confirmed
    const { request } = permitted.ok ? permitted.value : verified.value
    const { token, peer, costs, requestId, trace } = presentation
    const proof = withNo(presentation.proof, confirmed)
    const asked = { token, proof, audience, request, peer, costs, requestId }
    const redeemed = await inSpan(
      'writ.authority.redeem',
      () => queue.redeem({ ...asked, trace: traceOnward(trace) }),
      { kind: 'client' },
    )
    if (!permitted.ok) return permitted
    const { peer: confirmedPeer } = permitted.value.presentation
    return redeemed.ok
      ? accept({ claims: permitted.value.claims, peer: confirmedPeer, ...redeemed.value })
      : redeemed
  }
}

/** The proof, saying so where its nonce was refused: the authority has to refuse it as well. */
function withNo(
  proof: PresentedProof | undefined,
  confirmed: Result<unknown>,
): PresentedProof | undefined {
  const refused = !confirmed.ok && confirmed.refusal.code === 'nonce_required'
  return proof !== undefined && refused ? { ...proof, nonceRefused: true } : proof
}
