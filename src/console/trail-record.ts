import type { AuditRecordView } from '../client/views/audit.ts'

/** An audit record, read from the text that was hashed. */
export interface TrailRecord {
  readonly chain: string
  readonly sequence: number
  readonly hash: string
  readonly previousHash: string
  /** Seconds. */
  readonly time: number
  readonly event: string
  readonly outcome: string
  readonly actor: string
  readonly request: string
  readonly lease: string | null
  readonly facts: Readonly<Record<string, unknown>>
}

type Body = Pick<
  TrailRecord,
  'time' | 'event' | 'outcome' | 'actor' | 'request' | 'lease' | 'facts'
>

/** Reads a record as the API tells it. */
export function readRecord(view: AuditRecordView): TrailRecord {
  const { time, event, outcome, actor, request, lease, facts } = JSON.parse(view.body) as Body
  const { chain, sequence, hash, previous_hash: previousHash } = view
  return { chain, sequence, hash, previousHash, time, event, outcome, actor, request, lease, facts }
}

/** Names a record within the page. */
export function keyOf({ chain, sequence }: Pick<TrailRecord, 'chain' | 'sequence'>): string {
  return `${chain}.${sequence}`
}
