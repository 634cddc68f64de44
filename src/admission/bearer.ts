import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i

/**
 * The token of the one `Authorization: Bearer` header (RFC 6750 §2.1). No header is
 * `unauthenticated`; two headers, another scheme or another spelling are `malformed`, so that no
 * two readers can disagree about which token was meant.
 */
export function bearerToken(headers: readonly string[] | undefined): Result<string> {
  if (headers === undefined || headers.length === 0) return refuse('unauthenticated')
  const [only] = headers
  const token = only === undefined || headers.length > 1 ? undefined : BEARER.exec(only)?.[1]
  return token === undefined ? refuse('malformed', { header: 'Authorization' }) : accept(token)
}
