import { canonicalJson } from '../json.ts'
import { AAT_PROOF_WINDOW_SECONDS } from '../limits.ts'
import { accept, type Result } from '../result.ts'
import { objectionToJson } from '../scope/argument-map.ts'
import type { EpochSeconds } from '../time.ts'
import { type AatInvocation, type AatLink, type AatProof, deny } from './link.ts'

/** What an enforcement point asks of chains beside what the draft does. */
export interface AatDemands {
  /** Some link has to say where it may be shown. */
  readonly chainAudience: boolean
  /** The proof has to name the enforcement point. */
  readonly proofAudience: boolean
}

/**
 * Whether a verified chain and the proof of its last holder are for this very call (AAT §8 steps 6
 * and 7c to 7h). Numbers of the call were read strictly before. A nonce is neither issued nor asked
 * for. Refusals: `scope_not_granted`, `audience_mismatch`, `holder_binding_failed`,
 * `request_mismatch`, `expired`, `not_yet_valid`. Does not look at whether the proof was used.
 */
export function requireFor(
  call: AatInvocation,
  shown: {
    readonly chain: readonly AatLink[]
    readonly leafDigest: string
    readonly proof: AatProof
    readonly demands: AatDemands
  },
  now: EpochSeconds,
): Result<void> {
  const { chain, leafDigest, proof, demands } = shown
  const leaf = chain[chain.length - 1]
  if (leaf?.tools === undefined) return deny('scope_not_granted', '6a')
  const map = leaf.tools.get(call.tool)
  const objection = map && objectionToJson(map, call.arguments)
  if (map === undefined || objection !== undefined) return deny('scope_not_granted', '6b')
  const named = chain.flatMap(({ audiences }) => (audiences === undefined ? [] : [audiences]))
  if (!named.every((audiences) => audiences.includes(call.audience))) {
    return deny('audience_mismatch', '6c')
  }
  if (demands.chainAudience && named.length === 0) return deny('audience_mismatch', '6c')

  if (proof.leaf !== leaf.jti || proof.leafHash !== leafDigest) {
    return deny('holder_binding_failed', '7c')
  }
  const elsewhere = proof.audience !== undefined && proof.audience !== call.audience
  const unsaid = demands.proofAudience && proof.audience === undefined
  if (elsewhere || unsaid) return deny('audience_mismatch', '7d')
  if (proof.tool !== call.tool) return deny('request_mismatch', '7e')
  if (canonicalJson(proof.arguments) !== canonicalJson(call.arguments)) {
    return deny('request_mismatch', '7f')
  }
  if (proof.issuedAt > now + AAT_PROOF_WINDOW_SECONDS) return deny('not_yet_valid', '7g')
  if (proof.issuedAt < now - AAT_PROOF_WINDOW_SECONDS) return deny('expired', '7g')
  return accept(undefined)
}
