import type { RequestId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { TokenClaims } from '../domain/token.ts'
import { type ParsedToken, parseToken } from '../token/check.ts'
import { peerToSend, proofToSend } from './peer-to-send.ts'
import type { Admit, PeerIdentity, Presentation } from './ports.ts'
import { type RemoteAnswer, readNo, readYes } from './remote-answer.ts'
import { requestToSend } from './request-to-send.ts'
import { rulesOnBody } from './rules-on-body.ts'

export type { RemoteAnswer } from './remote-answer.ts'

/**
 * Posts JSON to the authority over mutual TLS with the enforcement point's own certificate. Rejects
 * when there is no answer. `requestId` goes along as `X-Request-Id`.
 */
export type PostToAuthority = (
  path: string,
  body: unknown,
  requestId: RequestId,
) => Promise<RemoteAnswer>

/**
 * Admission for a service without a store: all five stages run at the authority, which spends
 * the token. Nothing is cached; whatever is not a clear yes is a no, and no answer is
 * `status_unknown`. The body is read and sent along when the token's own scope or pin asks for it.
 * `verify` may look at the token first, so that noise goes no further; it can only refuse.
 */
export function createRemoteAdmission(service: {
  readonly audience: string
  readonly post: PostToAuthority
  readonly verify?: (token: ParsedToken) => Promise<Result<unknown>>
}): Admit {
  return async (presentation) => {
    const parsed = parseToken(presentation.token, 'call')
    if (!parsed.ok) return parsed
    const { claims } = parsed.value
    const verified = await service.verify?.(parsed.value)
    if (verified?.ok === false) return verified
    const request = await requestWithBody(presentation, claims)
    if (!request.ok) return request
    const { token, proof, peer, requestId } = presentation
    const body = {
      token,
      audience: service.audience,
      request: request.value,
      peer: peerToSend(peer),
      ...proofToSend(proof),
    }
    try {
      const answer = await service.post('/v1/tokens/redeem', body, requestId)
      if (answer.status !== 200) return readNo(answer.json)
      // The token's own claims count, now that the authority has verified that very token.
      const yes = readYes(answer.json)
      return yes.ok ? accept({ claims, peer: confirmedPeer(peer, claims), ...yes.value }) : yes
    } catch (cause) {
      return refuse('status_unknown', { cause: String(cause) })
    }
  }
}

/** What the authority confirmed is all that `cnf` names. */
function confirmedPeer(peer: PeerIdentity, { confirmation }: TokenClaims): PeerIdentity {
  const { key } = confirmation
  return key === undefined ? peer : { ...peer, key }
}

async function requestWithBody(
  { request, readBody }: Presentation,
  { pin, scope }: TokenClaims,
): Promise<Result<RequestToJudge>> {
  const needed = pin?.bodyDigest !== undefined || rulesOnBody(scope, request)
  if (request.type !== 'http' || !needed) return accept(request)
  if (readBody === undefined) return refuse('request_mismatch', { body: 'unread' })
  const body = await readBody()
  return body.ok ? accept(requestToSend({ ...request, body: body.value })) : body
}
