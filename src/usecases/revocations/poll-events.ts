import { createHash } from 'node:crypto'
import { REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { ChangeEffect, RevocationChange, RevocationSubject } from '../../domain/revocation.ts'
import type { Reads } from '../../store/ports.ts'
import { type SubjectIdentifier, signSecurityEvent } from '../../token/security-event.ts'
import { actorOf, type Caller } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** What a poll brings (RFC 8936 §2.2): signed events by their `jti`, and whether more wait. */
export interface PolledEvents {
  readonly sets: Readonly<Record<string, string>>
  readonly moreAvailable: boolean
}

/** What a receiver asks: how many events at most, and which it has, or could not use. */
export interface EventPoll {
  readonly maxEvents: number
  readonly acknowledged: readonly string[]
  readonly failed: readonly string[]
}

/** What waits for a receiver: changes of its tenant, or word that some are gone for good. */
interface Waiting {
  readonly changes: readonly RevocationChange[]
  /** Set when the log was swept beyond the receiver: the head from which on it hears again. */
  readonly missedUpTo: number | undefined
  readonly more: boolean
}

const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
const EVENT_OF: Readonly<Record<ChangeEffect, string>> = {
  revoked: SESSION_REVOKED,
  released: SESSION_REVOKED,
  suspended: 'urn:writ:event:suspended',
  lifted: 'urn:writ:event:lifted',
  contract_moved: 'urn:writ:event:contract-moved',
}
const MISSED = 'urn:writ:event:missed'

/** Every event of this face by what happened, for the reference. */
export const SECURITY_EVENTS = { ...EVENT_OF, missed: MISSED } as const

/**
 * Hands a receiver the changes of the log as security events, from where it acknowledged. Events
 * come at least once, in order, until they are acknowledged; an acknowledgement counts when all
 * before it are. A receiver begins at the head of its first poll. One that was away for longer than
 * the log is kept gets one event that says so. What was acknowledged is recorded in the store and
 * in the audit trail; a poll that acknowledges nothing writes nothing.
 */
export async function pollEvents(
  world: World,
  caller: Caller,
  poll: EventPoll,
): Promise<Result<PolledEvents>> {
  const receiver = actorOf(caller)
  const done = new Set([...poll.acknowledged, ...poll.failed])
  const known = await world.store.read((reads) => reads.acknowledged(caller.tenant, receiver))
  if (known === undefined || done.size > 0) {
    const moved = await acknowledge(world, caller, { poll, done })
    if (!moved.ok) return moved
  }
  const limit = Math.min(poll.maxEvents, REVOCATION_CHANGES_MAX)
  const waiting = await world.store.read(async (reads) => {
    const after = (await reads.acknowledged(caller.tenant, receiver)) ?? 0
    return readWaiting(reads, caller, after, limit)
  })
  return accept(await signed(world, caller, waiting))
}

async function acknowledge(
  world: World,
  caller: Caller,
  { poll, done }: { readonly poll: EventPoll; readonly done: ReadonlySet<string> },
): Promise<Result<void>> {
  const receiver = actorOf(caller)
  const decided = await decide<void>(world, caller, 'events.acknowledged', async (tx, details) => {
    const from = await tx.acknowledged(caller.tenant, receiver)
    const { head } = await tx.revocationChanges(0, 1)
    const upTo = from === undefined ? head : await reachOf(tx, caller, { from, head, done })
    details.facts = { up_to: upTo, failed: poll.failed.length }
    await tx.recordAcknowledged(caller.tenant, receiver, upTo)
    return accept(undefined)
  })
  return decided.result
}

/** How far the receiver has everything. */
async function reachOf(
  reads: Reads,
  caller: Caller,
  place: { readonly from: number; readonly head: number; readonly done: ReadonlySet<string> },
): Promise<number> {
  const { from, head, done } = place
  const receiver = actorOf(caller)
  const waiting = await readWaiting(reads, caller, from, REVOCATION_CHANGES_MAX)
  const { changes, missedUpTo, more } = waiting
  if (missedUpTo !== undefined) {
    return Math.max(from, ...[...done].map((jti) => missedIn(receiver, jti, head)))
  }
  const open = changes.findIndex(({ seq, effect }) => !done.has(jtiOf(receiver, effect, seq)))
  if (open === -1 && !more) return head
  const last = changes[(open === -1 ? changes.length : open) - 1]
  return last?.seq ?? from
}

async function readWaiting(
  reads: Reads,
  caller: Caller,
  after: number,
  limit: number,
): Promise<Waiting> {
  const changes: RevocationChange[] = []
  for (let seq = after; ; ) {
    const read = await reads.revocationChanges(seq, REVOCATION_CHANGES_MAX)
    if (!read.whole) return { changes: [], missedUpTo: read.head, more: false }
    changes.push(...read.changes.filter(({ tenant }) => tenant === caller.tenant))
    seq = read.changes[read.changes.length - 1]?.seq ?? read.head
    if (changes.length > limit || seq >= read.head) break
  }
  return {
    changes: changes.slice(0, limit),
    missedUpTo: undefined,
    more: changes.length > limit,
  }
}

async function signed(
  world: World,
  caller: Caller,
  { changes, missedUpTo, more }: Waiting,
): Promise<PolledEvents> {
  const audience = actorOf(caller)
  const key = world.keys.active('event')
  const common = { issuer: world.issuer, audience, issuedAt: world.clock.now() }
  if (missedUpTo !== undefined) {
    const jti = missedId(audience, missedUpTo)
    const subject = identifierOf(`tenant:${caller.tenant}`)
    const event = { ...common, jti, subject, event: MISSED, payload: {} }
    return { sets: { [jti]: await signSecurityEvent(key, event) }, moreAvailable: false }
  }
  const sets = changes.map(async ({ seq, subject, effect, reason, at }) => {
    const jti = jtiOf(audience, effect, seq)
    const why = reason === '' ? {} : { reason_admin: { en: reason } }
    const payload = { event_timestamp: at, ...why }
    const about = identifierOf(subject)
    const event = { ...common, jti, subject: about, event: EVENT_OF[effect], payload }
    return [jti, await signSecurityEvent(key, event)] as const
  })
  return { sets: Object.fromEntries(await Promise.all(sets)), moreAvailable: more }
}

/** The same event has the same id each time it is told to the same receiver, and to no other. */
function jtiOf(receiver: string, word: string, seq: number): string {
  const hash = createHash('sha256').update(JSON.stringify([receiver, word, seq]))
  return hash.digest('base64url').slice(0, 22)
}

/** Names the head it was told at: the log may go on before the receiver has acknowledged it. */
function missedId(receiver: string, head: number): string {
  return `${head}.${jtiOf(receiver, MISSED, head)}`
}

/** The head at which the receiver was told that it missed something; 0 for any other id. */
function missedIn(receiver: string, jti: string, head: number): number {
  const told = /^[1-9]\d{0,14}(?=\.)/.exec(jti)?.[0]
  const at = Number(told ?? 0)
  return at <= head && jti === missedId(receiver, at) ? at : 0
}

/** A lease is a session of CAEP's complex subject; the kinds it has no word for are opaque. */
function identifierOf(subject: RevocationSubject): SubjectIdentifier {
  const id = subject.slice(subject.indexOf(':') + 1)
  const opaque = { format: 'opaque', id }
  if (subject.startsWith('agent:')) return { format: 'uri', uri: id }
  if (subject.startsWith('lease:')) return { format: 'complex', session: opaque }
  if (subject.startsWith('principal:')) return { format: 'complex', user: opaque }
  if (subject.startsWith('tenant:')) return { format: 'complex', tenant: opaque }
  return { format: 'opaque', id: subject }
}
