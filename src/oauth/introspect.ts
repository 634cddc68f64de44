import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { toWire } from '../token/wire.ts'
import { isPeer } from '../usecases/caller.ts'
import { introspectToken } from '../usecases/tokens/introspect-token.ts'
import { requireSameClient } from './client.ts'
import { OAUTH_HEADERS } from './errors.ts'
import { needed, readForm } from './form.ts'
import { tokenType } from './token-types.ts'

/**
 * `POST /oauth2/introspect` (RFC 7662): what a token says, while it is worth presenting; it is
 * never spent. Unknown, foreign, spent, revoked and expired tokens are all `{"active":false}`. The
 * hint is not needed, since a token names its kind itself.
 */
export async function answerIntrospection(
  c: HttpContext,
  { serving, caller }: Asked,
): Promise<Result<Response>> {
  const form = await readForm(c, serving.bodyBytesMax)
  if (!form.ok) return form
  const client = isPeer(caller) ? requireSameClient(form.value, caller) : accept(undefined)
  if (!client.ok) return client
  const token = needed(form.value, 'token')
  if (!token.ok) return token
  const found = await introspectToken(serving.world, caller, { token: token.value })
  if (!found.ok) return found
  const { value } = found
  const body = value.active
    ? { active: true, token_type: tokenType(value.claims), ...toWire(value.claims) }
    : { active: false }
  return accept(new Response(JSON.stringify(body), { headers: OAUTH_HEADERS }))
}
