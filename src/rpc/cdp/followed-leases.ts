import type { LeaseId } from '../../domain/ids.ts'
import type { Lease, LeaseState } from '../../domain/lease.ts'
import { CDP_FOLLOWED_LEASES_MAX } from '../../domain/limits.ts'
import {
  type RevocationNotice,
  type RevocationSubject,
  subjectsOf,
} from '../../domain/revocation.ts'
import type { AgentCaller } from '../../usecases/caller.ts'
import { readLease } from '../../usecases/leases/read-lease.ts'
import type { World } from '../../usecases/world.ts'

interface Followed {
  readonly caller: AgentCaller
  readonly subjects: ReadonlySet<RevocationSubject>
  readonly timer: NodeJS.Timeout
}

/** Longest wait of a timer of Node. */
const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * Leases whose end one connection is told of (CDPX-01): `cdp.notify.expired` and
 * `cdp.notify.revoked`. A word that does not arrive changes nothing: each call is judged anew.
 */
export class FollowedLeases {
  readonly #world: World
  readonly #tell: (method: string, params: object) => void
  readonly #followed = new Map<LeaseId, Followed>()
  readonly #stop: () => void

  constructor(world: World, tell: (method: string, params: object) => void) {
    this.#world = world
    this.#tell = tell
    this.#stop = world.store.onRevocation((changes) => this.#changed(changes))
  }

  /** From now on its end is told; the oldest is forgotten when there are too many. */
  follow(caller: AgentCaller, lease: Lease): void {
    this.#forget(lease.id)
    const ms = Math.max(0, lease.expiresAt - this.#world.store.now()) * 1_000 + 1_000
    const timer = setTimeout(() => void this.#look(lease.id), Math.min(ms, TIMER_MS_MAX)).unref()
    const subjects = new Set(subjectsOf(lease, caller))
    this.#followed.set(lease.id, { caller, subjects, timer })
    const [oldest] = this.#followed.keys()
    if (this.#followed.size > CDP_FOLLOWED_LEASES_MAX && oldest) this.#forget(oldest)
  }

  /** Follows nothing any more. */
  close(): void {
    this.#stop()
    for (const id of [...this.#followed.keys()]) this.#forget(id)
  }

  #changed(changes: readonly RevocationNotice[]): void {
    for (const [id, { subjects }] of this.#followed) {
      if (changes.some(({ subject }) => subjects.has(subject))) void this.#look(id)
    }
  }

  async #look(id: LeaseId): Promise<void> {
    const followed = this.#followed.get(id)
    if (followed === undefined) return
    const found = await readLease(this.#world, followed.caller, { lease: id }).catch(
      () => undefined,
    )
    if (found?.ok !== true || !this.#followed.has(id)) return
    const { lease, state } = found.value
    if (state === 'live' || state === 'exhausted') return this.follow(followed.caller, lease)
    this.#forget(id)
    this.#tell(METHOD[state], { lease_id: id, reason: state })
  }

  #forget(id: LeaseId): void {
    clearTimeout(this.#followed.get(id)?.timer)
    this.#followed.delete(id)
  }
}

const METHOD: Readonly<Record<Exclude<LeaseState, 'live' | 'exhausted'>, string>> = {
  expired: 'cdp.notify.expired',
  revoked: 'cdp.notify.revoked',
  suspended: 'cdp.notify.revoked',
  released: 'cdp.notify.revoked',
}
