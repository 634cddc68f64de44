import { type Refusal, refusalEntry } from '../domain/refusal.ts'
import { PROOF_ALGS } from '../token/proof-header.ts'
import { type ChallengeScheme, type Problem, problemHeaders, schemeOf } from './problem.ts'

/** What a challenge of an enforcement point says beside the word of the refusal. */
export interface ChallengeTerms {
  /** How the token came, or has to come; `Bearer` when left out. */
  readonly scheme?: ChallengeScheme | undefined
  /** URL of the protected-resource metadata (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
  /** The nonce that the next proof has to carry (RFC 9449 §9). */
  readonly nonce?: string | undefined
}

/** What a call would have to be authenticated as, where a person has to say yes (RFC 9470 §3). */
export const APPROVED_ACR = 'urn:writ:acr:approved'

/**
 * A problem with the headers of an enforcement point: `WWW-Authenticate` with 401 and 403 (RFC 6750
 * §3, RFC 9449 §7.1), which says no error to whom nothing was asked of yet. Where a yes or fresher
 * evidence is missing, the status is 401 and the challenge says which (RFC 9470 §3).
 */
export function challenged(
  told: Problem,
  refusal: Refusal,
  terms: ChallengeTerms,
): { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> } {
  const { oauth } = refusalEntry(refusal.code)
  const stepUp = oauth === 'insufficient_user_authentication'
  const problem = stepUp ? { ...told, status: 401 } : told
  const { 'WWW-Authenticate': _, ...headers } = problemHeaders(problem)
  if (problem.status !== 401 && problem.status !== 403) return { problem, headers }
  const { resourceMetadata, nonce } = terms
  const scheme = schemeOf(refusal.code, terms.scheme)
  const unasked = refusal.facts['authorization'] === 'none'
  const parameters = [
    ...(scheme === 'DPoP' ? [`algs="${PROOF_ALGS.join(' ')}"`] : []),
    ...(unasked ? [] : [`error="${oauth}"`]),
    ...(stepUp ? [stepUpOf(refusal)] : []),
    ...(resourceMetadata === undefined ? [] : [`resource_metadata="${resourceMetadata}"`]),
  ]
  const challenge = { 'WWW-Authenticate': `${scheme} ${parameters.join(', ')}`.trimEnd() }
  return {
    problem,
    headers: { ...headers, ...challenge, ...(nonce === undefined ? {} : { 'DPoP-Nonce': nonce }) },
  }
}

/** Fresher evidence is a matter of age, a yes one of who was asked. */
function stepUpOf({ code, facts }: Refusal): string {
  const { ageMax } = facts
  const isAge = code === 'attestation_stale' && typeof ageMax === 'number'
  return isAge ? `max_age="${ageMax}"` : `acr_values="${APPROVED_ACR}"`
}
