import { LEASE_DEPTH_DEFAULT } from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { parseRoot } from './scope/complete.ts'
import type { Scope, ScopeRequest } from './scope/types.ts'

/**
 * A contract as the owner wrote it, completed: the strictest sensible value where nothing is said,
 * but a contract that allows delegation without saying how deep allows LEASE_DEPTH_DEFAULT. Refuses
 * `malformed`, with pointers below `/contract`, what has no sensible value: a grant without hosts,
 * paths, server or tool.
 */
export function completeContract(contract: ScopeRequest): Result<Scope> {
  const root = parseRoot(contract)
  if (!root.ok) {
    const pointer = `/contract${root.pointer}`
    return refuse('malformed', {}, [{ pointer, code: 'malformed', detail: root.detail }])
  }
  const scope = root.value
  const isOpen = scope.delegation.allowed && contract.limits?.max_depth === undefined
  return accept(
    isOpen ? { ...scope, limits: { ...scope.limits, max_depth: LEASE_DEPTH_DEFAULT } } : scope,
  )
}
