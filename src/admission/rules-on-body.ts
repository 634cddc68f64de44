import type { RequestToJudge, Scope } from '../domain/scope/types.ts'

/** Whether the scope can not be asked about the request without its body. */
export function rulesOnBody(scope: Scope, request: RequestToJudge): boolean {
  return (
    request.type === 'http' &&
    scope.grants.some((grant) => grant.type === 'http' && grant.body !== 'any')
  )
}
