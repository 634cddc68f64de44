import { IN_FLIGHT_SWEEP_MS } from '../domain/limits.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { RevocationNotice, RevocationSubject } from '../domain/revocation.ts'
import { type Clock, type EpochSeconds, earlier } from '../domain/time.ts'
import { createJudgeQueue } from './judge-queue.ts'

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
   * Holds the call against the contracts or policies of now, after they moved; answers its end
   * under them. Left out where nobody can: then the call ends as `status_unknown`.
   */
  readonly judgeAgain?: ((moved: Moved) => Promise<Result<EpochSeconds>>) | undefined
}

/** What moved under a call that runs: the contract of one of its holders, or the policies. */
export type Moved = 'contract' | 'policies'

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
  /** Whether other policies came into force meanwhile: it may have been judged by those before. */
  isOwed: boolean
}

/** What the register is told, and by which clock calls end. */
export interface InFlightSetup {
  readonly clock: Clock
  readonly onRevocation: (listener: (changes: readonly RevocationNotice[]) => void) => () => void
  /** Tells that other policies are in force; left out where there never are any. */
  readonly onPolicies?: ((listener: () => void) => () => void) | undefined
}

/**
 * Opens the register. A new revocation, suspension or release (I6) is held against all running
 * calls, which is rarer than a call coming and going; so is a contract that moved, or another set
 * of policies, under which calls are judged again. Leases and certificates that end are found by a
 * sweep.
 */
export function createInFlight(setup: InFlightSetup): InFlight {
  const entries = new Set<Entry>()
  const waiting: (() => void)[] = []
  const end = (entry: Entry, reason: CutReason | undefined) => {
    if (reason === undefined) return
    if (entries.delete(entry)) entry.cut(reason)
    settle()
  }
  const settle = () => {
    if (entries.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }
  const news = createNews(entries, end)
  const stop = setup.onRevocation(news.changed)
  const stopPolicies = setup.onPolicies?.(news.policiesMoved)
  const sweep = (now: EpochSeconds) => {
    for (const entry of entries) end(entry, entry.on && overIn(entry.on, now))
  }
  const sweeping = setInterval(() => sweep(setup.clock.now()), IN_FLIGHT_SWEEP_MS).unref()
  return {
    get size() {
      return entries.size
    },
    enter(cut) {
      const entry: Entry = { cut, on: undefined, heard: undefined, isOwed: false }
      entries.add(entry)
      return {
        depend: (on) => news.depends(entry, on),
        leave() {
          if (entries.delete(entry)) settle()
        },
      }
    },
    cutAll(reason = 'overloaded') {
      for (const entry of entries) end(entry, reason)
    },
    empty: async () => {
      if (entries.size > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    close() {
      clearInterval(sweeping)
      stop()
      stopPolicies?.()
    },
  }
}

/** What is heard, held against each call: at once, or when it is known what the call depends on. */
function createNews(
  entries: ReadonlySet<Entry>,
  end: (entry: Entry, reason: CutReason | undefined) => void,
) {
  const judging = (moved: Moved) => async (entry: Entry) => {
    if (entries.has(entry)) end(entry, await judgeEntry(entry, moved))
  }
  const underContracts = createJudgeQueue(judging('contract'))
  const underPolicies = createJudgeQueue(judging('policies'))
  const hear = (entry: Entry, on: Dependence, changes: readonly RevocationNotice[]) => {
    const reason = reasonIn(changes.filter(isEnding), on.subjects)
    if (reason === undefined && hasMoved(changes, on.subjects)) underContracts.add([entry])
    return reason
  }
  return {
    changed(changes: readonly RevocationNotice[]): void {
      for (const entry of entries) {
        if (entry.on === undefined) entry.heard = [...(entry.heard ?? []), ...changes]
        else end(entry, hear(entry, entry.on, changes))
      }
    },
    policiesMoved(): void {
      for (const entry of entries) entry.isOwed = entry.on === undefined
      underPolicies.add(entries)
    },
    depends(entry: Entry, on: Dependence): CutReason | undefined {
      entry.on = on
      if (entry.isOwed) underPolicies.add([entry])
      return entry.heard === undefined ? undefined : hear(entry, on, entry.heard)
    },
  }
}

/** Judges a call again, once it runs; answers why it has to end, or notes its new end. */
async function judgeEntry(entry: Entry, moved: Moved): Promise<CutReason | undefined> {
  if (entry.on === undefined) return undefined
  const { judgeAgain } = entry.on
  if (judgeAgain === undefined) return 'status_unknown'
  try {
    const judged = await judgeAgain(moved)
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
