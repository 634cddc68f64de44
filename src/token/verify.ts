import type { Result } from '../domain/result.ts'
import { checkToken, type Expectations, type ParsedToken, type VerifiedToken } from './check.ts'
import { isGenuineByNode } from './signature-node.ts'

export { type ParsedToken, parseToken, type VerifiedToken } from './check.ts'

/** `checkToken` with Node's own Ed25519; see there for refusals and for what is not checked. */
export function verifyToken(
  parsed: ParsedToken,
  expected: Expectations,
): Promise<Result<VerifiedToken>> {
  return checkToken(parsed, expected, isGenuineByNode)
}
