import { IN_FLIGHT_SWEEP_MS } from '../domain/limits.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { RevocationNotice, RevocationSubject } from '../domain/revocation.ts'
import { type Clock, type EpochSeconds, earlier } from '../domain/time.ts'

/** Why a call that was admitted has to end. */
export type CutReason = RefusalCode

/** What a running call depends on. */
export interface Dependence {
  readonly subjects: readonly RevocationSubject[]
  readonly endsAt: EpochSeconds
  /**
   * Whether enough is known of revocations for the call to go on; left out where they are always
   * heard of.
   */
  readonly isKnown?: (() => boolean) | undefined
  /**
   * Holds the call against the contracts of now, after one of them moved; answers its end under
   * them. Left out where nobody can: then the call ends as `status_unknown`.
   */
  readonly judgeAgain?: (() => Promise<Result<EpochSeconds>>) | undefined
}

/** One call between its arrival and its end. */
export interface Flight {
  /**
   * Says what the call depends on, once it is admitted. Answers the reason when the end of any
   * of it was heard since the call entered: redeemed just before, revoked just after.
   */
  depend(on: Dependence): CutReason | undefined
  /** The call is over; to be called always. */
  leave(): void
}

/** Every call that is running, so that revocation reaches it (I9: open streams are cut). */
export interface InFlight {
  readonly size: number
  /** A call begins; `cut` is called at most once, and not after `leave`. */
  enter(cut: (reason: CutReason) => void): Flight
  /** Cuts all that is running. */
  cutAll(reason?: CutReason): void
  /** Resolves when nothing is running. */
  empty(): Promise<void>
  /** Stops listening. */
  close(): void
}

interface Entry {
  readonly cut: (reason: CutReason) => void
  on: Dependence | undefined
  /** What changed while it was not yet known what the call depends on. */
  heard: RevocationNotice[] | undefined
}

/**
 * Opens the register. A new revocation, suspension or release (I6) is held against all running
 * calls, which is rarer than a call coming and going; so is a contract that moved, under which a
 * call is judged again. Leases and certificates that end are found by a sweep.
 */
export function createInFlight(setup: {
  readonly clock: Clock
  readonly onRevocation: (listener: (changes: readonly RevocationNotice[]) => void) => () => void
}): InFlight {
  const entries = new Set<Entry>()
  let waiting: (() => void)[] = []
  const end = (entry: Entry, reason: CutReason | undefined) => {
    if (reason === undefined) return
    if (entries.delete(entry)) entry.cut(reason)
    if (entries.size === 0) settle()
  }
  const settle = () => {
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const hear = (entry: Entry, on: Dependence, changes: readonly RevocationNotice[]) => {
    const reason = reasonIn(changes.filter(isEnding), on.subjects)
    if (reason === undefined && hasMoved(changes, on.subjects))
      judgeEntry(entry, on).then((refused) => end(entry, refused))
    return reason
  }
  const stop = setup.onRevocation((changes) => {
    for (const entry of entries) {
      if (entry.on === undefined) entry.heard = [...(entry.heard ?? []), ...changes]
      else end(entry, hear(entry, entry.on, changes))
    }
  })
  const sweep = setInterval(() => {
    const now = setup.clock.now()
    for (const entry of entries) end(entry, entry.on && overIn(entry.on, now))
  }, IN_FLIGHT_SWEEP_MS)
  sweep.unref()
  return {
    get size() {
      return entries.size
    },
    enter(cut) {
      const entry: Entry = { cut, on: undefined, heard: undefined }
      entries.add(entry)
      return {
        depend(on) {
          entry.on = on
          return entry.heard === undefined ? undefined : hear(entry, on, entry.heard)
        },
        leave() {
          if (entries.delete(entry) && entries.size === 0) settle()
        },
      }
    },
    cutAll(reason = 'overloaded') {
      for (const entry of entries) end(entry, reason)
    },
    empty: () =>
      entries.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    close() {
      clearInterval(sweep)
      stop()
    },
  }
}

/** Judges a running call again; answers why it has to end, or notes its new end. */
async function judgeEntry(
  entry: Entry,
  { judgeAgain }: Dependence,
): Promise<CutReason | undefined> {
  if (judgeAgain === undefined) return 'status_unknown'
  try {
    const judged = await judgeAgain()
    if (!judged.ok) return judged.refusal.code
    if (entry.on) entry.on = { ...entry.on, endsAt: earlier(entry.on.endsAt, judged.value) }
    return undefined
  } catch {
    return 'status_unknown'
  }
}

type Ending = RevocationNotice & { readonly effect: 'revoked' | 'suspended' | 'released' }

/** What is lifted gives no call back. */
function isEnding(change: RevocationNotice): change is Ending {
  const { effect } = change
  return effect === 'revoked' || effect === 'suspended' || effect === 'released'
}

function hasMoved(
  changes: readonly RevocationNotice[],
  subjects: readonly RevocationSubject[],
): boolean {
  return changes.some(({ effect, subject }) => {
    return effect === 'contract_moved' && subjects.includes(subject)
  })
}

/** The worst of what names any of the subjects. */
function reasonIn(
  endings: readonly Ending[],
  subjects: readonly RevocationSubject[],
): Ending['effect'] | undefined {
  const found = new Set(endings.filter(named).map(({ effect }) => effect))
  return (['revoked', 'suspended', 'released'] as const).find((effect) => found.has(effect))

  function named({ subject }: Ending): boolean {
    return subjects.includes(subject)
  }
}

/** Why a call is over by itself at a moment, if it is. */
function overIn({ endsAt, isKnown }: Dependence, now: EpochSeconds): CutReason | undefined {
  if (endsAt <= now) return 'expired'
  return isKnown?.() === false ? 'status_unknown' : undefined
}
