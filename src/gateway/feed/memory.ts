import type { FeedChange } from '../../domain/feed.ts'
import type { AgentUri } from '../../domain/ids.ts'
import { FEED_SUBJECTS_MAX, REVOCATION_MATTERS_SECONDS } from '../../domain/limits.ts'
import type { RevocationNotice, RevocationSubject } from '../../domain/revocation.ts'
import type { Standing } from '../../domain/standing.ts'
import type { EpochSeconds } from '../../domain/time.ts'

interface Entry {
  readonly effect: 'revoked' | 'suspended'
  readonly at: EpochSeconds
}

/** What is in force, as a reader of the feed knows it. */
export interface RevocationMemory {
  /** Subjects held now. */
  readonly size: number
  /** Takes one change in. */
  apply(change: FeedChange): void
  /** Replaces everything; answers what was not known before. */
  replace(changes: readonly FeedChange[]): readonly RevocationNotice[]
  /** Forgets what is too old to matter to any token at this moment. */
  forget(now: EpochSeconds): void
  effect(subjects: readonly RevocationSubject[]): Standing | undefined
  contractMovedAt(agent: AgentUri): EpochSeconds | undefined
}

/**
 * An empty memory. What stands against agents, certificates, keys, principals and tenants is held
 * for as long as it stands. Leases that ended and contracts that moved are held for
 * REVOCATION_MATTERS_SECONDS: nothing was minted under them afterwards, so every token they can
 * touch is over. Nothing else is ever forgotten; beyond FEED_SUBJECTS_MAX `size` says so, and the
 * holder stops deciding by it.
 */
export function createMemory(): RevocationMemory {
  let held = emptyHeld()
  return {
    get size() {
      return sizeOf(held)
    },
    apply: (change) => apply(held, change),
    replace(changes) {
      const before = held
      held = emptyHeld()
      const news: RevocationNotice[] = []
      for (const change of changes) {
        apply(held, change)
        const { subject, effect } = change
        if (effectIn(before, [subject]) !== effect) news.push({ subject, effect })
        if (sizeOf(held) > FEED_SUBJECTS_MAX) break
      }
      return news
    },
    forget(now) {
      const old = now - REVOCATION_MATTERS_SECONDS
      forgetOld(held.leases, ({ at }) => at < old)
      forgetOld(held.released, (at) => at < old)
      forgetOld(held.moved, (at) => at < old)
    },
    effect: (subjects) => effectIn(held, subjects),
    contractMovedAt: (agent) => held.moved.get(`agent:${agent}`),
  }
}

interface Held {
  /** Against everything but leases. */
  readonly lasting: Map<RevocationSubject, Entry>
  readonly leases: Map<RevocationSubject, Entry>
  readonly released: Map<RevocationSubject, EpochSeconds>
  readonly moved: Map<RevocationSubject, EpochSeconds>
}

function emptyHeld(): Held {
  return { lasting: new Map(), leases: new Map(), released: new Map(), moved: new Map() }
}

function sizeOf({ lasting, leases, released, moved }: Held): number {
  return lasting.size + leases.size + released.size + moved.size
}

function apply(held: Held, { subject, effect, at }: FeedChange): void {
  const standings = subject.startsWith('lease:') ? held.leases : held.lasting
  const known = standings.get(subject)
  if (effect === 'released') putLast(held.released, subject, at)
  else if (effect === 'contract_moved') putLast(held.moved, subject, at)
  else if (known?.effect === 'revoked') return
  else if (effect === 'lifted') standings.delete(subject)
  else putLast(standings, subject, { effect, at })
}

/** At the end, so that the oldest stand in front. */
function putLast<T>(map: Map<RevocationSubject, T>, subject: RevocationSubject, value: T): void {
  map.delete(subject)
  map.set(subject, value)
}

function effectIn(held: Held, subjects: readonly RevocationSubject[]): Standing | undefined {
  let worst: Standing | undefined
  for (const subject of subjects) {
    const { effect } = held.leases.get(subject) ?? held.lasting.get(subject) ?? {}
    if (effect === 'revoked') return effect
    if (effect === 'suspended') worst = effect
    else if (held.released.has(subject)) worst ??= 'released'
  }
  return worst
}

/** Stops at the first that is young: moments rise with the order in which they came. */
function forgetOld<T>(map: Map<RevocationSubject, T>, isOld: (value: T) => boolean): void {
  for (const [subject, value] of map) {
    if (!isOld(value)) return
    map.delete(subject)
  }
}
