import { z } from '@hono/zod-openapi'
import { parseRequestToJudge, parseScopeRequest } from '../../domain/scope/parse.ts'
import type { Scope } from '../../domain/scope/types.ts'
import { readAs } from '../../listener/read-as.ts'
import { REQUEST_TO_JUDGE, SCOPE_MEMBERS } from './scope-document.ts'

/**
 * A scope as asked for: only `grants` is required, what is missing inherits. The domain's strict
 * reader decides; the schema in the document describes what it takes.
 */
export const scopeRequest = readAs(parseScopeRequest).openapi('ScopeRequest', {
  type: 'object',
  description: 'A scope as asked for. What is missing inherits from the scope above.',
  required: ['type', 'grants'],
  properties: SCOPE_MEMBERS,
  additionalProperties: false,
})

/** A scope with every dimension explicit. */
export const scopeOut = z.custom<Scope>().openapi('Scope', {
  type: 'object',
  description: 'A scope with every dimension explicit.',
  required: ['type', 'grants', 'audiences', 'limits', 'requires', 'delegation'],
  properties: SCOPE_MEMBERS,
  additionalProperties: false,
})

/** One request to hold against a scope. */
export const requestToJudge = readAs(parseRequestToJudge).openapi(
  'RequestToJudge',
  REQUEST_TO_JUDGE,
)
