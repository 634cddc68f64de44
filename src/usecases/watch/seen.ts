import { type AgentUri, type LeaseId, parseAgentUri, parseLeaseId } from '../../domain/ids.ts'
import type { Facts } from '../../domain/refusal.ts'
import type { AuditRow } from '../../store/ports.ts'

/** What the rules look at of one audit record. */
export interface Seen {
  readonly event: string
  /** `allowed`, or the code of the refusal. */
  readonly outcome: string
  /** Who acted, as the record says it. */
  readonly actor: string
  /** Undefined when a person or the authority acted. */
  readonly agent: AgentUri | undefined
  readonly request: string
  readonly tenant: string
  readonly lease: LeaseId | null
  /** Seconds since 1970. */
  readonly time: number
  readonly facts: Facts
}

/** A record as the rules see it; a body that is none of ours says nothing. */
export function seenOf(row: Pick<AuditRow, 'body'>): Seen | undefined {
  let body: Record<string, unknown>
  try {
    body = JSON.parse(row.body)
  } catch {
    return undefined
  }
  const { event, outcome, actor, request, tenant, lease, time, facts } = body
  if (typeof event !== 'string' || typeof outcome !== 'string') return undefined
  if (typeof tenant !== 'string' || typeof time !== 'number') return undefined
  return {
    event,
    outcome,
    actor: typeof actor === 'string' ? actor : '',
    agent: typeof actor === 'string' ? parseAgentUri(actor) : undefined,
    request: typeof request === 'string' ? request : '',
    tenant,
    lease: typeof lease === 'string' ? (parseLeaseId(lease) ?? null) : null,
    time,
    facts: typeof facts === 'object' && facts !== null ? (facts as Facts) : {},
  }
}

/** A fact that is a text, or undefined. */
export function textFact(seen: Seen, name: string): string | undefined {
  const fact = seen.facts[name]
  return typeof fact === 'string' ? fact : undefined
}
