import type { AuditRecordView } from '../../client/views/audit.ts'
import { type Output, printableLine } from '../output.ts'

/** The members of a record that a line shows. */
export interface RecordBody {
  readonly time?: number
  readonly event?: string
  readonly outcome?: string
  readonly actor?: string
  readonly lease?: string | null
  readonly facts?: unknown
}

/** What a record says; the text of it is what was hashed. */
export function bodyOf(record: AuditRecordView): RecordBody {
  return JSON.parse(record.body) as RecordBody
}

/** A record as one line for people: when, its outcome, what, who, and its facts. */
export function recordLine(record: AuditRecordView, output: Pick<Output, 'paint'>): string {
  const { time = 0, event = '', outcome = '', actor = '', lease, facts } = bodyOf(record)
  const at = new Date(time * 1_000).toISOString().slice(0, 19)
  const shown = printableLine(outcome.padEnd(18))
  const word = output.paint(outcome === 'allowed' ? 'green' : 'red', shown)
  const rest = [actor, lease ?? '', JSON.stringify(facts)].filter((text) => text !== '').join('  ')
  return `${at}Z  ${word}  ${printableLine(`${event.padEnd(20)}  ${rest}`)}`
}
