import { SCOPE_BUDGETS_MAX, SCOPE_BYTES_MAX, SCOPE_ENTRIES_MAX } from '../limits.ts'
import { refuse } from '../refusal.ts'
import { accept, type Result } from '../result.ts'
import { intersectGrant } from './intersect.ts'
import { type Bounds, intersectBounds } from './intersect-bounds.ts'
import { isSmallEnough } from './parse.ts'
import { within, witnessesOf } from './subset.ts'
import {
  type Grant,
  type GrantRequest,
  SCOPE_TYPE,
  type Scope,
  type ScopeRequest,
} from './types.ts'

/**
 * The request with everything it leaves out taken from the parent: for a grant from its witness.
 * What is asked for and wider is refused with reasons, never shortened (`not_narrower`), and so is
 * what would not fit a token (`too_large`). The result is within the parent (I4).
 */
export function meet(request: ScopeRequest, parent: Scope): Result<Scope> {
  return cap(request, [parent])
}

/**
 * A scope that says what the request says and is within every ceiling (I4). What the request leaves
 * out is as wide as all ceilings together allow; each grant takes the first witness in each of
 * them, in order, with which that is anything at all. No ceiling allows nothing. Refusals:
 * `not_narrower`, `too_large`.
 */
export function cap(request: ScopeRequest, ceilings: readonly Scope[]): Result<Scope> {
  const [first, ...others] = ceilings
  if (first === undefined) return refuse('not_narrower', { ceilings: 0 })
  for (const [index, ceiling] of ceilings.entries()) {
    const verdict = within(request, ceiling)
    if (!verdict.within) return refuse('not_narrower', { ceiling: index }, verdict.reasons)
  }

  let bounds: Bounds = inheritedBounds(request, first)
  for (const ceiling of others) {
    const met = intersectBounds(request, bounds, ceiling)
    if (typeof met === 'string') return nothingInCommon(met)
    bounds = met
  }
  const grants: Grant[] = []
  for (const [index, asked] of request.grants.entries()) {
    const grant = firstGrant(asked, undefined, ceilings)
    if (grant === undefined) return nothingInCommon(`/grants/${index}`)
    grants.push(grant)
  }
  const scope: Scope = { type: SCOPE_TYPE, grants, ...bounds }
  return fits(scope) ? accept(scope) : refuse('too_large', { bytes_max: SCOPE_BYTES_MAX })
}

/**
 * The grants of a scope as far as a ceiling allows them: all of them when it covers them, else what
 * each shares with each grant of the ceiling.
 */
export function sharedGrants(grants: readonly Grant[], ceiling: Scope): readonly Grant[] {
  if (within({ type: SCOPE_TYPE, grants }, ceiling).within) return grants
  return grants.flatMap((held) =>
    ceiling.grants.flatMap((above) => intersectGrant({ type: held.type }, held, above) ?? []),
  )
}

/** What a grant becomes with its first witnesses in the ceilings that share anything. */
function firstGrant(
  asked: GrantRequest,
  held: Grant | undefined,
  ceilings: readonly Scope[],
): Grant | undefined {
  const [ceiling, ...rest] = ceilings
  if (ceiling === undefined) return held
  for (const index of witnessesOf(asked, ceiling)) {
    const above = ceiling.grants[index]
    if (above === undefined) continue
    const met =
      held === undefined ? inheritedGrant(asked, above) : intersectGrant(asked, held, above)
    const grant = met && firstGrant(asked, met, rest)
    if (grant !== undefined) return grant
  }
  return undefined
}

function inheritedGrant(asked: GrantRequest, above: Grant): Grant {
  // The witness has the same type, so that the two spread into one grant of it.
  return { ...above, ...asked } as Grant
}

function inheritedBounds(request: ScopeRequest, parent: Scope): Bounds {
  return {
    audiences: request.audiences ?? parent.audiences,
    limits: { ...parent.limits, ...request.limits },
    requires: { ...parent.requires, ...request.requires },
    delegation: { ...parent.delegation, ...request.delegation },
  }
}

function nothingInCommon(pointer: string): ReturnType<typeof refuse> {
  const detail = 'is not named, and what stands above it has nothing in common'
  return refuse('not_narrower', {}, [{ pointer, code: 'not_narrower', detail }])
}

/** Whether the result could be read again: inherited lists can outgrow what a request may say. */
function fits(scope: Scope): boolean {
  const { grants, audiences, limits, delegation } = scope
  const lists = grants.flatMap((grant) => (grant.type === 'http' ? [grant.hosts, grant.paths] : []))
  const longest = Math.max(
    audiences.length,
    delegation.delegates.length,
    ...lists.map((list) => list.length),
  )
  return (
    longest <= SCOPE_ENTRIES_MAX &&
    limits.budgets.length <= SCOPE_BUDGETS_MAX &&
    isSmallEnough(scope)
  )
}
