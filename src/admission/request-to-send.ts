import type { RequestToJudge } from '../domain/scope/types.ts'

/**
 * A request as it goes to the authority: its body, where one was read, without what admission noted
 * beside it; the authority makes the digest itself.
 */
export function requestToSend(request: RequestToJudge): RequestToJudge {
  if (request.type !== 'http' || request.body === undefined) return request
  const { media_type, bytes, text } = request.body
  return { ...request, body: { media_type, bytes, text } }
}
