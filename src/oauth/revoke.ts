import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { revokeToken } from '../usecases/tokens/revoke-token.ts'
import { OAUTH_HEADERS } from './errors.ts'
import { readPresentedToken } from './presented-token.ts'

/**
 * `POST /oauth2/revoke` (RFC 7009): ends what a token stands for. 200 for every token, also for one
 * that is nobody's or a stranger's.
 */
export async function answerRevocation(c: HttpContext, asked: Asked): Promise<Result<Response>> {
  const token = await readPresentedToken(c, asked)
  if (!token.ok) return token
  const { serving, caller } = asked
  const revoked = await revokeToken(serving.world, caller, { token: token.value })
  if (!revoked.ok) return revoked
  const { 'Content-Type': _, ...headers } = OAUTH_HEADERS
  return accept(new Response(null, { status: 200, headers }))
}
