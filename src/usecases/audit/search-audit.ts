import { AUDIT_FOUND_MAX, AUDIT_SEARCH_ROWS_MAX } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AuditRow } from '../../store/ports.ts'
import { type Caller, requireRole } from '../caller.ts'
import type { Seen } from '../watch/seen.ts'
import type { World } from '../world.ts'
import { newestFirst, type TrailPlace } from './newest-first.ts'

/** What a record has to say to be found; absent members ask nothing. */
export interface AuditFilter {
  readonly event?: string | undefined
  /** `allowed`, `refused` for any refusal, or one code. */
  readonly outcome?: string | undefined
  readonly actor?: string | undefined
  readonly lease?: string | undefined
  readonly request?: string | undefined
  /** A part of the record's text, upper and lower case alike. */
  readonly text?: string | undefined
}

/** What was found, and where to go on; null at the end of the trail. */
export interface AuditFound {
  readonly rows: readonly AuditRow[]
  readonly next: TrailPlace | null
  /** How many records were looked at. */
  readonly looked: number
}

/**
 * Searches the trail of all processes, the newest record first; for owners and operators. An answer
 * comes after AUDIT_SEARCH_ROWS_MAX records at the latest, with less than was asked for and the
 * place to go on from.
 */
export async function searchAudit(
  world: World,
  caller: Caller,
  input: {
    readonly filter: AuditFilter
    readonly after?: TrailPlace | undefined
    readonly limit: number
  },
): Promise<Result<AuditFound>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const matches = matcherOf(input.filter, person.value.tenant)
  const limit = Math.min(input.limit, AUDIT_FOUND_MAX)
  const rows: AuditRow[] = []
  let looked = 0
  let last: TrailPlace | null = null
  for await (const { row, seen } of newestFirst(world.store, AUDIT_SEARCH_ROWS_MAX, input.after)) {
    looked += 1
    last = { time: seen?.time ?? 0, chain: row.chain, sequence: row.sequence }
    if (seen !== undefined && matches(seen, row.body)) rows.push(row)
    if (rows.length >= limit) break
  }
  const isEnd = rows.length < limit && looked < AUDIT_SEARCH_ROWS_MAX
  return accept({ rows, next: isEnd ? null : last, looked })
}

function matcherOf(filter: AuditFilter, tenant: string): (seen: Seen, body: string) => boolean {
  const { event, outcome, lease, actor, request } = filter
  const text = filter.text?.toLowerCase()
  return (seen, body) =>
    seen.tenant === tenant &&
    (event === undefined || seen.event === event) &&
    (outcome === undefined || isOutcome(seen, outcome)) &&
    (lease === undefined || seen.lease === lease) &&
    (actor === undefined || seen.actor === actor) &&
    (request === undefined || seen.request === request) &&
    (text === undefined || body.toLowerCase().includes(text))
}

function isOutcome(seen: Seen, outcome: string): boolean {
  return outcome === 'refused' ? seen.outcome !== 'allowed' : seen.outcome === outcome
}
