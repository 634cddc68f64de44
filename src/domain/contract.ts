import { LEASE_DEPTH_DEFAULT } from './limits.ts'
import { completeRoot } from './scope/complete.ts'
import type { Scope, ScopeRequest } from './scope/types.ts'

/**
 * A contract as the owner wrote it, completed: the strictest sensible value where nothing is said,
 * but a contract that allows delegation without saying how deep allows LEASE_DEPTH_DEFAULT.
 */
export function completeContract(contract: ScopeRequest): Scope {
  const scope = completeRoot(contract)
  const isOpen = scope.delegation.allowed && contract.limits?.max_depth === undefined
  return isOpen ? { ...scope, limits: { ...scope.limits, max_depth: LEASE_DEPTH_DEFAULT } } : scope
}
