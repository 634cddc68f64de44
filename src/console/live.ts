import { effect, signal } from '@preact/signals'
import type { AuditRecordView } from '../client/views/audit.ts'
import { session } from './session.ts'
import { readRecord, type TrailRecord } from './trail-record.ts'

/** How the stream of decisions stands. */
export const connection = signal<'off' | 'live' | 'connecting'>('off')

type Listener = (record: TrailRecord) => void

const listeners = new Set<Listener>()
let source: EventSource | undefined

/** Hears every decision as it is recorded; maybe one twice. Answers how to stop. */
export function onDecision(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * One stream for the whole console while somebody is signed in. The browser comes again by itself
 * with `Last-Event-ID`, so what was decided meanwhile is told late and not lost.
 */
effect(() => {
  source?.close()
  source = undefined
  if (typeof session.value === 'string') {
    connection.value = 'off'
    return
  }
  connection.value = 'connecting'
  const opened = new EventSource('/v1/audit/stream')
  source = opened
  opened.addEventListener('open', () => {
    connection.value = 'live'
  })
  opened.addEventListener('error', () => {
    connection.value = 'connecting'
  })
  opened.addEventListener('record', (event) => {
    const record = readRecord(JSON.parse(event.data) as AuditRecordView)
    for (const listener of listeners) listener(record)
  })
})
