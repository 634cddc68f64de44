import type { TokenClaims } from '../domain/token.ts'

/** RFC 8693 §3. */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
/** RFC 8693 §3: any JWT. */
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
/** A delegation token, good for one redemption at the authority. */
export const DELEGATION = 'urn:writ:token-type:delegation'
/** The id of a lease that the caller holds; no secret. */
export const LEASE = 'urn:writ:token-type:lease'

/**
 * How a token is presented (RFC 6749 §7.1): over the certificate alone, or with a proof of its key
 * (RFC 9449 §5). A delegation token is good at the authority alone and no access token (RFC 8693
 * §2.2.1).
 */
export function tokenType({ kind, confirmation }: TokenClaims): 'Bearer' | 'DPoP' | 'N_A' {
  if (kind === 'delegation') return 'N_A'
  return confirmation.key === undefined ? 'Bearer' : 'DPoP'
}
