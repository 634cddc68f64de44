import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { isPeer } from '../usecases/caller.ts'
import { revokeToken } from '../usecases/tokens/revoke-token.ts'
import { requireSameClient } from './client.ts'
import { OAUTH_HEADERS } from './errors.ts'
import { needed, readForm } from './form.ts'

/**
 * `POST /oauth2/revoke` (RFC 7009): ends what a token stands for. 200 for every token, also for one
 * that is nobody's or a stranger's; the hint is not needed.
 */
export async function answerRevocation(
  c: HttpContext,
  { serving, caller }: Asked,
): Promise<Result<Response>> {
  const form = await readForm(c, serving.bodyBytesMax)
  if (!form.ok) return form
  const client = isPeer(caller) ? requireSameClient(form.value, caller) : accept(undefined)
  if (!client.ok) return client
  const token = needed(form.value, 'token')
  if (!token.ok) return token
  const revoked = await revokeToken(serving.world, caller, { token: token.value })
  if (!revoked.ok) return revoked
  const { 'Content-Type': _, ...headers } = OAUTH_HEADERS
  return accept(new Response(null, { status: 200, headers }))
}
