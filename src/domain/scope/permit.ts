import type { Reason, RefusalCode } from '../refusal.ts'
import type { Objection } from './argument-map.ts'
import { httpObjections, httpPermits } from './http.ts'
import { nearest } from './nearest.ts'
import { splitTarget, type Target } from './target.ts'
import { toolObjections, toolPermits } from './tool.ts'
import type { HttpRequestToJudge, RequestToJudge, Scope, ToolRequestToJudge } from './types.ts'

/** Whether a scope covers one request, and by which grant; `reasons` point into the request. */
export type Permission =
  | { readonly permitted: true; readonly grant: number }
  | {
      readonly permitted: false
      readonly code: RefusalCode
      readonly reasons: readonly Reason[]
    }

/** Methods that RFC 9110 §9.2.1 calls safe, without TRACE, which is never granted. */
const READ_ONLY_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/**
 * Whether a scope covers this very request: the first grant all of whose dimensions do. The raw
 * target is judged as it came. Refusals: `malformed` for a target that is not canonical,
 * `scope_not_granted` otherwise, with the objections of the nearest grant. Looks at nothing that
 * needs state: no audience, limit, approval or evidence.
 */
export function permits(scope: Scope, request: RequestToJudge): Permission {
  return request.type === 'http' ? permitsHttp(scope, request) : permitsTool(scope, request)
}

function permitsHttp(scope: Scope, request: HttpRequestToJudge): Permission {
  const split = splitTarget(request.target)
  if (!split.ok) return denied('malformed', [split])
  if (scope.requires.read_only && !READ_ONLY_METHODS.includes(request.method)) {
    return denied('scope_not_granted', [
      { pointer: '/method', detail: 'only GET, HEAD and OPTIONS are read-only' },
    ])
  }
  const target = split.value
  for (let index = 0; index < scope.grants.length; index += 1) {
    const grant = scope.grants[index]
    if (grant?.type === 'http' && httpPermits(grant, request, target)) {
      return { permitted: true, grant: index }
    }
  }
  return denied('scope_not_granted', nearestObjections(scope, request, target))
}

function permitsTool(scope: Scope, request: ToolRequestToJudge): Permission {
  if (scope.requires.read_only) {
    return denied('scope_not_granted', [
      { pointer: '/tool', detail: 'whether a tool only reads can not be known' },
    ])
  }
  for (let index = 0; index < scope.grants.length; index += 1) {
    const grant = scope.grants[index]
    if (grant?.type === 'tool' && toolPermits(grant, request)) {
      return { permitted: true, grant: index }
    }
  }
  return denied('scope_not_granted', nearestObjections(scope, request, undefined))
}

function denied(code: 'malformed' | 'scope_not_granted', found: readonly Objection[]): Permission {
  const reasons = found.map(({ pointer, detail }) => ({ pointer, code, detail }))
  return { permitted: false, code, reasons }
}

function nearestObjections(
  scope: Scope,
  request: RequestToJudge,
  target: Target | undefined,
): readonly Objection[] {
  const found = scope.grants.flatMap((grant) => {
    const against = objections(grant, request, target)
    return against === undefined ? [] : [against]
  })
  const none = { pointer: '', detail: 'the scope has no grant of this type' }
  return nearest(found, ({ length }) => length) ?? [none]
}

function objections(
  grant: Scope['grants'][number],
  request: RequestToJudge,
  target: Target | undefined,
): readonly Objection[] | undefined {
  if (grant.type === 'http') {
    return request.type === 'http' && target !== undefined
      ? httpObjections(grant, request, target)
      : undefined
  }
  return request.type === 'tool' ? toolObjections(grant, request) : undefined
}
