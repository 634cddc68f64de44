import type { Approval } from '../../domain/approval.ts'

/** The answer of a use-case that waits for a person instead of doing the thing. */
export interface Awaiting {
  readonly awaits: Approval
}

/** Whether a use-case answered that a person has to be asked first. */
export function isAwaiting(value: unknown): value is Awaiting {
  return typeof value === 'object' && value !== null && 'awaits' in value
}
