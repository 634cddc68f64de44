import { refuse } from '../../src/domain/refusal.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import { type Awaiting, isAwaiting } from '../../src/usecases/approvals/awaiting.ts'

/** A result of which a test expects that nobody had to be asked. */
export function done<T>(result: Result<T | Awaiting>): Result<T> {
  if (!result.ok) return result
  const { value } = result
  return isAwaiting(value) ? refuse('approval_required') : accept(value as T)
}
