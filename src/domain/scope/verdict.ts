import { parseRoot } from './complete.ts'
import { parseRequestToJudge, parseScopeRequest } from './parse.ts'
import type { Parsed } from './parsed.ts'
import { type Permission, permits } from './permit.ts'
import { type Verdict, within } from './subset.ts'
import type { RequestToJudge } from './types.ts'

/** What could not be read; `pointer` points into the document that `detail` names. */
export interface Malformed {
  readonly error: 'malformed'
  readonly pointer: string
  readonly detail: string
}

/**
 * Whether one scope document is within another. What the child leaves out inherits; what the parent
 * leaves out takes the default of a root.
 */
export function checkScope(childJson: unknown, parentJson: unknown): Verdict | Malformed {
  const child = parseScopeRequest(childJson)
  if (!child.ok) return malformed('child', child)
  const parent = parseRoot(parentJson)
  return parent.ok ? within(child.value, parent.value) : malformed('parent', parent)
}

/**
 * Whether a scope document covers a request document. The document is the whole request, so that
 * one without `body` has none; at an enforcement point it would be one that nobody read.
 */
export function checkPermits(scopeJson: unknown, requestJson: unknown): Permission | Malformed {
  const scope = parseRoot(scopeJson)
  if (!scope.ok) return malformed('scope', scope)
  const request = parseRequestToJudge(requestJson)
  if (!request.ok) return malformed('request', request)
  return permits(scope.value, withWholeBody(request.value))
}

const NO_BODY = { media_type: '', bytes: 0, text: '' } as const

function withWholeBody(request: RequestToJudge): RequestToJudge {
  return request.type === 'http' ? { body: NO_BODY, ...request } : request
}

function malformed(
  document: string,
  failure: Extract<Parsed<unknown>, { readonly ok: false }>,
): Malformed {
  const { pointer, detail } = failure
  return { error: 'malformed', pointer, detail: `the ${document}: ${detail}` }
}
