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
  readonly cut: (reason: CutReason) => void
  subjects: readonly RevocationSubject[] | undefined
  endsAt: number
  /** What was revoked while it was not yet known what the call depends on. */
  heard: Revocation[] | undefined
}

/**
 * Opens the register. A new revocation is held against all running calls, which is rarer than a
 * call coming and going. Leases and certificates that end are found by a sweep.
 */
export function createInFlight(setup: {
  readonly clock: Clock
  readonly onRevocation: (listener: (revocations: readonly Revocation[]) => void) => () => void
}): InFlight {
  const entries = new Set<Entry>()
  let waiting: (() => void)[] = []
  const end = (entry: Entry, reason: CutReason) => {
    if (entries.delete(entry)) entry.cut(reason)
    if (entries.size === 0) settle()
  }
  const settle = () => {
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const stop = setup.onRevocation((revocations) => {
    for (const entry of entries) {
      if (entry.subjects === undefined) {
        entry.heard = [...(entry.heard ?? []), ...revocations]
        continue
      }
      const reason = reasonIn(revocations, entry.subjects)
      if (reason !== undefined) end(entry, reason)
    }
  })
  const sweep = setInterval(() => {
    if (entries.size === 0) return
    const now = setup.clock.now()
    for (const entry of entries) if (entry.endsAt <= now) end(entry, 'expired')
  }, IN_FLIGHT_SWEEP_MS)
  sweep.unref()
  return {
    get size() {
      return entries.size
    },
    enter(cut) {
      const entry: Entry = { cut, subjects: undefined, endsAt: Infinity, heard: undefined }
      entries.add(entry)
      return {
        depend(subjects, endsAt) {
          entry.subjects = subjects
          entry.endsAt = endsAt
          return entry.heard === undefined ? undefined : reasonIn(entry.heard, subjects)
        },
        leave() {
          if (entries.delete(entry) && entries.size === 0) settle()
        },
      }
    },
    cutAll() {
      for (const entry of entries) end(entry, 'overloaded')
    },
    empty: () =>
      entries.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
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
