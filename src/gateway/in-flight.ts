import { IN_FLIGHT_SWEEP_MS } from '../domain/limits.ts'
import type { Revocation, RevocationSubject } from '../domain/revocation.ts'
import type { Clock, EpochSeconds } from '../domain/time.ts'

/** Why a call that was admitted has to end. */
export type CutReason = 'revoked' | 'suspended' | 'expired' | 'overloaded'

/** One call between its arrival and its end. */
export interface Flight {
  /**
   * Says what the call depends on, once it is admitted. Answers the reason when a revocation of any
   * of it was heard since the call entered: redeemed just before, revoked just after.
   */
  depend(subjects: readonly RevocationSubject[], endsAt: EpochSeconds): CutReason | undefined
  /** The call is over; to be called always. */
  leave(): void
}

/** Every call that is running, so that revocation reaches it (I9: open streams are cut). */
export interface InFlight {
  readonly size: number
  /** A call begins; `cut` is called at most once, and not after `leave`. */
  enter(cut: (reason: CutReason) => void): Flight
  /** Cuts all that is running. */
  cutAll(): void
  /** Resolves when nothing is running. */
  empty(): Promise<void>
  /** Stops listening. */
  close(): void
}

interface Entry {
  /** Place in the list; -1 once the call is over. */
  place: number
  readonly cut: (reason: CutReason) => void
  subjects: readonly RevocationSubject[] | undefined
  endsAt: number
  /** What was revoked while it was not yet known what the call depends on. */
  heard: Revocation[] | undefined
}

/**
 * Opens the register. A new revocation is held against all running calls, which is rarer than a
 * call coming and going. Leases and certificates that end are found by a sweep. The calls lie in an
 * array with places: a Set that calls come to and go from all the time keeps dead ones alive until
 * the next full collection.
 */
export function createInFlight(setup: {
  readonly clock: Clock
  readonly onRevocation: (listener: (revocations: readonly Revocation[]) => void) => () => void
}): InFlight {
  const entries: Entry[] = []
  let waiting: (() => void)[] = []
  const remove = (entry: Entry): boolean => {
    if (entry.place === -1) return false
    const last = entries.pop()
    if (last !== undefined && last !== entry) {
      entries[entry.place] = last
      last.place = entry.place
    }
    entry.place = -1
    if (entries.length === 0) settle()
    return true
  }
  const end = (entry: Entry, reason: CutReason) => {
    if (remove(entry)) entry.cut(reason)
  }
  const settle = () => {
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const stop = setup.onRevocation((revocations) => {
    for (const entry of [...entries]) {
      if (entry.subjects === undefined) {
        entry.heard = [...(entry.heard ?? []), ...revocations]
        continue
      }
      const reason = reasonIn(revocations, entry.subjects)
      if (reason !== undefined) end(entry, reason)
    }
  })
  const sweep = setInterval(() => {
    if (entries.length === 0) return
    const now = setup.clock.now()
    for (const entry of [...entries]) if (entry.endsAt <= now) end(entry, 'expired')
  }, IN_FLIGHT_SWEEP_MS)
  sweep.unref()
  return {
    get size() {
      return entries.length
    },
    enter(cut) {
      const entry: Entry = {
        place: entries.length,
        cut,
        subjects: undefined,
        endsAt: Infinity,
        heard: undefined,
      }
      entries.push(entry)
      return {
        depend(subjects, endsAt) {
          entry.subjects = subjects
          entry.endsAt = endsAt
          return entry.heard === undefined ? undefined : reasonIn(entry.heard, subjects)
        },
        leave() {
          remove(entry)
        },
      }
    },
    cutAll() {
      for (const entry of [...entries]) end(entry, 'overloaded')
    },
    empty: () =>
      entries.length === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    close() {
      clearInterval(sweep)
      stop()
    },
  }
}

/** `revoked` wins over `suspended`. */
function reasonIn(
  revocations: readonly Revocation[],
  subjects: readonly RevocationSubject[],
): CutReason | undefined {
  const named = revocations.filter(({ subject }) => subjects.includes(subject))
  if (named.length === 0) return undefined
  return named.some(({ effect }) => effect === 'revoked') ? 'revoked' : 'suspended'
}
