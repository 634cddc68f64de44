import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { onlyProof } from '../token/proof-header.ts'

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i
const DPOP = /^DPoP ([A-Za-z0-9._~+/-]+=*)$/i

/** A token by its scheme; under `DPoP` (RFC 9449 §7.1) with the one proof that came along. */
export type TokenInHeader =
  | { readonly scheme: 'Bearer'; readonly token: string }
  | { readonly scheme: 'DPoP'; readonly token: string; readonly jwt: string }

/**
 * The token of the one `Authorization` header, under either scheme. Refusals: those of
 * `bearerToken`; `proof_invalid` unless exactly one proof comes with the scheme `DPoP`. A proof
 * beside `Bearer` proves nothing and is not looked at.
 */
export function tokenInHeader(
  authorization: readonly string[] | undefined,
  proofs: readonly string[] | undefined,
): Result<TokenInHeader> {
  const [only] = authorization ?? []
  const token = authorization?.length === 1 ? DPOP.exec(only ?? '')?.[1] : undefined
  if (token === undefined) {
    const bearer = bearerToken(authorization)
    return bearer.ok ? accept({ scheme: 'Bearer', token: bearer.value }) : bearer
  }
  const proof = onlyProof(proofs)
  return proof.ok ? accept({ scheme: 'DPoP', token, jwt: proof.value }) : proof
}

/**
 * The token of the one `Authorization: Bearer` header (RFC 6750 §2.1). No header is
 * `unauthenticated`; two headers, another scheme or another spelling are `malformed`, so that no
 * two readers can disagree about which token was meant.
 */
export function bearerToken(headers: readonly string[] | undefined): Result<string> {
  if (headers === undefined || headers.length === 0) {
    return refuse('unauthenticated', { authorization: 'none' })
  }
  const [only] = headers
  const token = only === undefined || headers.length > 1 ? undefined : BEARER.exec(only)?.[1]
  return token === undefined ? refuse('malformed', { header: 'Authorization' }) : accept(token)
}
