import { computed, effect, signal } from '@preact/signals'
import type { AuditRecordView } from '../client/views/audit.ts'
import { resume, session } from './session.ts'
import { readRecord, type TrailRecord } from './trail-record.ts'

/** How the stream of decisions stands. */
export const connection = signal<'off' | 'live' | 'connecting'>('off')

type Listener = (record: TrailRecord) => void

const AGAIN_MS = 3_000

const listeners = new Set<Listener>()
const returns = new Set<() => void>()
let source: EventSource | undefined
let again: ReturnType<typeof setTimeout> | undefined

/** Hears every decision as it is recorded; maybe one twice. Answers how to stop. */
export function onDecision(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Hears that the stream is back after it broke off: what is shown may be old, since a stream that
 * had told nothing before has no place to go on from. Answers how to stop.
 */
export function onReturn(listener: () => void): () => void {
  returns.add(listener)
  return () => returns.delete(listener)
}

/**
 * One stream for the whole console while somebody is signed in. The browser comes again by itself
 * with `Last-Event-ID`; where it gives up, since the answer was a refusal, it is asked who is still
 * signed in, and the stream is opened anew.
 */
const signedIn = computed(() => typeof session.value !== 'string')
effect(() => {
  source?.close()
  clearTimeout(again)
  connection.value = signedIn.value ? 'connecting' : 'off'
  if (signedIn.value) open(false)
})

function open(before: boolean): void {
  let opened = before
  source?.close()
  const own = new EventSource('/v1/audit/stream')
  source = own
  own.addEventListener('open', () => {
    connection.value = 'live'
    if (opened) for (const listener of returns) listener()
    opened = true
  })
  own.addEventListener('error', () => {
    if (own !== source) return
    connection.value = 'connecting'
    if (own.readyState !== EventSource.CLOSED) return
    again = setTimeout(() => void reopen(), AGAIN_MS)
  })
  own.addEventListener('record', (event) => {
    const record = readRecord(JSON.parse(event.data) as AuditRecordView)
    for (const listener of listeners) listener(record)
  })
  own.addEventListener('skipped', () => {
    for (const listener of returns) listener()
  })
}

/** While nothing answers, nobody is signed out for it. */
async function reopen(): Promise<void> {
  const { ok } = await fetch('/healthz').catch(() => ({ ok: false }))
  if (!ok) {
    again = setTimeout(() => void reopen(), AGAIN_MS)
    return
  }
  await resume()
  if (signedIn.peek()) open(true)
}
