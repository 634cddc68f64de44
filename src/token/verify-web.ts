import type { Result } from '../domain/result.ts'
import { checkToken, type Expectations, type ParsedToken, type VerifiedToken } from './check.ts'
import { isGenuineByWebCrypto } from './signature-web.ts'

export { type ParsedToken, parseToken, type VerifiedToken } from './check.ts'

/**
 * `checkToken` for runtimes without `node:crypto`, such as edge workers; about a third as fast. See
 * there for refusals and for what is not checked.
 */
export function verifyToken(
  parsed: ParsedToken,
  expected: Expectations,
): Promise<Result<VerifiedToken>> {
  return checkToken(parsed, expected, isGenuineByWebCrypto)
}
