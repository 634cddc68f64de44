import type { ChangesFrame, FeedChange, FeedFrame, SnapshotFrame } from '../../domain/feed.ts'
import type { AgentUri, TenantId } from '../../domain/ids.ts'
import {
  CLOCK_SKEW_SECONDS,
  FEED_SUBJECTS_MAX,
  REVOCATION_MATTERS_SECONDS,
} from '../../domain/limits.ts'
import type { RevocationNotice, RevocationSubject } from '../../domain/revocation.ts'
import type { RevocationView, Standing } from '../../domain/standing.ts'
import { type Clock, type EpochSeconds, earlier } from '../../domain/time.ts'
import { createMemory } from './memory.ts'

/**
 * What became of a frame. `taken`; `out_of_place`: it does not follow on what is known, so ask
 * again from the head; `rolled_back`: the authority knows less than it once said; `foreign`: of
 * another tenant; `too_many`: more than is held.
 */
export type Taken = 'taken' | 'out_of_place' | 'rolled_back' | 'foreign' | 'too_many'

/** Whom a view tells of what it learns. */
export interface ViewListeners {
  /** Hears of every change, in order. */
  readonly changed: (changes: readonly RevocationNotice[]) => void
  /** Hears that something may have ended of which nobody will tell: calls that run are to end. */
  readonly missed: () => void
}

/** The view of one reader, and where it stands. Frames are verified before they come here. */
export class StandingView implements RevocationView {
  readonly #tenant: TenantId
  readonly #clock: Clock
  readonly #monotonic: () => number
  readonly #listeners: ViewListeners
  #memory = createMemory()
  #head: number | undefined
  #at = 0 as EpochSeconds
  #provenAt = Number.NEGATIVE_INFINITY
  /** Set while something is known to be missing; no frame but one that closes the gap clears it. */
  #broken = false
  /** Set by a head that went back: numbers up to the known head may mean something else now. */
  #distrusts = false
  #parts: SnapshotFrame[] = []

  constructor(
    setup: { readonly tenant: TenantId; readonly clock: Clock; readonly monotonic: () => number },
    listeners: ViewListeners,
  ) {
    this.#tenant = setup.tenant
    this.#clock = setup.clock
    this.#monotonic = setup.monotonic
    this.#listeners = listeners
  }

  /** The newest head known; undefined before the first snapshot. It never goes back. */
  get head(): number | undefined {
    return this.#head
  }

  /** What to ask for next: the head, or 0 when only a snapshot helps. */
  get resumeAt(): number {
    return this.#distrusts ? 0 : (this.#head ?? 0)
  }

  effect(subjects: readonly RevocationSubject[]): Standing | undefined {
    return this.#memory.effect(subjects)
  }

  contractMovedAt(agent: AgentUri): EpochSeconds | undefined {
    return this.#memory.contractMovedAt(agent)
  }

  /**
   * The greatest of: what the local clock says of the newest frame's moment; the monotonic time
   * since that moment was first heard, so that neither a clock that is behind nor a frame told
   * again makes it younger; and how far the local clock is known to be behind, beyond the skew
   * that is forgiven, since such a clock takes tokens that are over.
   */
  staleness(): number {
    if (this.#head === undefined || this.#broken) return Number.POSITIVE_INFINITY
    const behind = this.#clock.now() - this.#at
    const heard = (this.#monotonic() - this.#provenAt) / 1_000
    return Math.max(behind, heard, -behind - CLOCK_SKEW_SECONDS)
  }

  /** Takes the next frame. Only `taken` moves anything forward. */
  take(frame: FeedFrame): Taken {
    if (frame.tenant !== this.#tenant) return 'foreign'
    return frame.kind === 'changes' ? this.#takeChanges(frame) : this.#takePart(frame)
  }

  /** A new connection: half a snapshot of the last one is worth nothing. */
  restart(): void {
    this.#parts = []
  }

  #takeChanges(frame: ChangesFrame): Taken {
    const follows = frame.after === this.#head && this.#parts.length === 0 && !this.#distrusts
    if (!follows) {
      if (this.#head !== undefined && frame.head > this.#head) this.#broken = true
      return 'out_of_place'
    }
    for (const change of frame.changes) this.#memory.apply(change)
    return this.#arrive(frame, frame.changes)
  }

  #takePart(frame: SnapshotFrame): Taken {
    const [first] = this.#parts
    const follows =
      frame.part === this.#parts.length + 1 &&
      (first === undefined ||
        (frame.head === first.head && frame.at === first.at && frame.parts === first.parts))
    if (!follows) {
      this.#parts = []
      return 'out_of_place'
    }
    if (this.#head !== undefined && frame.head < this.#head) {
      this.#broken = true
      this.#distrusts = true
      return 'rolled_back'
    }
    this.#parts.push(frame)
    const held = this.#parts.reduce((sum, { changes }) => sum + changes.length, 0)
    if (held > FEED_SUBJECTS_MAX) return this.#overflow()
    if (frame.part < frame.parts) return 'taken'
    const whole = this.#parts.flatMap(({ changes }) => changes)
    this.#parts = []
    return this.#replace(frame, whole)
  }

  /** Who was away for long may have missed what is too old to be in the snapshot. */
  #replace(frame: SnapshotFrame, whole: readonly FeedChange[]): Taken {
    const away = this.#head === undefined ? 0 : frame.at - this.#at
    const news = this.#memory.replace(whole)
    const taken = this.#arrive(frame, news)
    if (away > REVOCATION_MATTERS_SECONDS - CLOCK_SKEW_SECONDS) this.#listeners.missed()
    return taken
  }

  #arrive(frame: FeedFrame, news: readonly RevocationNotice[]): Taken {
    if (this.#memory.size > FEED_SUBJECTS_MAX) return this.#overflow()
    this.#head = frame.head
    this.#broken = false
    this.#distrusts = false
    if (frame.at > this.#at) {
      this.#at = frame.at
      this.#provenAt = this.#monotonic()
    }
    if (news.length > 0) this.#listeners.changed(news)
    this.#memory.forget(earlier(this.#at, this.#clock.now()))
    return 'taken'
  }

  #overflow(): Taken {
    this.#broken = true
    this.#parts = []
    return 'too_many'
  }
}
