import type { Reason, RefusalCode } from '../../domain/refusal.ts'

/** A page of a list as the API answers it; `cursor` is null on the last page. */
export interface PageView<T> {
  readonly items: readonly T[]
  readonly cursor: string | null
}

/** A refusal as it stands in an `application/problem+json` body (RFC 9457). */
export interface ProblemView {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly request_id: string
  readonly reasons: readonly Reason[]
  readonly retry_after_seconds?: number
}
