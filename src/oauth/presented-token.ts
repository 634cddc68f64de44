import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { isPeer } from '../usecases/caller.ts'
import { requireSameClient } from './client.ts'
import { needed, readForm } from './form.ts'

/**
 * The token that a form is about (RFC 7662 §2.1, RFC 7009 §2.1). A client that names itself has to
 * be the one of the connection. The hint is not needed, since a token names its kind itself.
 * Refusals: those of `readForm` and `requireSameClient`, `malformed` without a token.
 */
export async function readPresentedToken(
  c: HttpContext,
  { serving, caller }: Asked,
): Promise<Result<string>> {
  const form = await readForm(c, serving.bodyBytesMax)
  if (!form.ok) return form
  const client = isPeer(caller) ? requireSameClient(form.value, caller) : accept(undefined)
  return client.ok ? needed(form.value, 'token') : client
}
