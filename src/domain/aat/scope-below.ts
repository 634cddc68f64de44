import { isSmallEnough } from '../scope/parse.ts'
import type { Grant, Scope } from '../scope/types.ts'
import type { AatTools } from './link.ts'
import { isWithin } from './tools.ts'

/**
 * What a link leaves of the scope above it (I4): the tools it names, each with the link's own
 * arguments where those are provably within, else with those from above. It never covers more than
 * `above`, and never less than what both allow: the chain is judged at each call besides, so that
 * nothing is lost where a scope is too small to say all of it.
 */
export function scopeBelow(tools: AatTools | undefined, above: Scope): Scope {
  const kept = above.grants.filter((grant) => grant.type === 'tool' && tools?.has(grant.tool))
  const narrowed = kept.map((grant): Grant => {
    const own = grant.type === 'tool' ? tools?.get(grant.tool) : undefined
    if (grant.type !== 'tool' || own === undefined || !isWithin(own, grant.arguments)) return grant
    return { ...grant, arguments: own }
  })
  const scope = { ...above, grants: narrowed }
  return isSmallEnough(scope) ? scope : { ...above, grants: kept }
}
