import { OAUTH_POLL_SECONDS } from '../domain/limits.ts'
import { type RefusalCode, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked } from '../listener/face.ts'
import { provableOf } from '../listener/provable.ts'
import { requireAgent } from '../usecases/caller.ts'
import { proveKey } from '../usecases/tokens/prove-key.ts'
import type { World } from '../usecases/world.ts'
import { requireSameClient } from './client.ts'
import { OAUTH_HEADERS, tellRefusal } from './errors.ts'
import { badParameter, type Form, needed, readForm } from './form.ts'
import type { Grant, TokenAnswer, TokenParams } from './grants/grant.ts'
import { offeredGrants } from './grants.ts'
import { readTokenParams } from './params.ts'
import { tokenType } from './token-types.ts'

/**
 * `POST /oauth2/token` (RFC 6749 §3.2): form → client → grant → proof → answer. A key that the
 * client proves (RFC 9449 §5) is what the token is bound to, beside the certificate.
 */
export async function answerToken(
  c: HttpContext,
  { serving, caller }: Asked,
): Promise<Result<Response>> {
  const agent = requireAgent(caller)
  if (!agent.ok) return agent
  if (c.req.header('authorization') !== undefined) {
    return badParameter('', 'A client is proven by its certificate and nothing else.')
  }
  const form = await readForm(c, serving.bodyBytesMax)
  if (!form.ok) return form
  const client = requireSameClient(form.value, agent.value)
  if (!client.ok) return client
  const grant = grantOf(serving.world, form.value)
  if (!grant.ok) return grant
  const params = readTokenParams(form.value)
  if (!params.ok) return params
  const { world, metrics } = serving
  const proven = await proveKey(world, { method: 'POST', ...provableOf(c) })
  if (!proven.ok) return proven
  const possession = proven.value
  const redeemed: TokenParams['redeemed'] = (code) => metrics.redemption(code)
  const result = await grant.value.run(world, agent.value, {
    ...params.value,
    possession,
    redeemed,
  })
  metrics.tokensIssued('call', outcomeOf(result))
  return result.ok ? accept(responseOf(c, result.value)) : result
}

function grantOf(world: World, form: Form): Result<Grant> {
  const type = needed(form, 'grant_type')
  if (!type.ok) return type
  const grant = offeredGrants(world).find(({ grantType }) => grantType === type.value)
  return grant === undefined
    ? badParameter('grant_type', 'There is no such grant here.')
    : accept(grant)
}

function outcomeOf(result: Result<TokenAnswer>): 'allowed' | RefusalCode {
  if (!result.ok) return result.refusal.code
  if (result.value.kind === 'refused') return result.value.refusal.code
  return result.value.kind === 'pending' ? 'approval_required' : 'allowed'
}

/** RFC 6749 §5.1 with RFC 9396 §7, and a refusal that tells of a lease that stands. */
function responseOf(c: HttpContext, answer: TokenAnswer): Response {
  if (answer.kind === 'refused') {
    return tellRefusal(c, answer.refusal, { lease_id: answer.lease })
  }
  if (answer.kind === 'pending') return tellPending(c, answer)
  const { token, lease, issuedTokenType } = answer
  const { claims } = token
  const body = {
    access_token: token.token,
    ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
    token_type: tokenType(claims),
    expires_in: claims.expiresAt - claims.issuedAt,
    authorization_details: [claims.scope],
    lease_id: lease,
  }
  return new Response(JSON.stringify(body), { headers: OAUTH_HEADERS })
}

/** A person is asked: the same request comes again with `approval_id` (after RFC 8628 §3.5). */
function tellPending(
  c: HttpContext,
  { awaiting, lease }: Extract<TokenAnswer, { kind: 'pending' }>,
): Response {
  const { id, createdAt, expiresAt } = awaiting.awaits
  return tellRefusal(c, refuse('approval_required').refusal, {
    error: 'authorization_pending',
    approval_id: id,
    expires_in: expiresAt - createdAt,
    interval: OAUTH_POLL_SECONDS,
    ...(lease === undefined ? {} : { lease_id: lease }),
  })
}
