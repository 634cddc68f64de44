import { REFUSALS, type RefusalCode, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { RevocationSubject } from '../domain/revocation.ts'
import { parseCosts } from '../domain/scope/parse-bounds.ts'
import { type EpochSeconds, epochSeconds } from '../domain/time.ts'
import { handlingWords, readHandling } from './handling.ts'
import type { Admitted } from './ports.ts'
import { readRate } from './rate-headers.ts'

/** What the authority answered; `json` undefined when it was not JSON. */
export interface RemoteAnswer {
  readonly status: number
  readonly json: unknown
}

/** What the authority says of a call it admitted; the claims stand in the token. */
export type RemoteYes = Omit<Admitted, 'claims' | 'peer'>

/** A yes of the authority; whatever is not complete is `status_unknown`. */
export function readYes(json: unknown): Result<RemoteYes> {
  const {
    record,
    lease_ends_at: end,
    subjects,
    reserved = [],
    rate,
    receipt,
    response_handling: handling = [],
  } = membersOf(json)
  const { chain, sequence } = membersOf(record)
  const leaseEndsAt = typeof end === 'string' ? secondsOf(end) : undefined
  const complete =
    typeof chain === 'string' &&
    typeof sequence === 'number' &&
    leaseEndsAt !== undefined &&
    Array.isArray(subjects)
  const costs = parseCosts(reserved)
  const left = readRate(rate)
  const obligations = readHandling(handling)
  if (!complete || !costs.ok || obligations === undefined) return notUnderstood()
  return accept({
    record: { chain, sequence },
    leaseEndsAt,
    subjects: subjects as readonly RevocationSubject[],
    ...(costs.value.length === 0 ? {} : { reserved: costs.value }),
    ...(left === undefined ? {} : { rate: left }),
    ...(handlingWords(obligations).length === 0 ? {} : { obligations }),
    ...(typeof receipt === 'string' ? { receipt } : {}),
  })
}

/**
 * A no of the authority, told as it came, with when to ask again and which rate has no room; a word
 * nobody knows is `status_unknown`.
 */
export function readNo(json: unknown): Extract<Result<never>, { ok: false }> {
  const { code, retry_after_seconds: retryAfterSeconds, rate } = membersOf(json)
  const known = typeof code === 'string' && REFUSALS.has(code as RefusalCode)
  if (!known) return notUnderstood()
  const full = readRate(rate)
  return refuse(code as RefusalCode, {
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
    ...(full === undefined ? {} : { limit: full.limit, perSeconds: full.perSeconds }),
  })
}

/** The refusal for an answer that is no clear yes and no clear no. */
export function notUnderstood(): Extract<Result<never>, { ok: false }> {
  return refuse('status_unknown', { answer: 'not understood' })
}

/** The members of a JSON object; none when it is something else. */
export function membersOf(json: unknown): Readonly<Record<string, unknown>> {
  return (json ?? {}) as Readonly<Record<string, unknown>>
}

function secondsOf(text: string): EpochSeconds | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : epochSeconds(Math.floor(ms / 1_000))
}
