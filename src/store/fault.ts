/**
 * Why the store could not do its work. `overloaded` and `status_unknown` are words of the refusal
 * table, since a caller is told them; the others are for the operator.
 */
export type StoreFaultCode =
  | 'overloaded'
  | 'status_unknown'
  | 'fault'
  | 'unusable'
  | 'rolled_back'
  | 'audit_broken'

/**
 * The world broke: thrown, never a verdict. Whoever catches it must answer no. `overloaded`
 * promises that nothing was done; `status_unknown` promises nothing either way.
 */
export class StoreFault extends Error {
  readonly code: StoreFaultCode

  constructor(code: StoreFaultCode, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause })
    this.name = 'StoreFault'
    this.code = code
  }

  /** Whether the same call may succeed later without anybody's help. */
  get retryable(): boolean {
    return this.code === 'overloaded' || this.code === 'status_unknown'
  }
}
