import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Awaiting, isAwaiting } from '../../usecases/approvals/awaiting.ts'
import type { Caller } from '../../usecases/caller.ts'
import type { World } from '../../usecases/world.ts'
import type { CrpVersion } from './version.ts'

/** Who calls a method of CRP, and how. Whatever brings the call fills it in. */
export interface CrpAsked {
  readonly world: World
  readonly caller: Caller
  /** What was negotiated; undefined where the client says nothing: then the method says it. */
  readonly version: CrpVersion | undefined
  /** Whether the client is on this machine, as its connection shows. */
  readonly local: boolean
}

/** What a deployment sets about this face. */
export interface CrpSettings {
  /** `names`: services as plain texts, as the first page of CRP has them. */
  readonly listShape: 'objects' | 'names'
}

/** What a client says of itself. Nobody has checked it; it goes into records as a claim. */
export interface CrpContext {
  readonly consumer?: string | undefined
  readonly consumerVersion?: string | undefined
  readonly requestor?: string | undefined
  readonly purpose?: string | undefined
  readonly traceId?: string | undefined
}

/** What this face tells the record of a decision beside. */
export function toldBy(service: string | null, context: CrpContext | undefined): Facts {
  const { consumer, requestor, traceId } = context ?? {}
  return {
    face: 'crp',
    ...(service === null ? {} : { service }),
    ...(consumer === undefined ? {} : { claimed_consumer: consumer }),
    ...(requestor === undefined ? {} : { claimed_requestor: requestor }),
    ...(traceId === undefined ? {} : { claimed_trace: traceId }),
  }
}

/** An answer that a person has to be asked first is a refusal here, with what to wait for. */
export function orAwaiting<T>(result: Result<T | Awaiting>): Result<T> {
  if (!result.ok) return result
  const { value } = result
  if (!isAwaiting(value)) return accept(value as T)
  const { id, expiresAt } = value.awaits
  return refuse('approval_required', { approval: id, expiresAt })
}
