import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { toWire } from '../token/wire.ts'
import { introspectToken } from '../usecases/tokens/introspect-token.ts'
import { OAUTH_HEADERS } from './errors.ts'
import { readPresentedToken } from './presented-token.ts'
import { tokenType } from './token-types.ts'

/**
 * `POST /oauth2/introspect` (RFC 7662): what a token says, while it is worth presenting; it is
 * never spent. Unknown, foreign, spent, revoked and expired tokens are all `{"active":false}`.
 */
export async function answerIntrospection(c: HttpContext, asked: Asked): Promise<Result<Response>> {
  const token = await readPresentedToken(c, asked)
  if (!token.ok) return token
  const { serving, caller } = asked
  const found = await introspectToken(serving.world, caller, { token: token.value })
  if (!found.ok) return found
  const { value } = found
  const body = value.active
    ? { active: true, token_type: tokenType(value.claims), ...toWire(value.claims) }
    : { active: false }
  return accept(new Response(JSON.stringify(body), { headers: OAUTH_HEADERS }))
}
