import { utf8Length } from '../json-text.ts'
import { SCOPE_BYTES_MAX, SCOPE_GRANTS_MAX } from '../limits.ts'
import {
  fail,
  type Intake,
  listOf,
  type Reader,
  readEntries,
  readObject,
  takeIn,
  wordOf,
} from './intake.ts'
import { readDelegation, readLimits, readRequires } from './parse-bounds.ts'
import { readGrant, readIdentifier } from './parse-grant.ts'
import { readRequestToJudge } from './parse-request.ts'
import type { Parsed } from './parsed.ts'
import {
  type GrantRequest,
  type RequestToJudge,
  SCOPE_TYPE,
  type Scope,
  type ScopeRequest,
} from './types.ts'

/**
 * A scope as asked for. Canonical or refused: an unknown member, type or constraint is malformed,
 * so is null, an empty list in a dimension, a value that has another spelling, and anything beyond
 * the SCOPE_ limits. Only `grants` has to be there; an empty list of grants is nothing and legal.
 */
export function parseScopeRequest(value: unknown): Parsed<ScopeRequest> {
  return takeIn(value, false, readScopeRequest)
}

/**
 * One request to judge. Only its shape is read here: whether the raw target is canonical is part of
 * the judgement, so that the answer to a bad one is a refusal and not an error.
 */
export function parseRequestToJudge(value: unknown): Parsed<RequestToJudge> {
  return takeIn(value, false, readRequestToJudge)
}

/** Reads a scope request, or in an explicit intake a scope in which nothing is missing. */
export const readScopeRequest: Reader<ScopeRequest> = (intake, value, pointer) => {
  const needed = intake.explicit ? MEMBERS : (['grants'] as const)
  const { explicit } = intake
  const request = readObject<ScopeRequest>(
    intake,
    value,
    pointer,
    {
      type: wordOf([SCOPE_TYPE]),
      grants: readGrants,
      // What a lease may have come to lack, nobody may ask for: an empty list is never meant.
      audiences: listOf(readIdentifier, explicit ? 'may be empty' : 'empty is malformed'),
      limits: readLimits,
      requires: readRequires,
      delegation: readDelegation,
    },
    needed,
  )
  if (request === undefined) return undefined
  const scope: ScopeRequest = { ...request, type: SCOPE_TYPE }
  return isSmallEnough(scope) ? scope : fail(intake, pointer, `more than ${SCOPE_BYTES_MAX} bytes`)
}

/** Whether a scope as JSON fits SCOPE_BYTES_MAX, so that a token can carry it. */
export function isSmallEnough(scope: ScopeRequest | Scope): boolean {
  return utf8Length(JSON.stringify(scope)) <= SCOPE_BYTES_MAX
}

const MEMBERS = ['type', 'grants', 'audiences', 'limits', 'requires', 'delegation'] as const

function readGrants(
  intake: Intake,
  value: unknown,
  pointer: string,
): readonly GrantRequest[] | undefined {
  if (!Array.isArray(value)) return fail(intake, pointer, 'not a list')
  return readEntries(intake, value, pointer, readGrant, SCOPE_GRANTS_MAX)
}
