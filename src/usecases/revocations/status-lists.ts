import { randomInt } from 'node:crypto'
import type { Lease } from '../../domain/lease.ts'
import {
  STATUS_INDEX_BLOCK,
  STATUS_LIST_SIZE,
  STATUS_LIST_TTL_SECONDS,
  STATUS_LISTS_MAX,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import {
  STATUS_VALUE,
  type StandingStatus,
  type StatusPlace,
  statusListUri,
  statusPlaceOf,
} from '../../domain/status-list.ts'
import { type EpochSeconds, epochSeconds } from '../../domain/time.ts'
import type { Store } from '../../store/ports.ts'
import type { KeyRing } from '../../token/keyring.ts'
import { signStatusList } from '../../token/status-list.ts'
import { isAwaiting } from '../approvals/awaiting.ts'

/** A list as it is handed out. */
export interface StatusListToken {
  readonly token: string
  /** When this process makes it anew. */
  readonly renewedAt: EpochSeconds
}

interface Kept {
  readonly made: Promise<Result<StatusListToken>>
  readonly until: EpochSeconds
}

/**
 * Status lists (draft-ietf-oauth-status-list) for verifiers that know nothing of ours: numbers for
 * leases, and the lists that tell of them. Nothing of Writ decides by a list. One handed out is at
 * most STATUS_LIST_TTL_SECONDS old and ends at twice that.
 */
export class StatusLists {
  readonly #issuer: string
  readonly #store: Pick<Store, 'read' | 'now' | 'drawStatusIndexes'>
  readonly #keys: Pick<KeyRing, 'active'>
  readonly #left: number[] = []
  #drawing: Promise<void> | undefined
  readonly #kept = new Map<number, Kept>()
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(parts: {
    readonly issuer: string
    readonly store: Pick<Store, 'read' | 'now' | 'drawStatusIndexes'>
    readonly keys: Pick<KeyRing, 'active'>
  }) {
    this.#issuer = parts.issuer
    this.#store = parts.store
    this.#keys = parts.keys
  }

  /**
   * A number nobody else has, in no order that tells who was born after whom. Waits for a new block
   * when none is left; throws what the store throws.
   */
  async takeIndex(): Promise<number> {
    for (;;) {
      const index = this.#left.pop()
      if (index !== undefined) return index
      this.#drawing ??= this.#draw().finally(() => {
        this.#drawing = undefined
      })
      await this.#drawing
    }
  }

  /** Takes back a number whose lease was surely not born. */
  returnIndex(index: number): void {
    this.#left.push(index)
  }

  /** Where the status of a lease is read; undefined for one that was born without a number. */
  placeOf(lease: Pick<Lease, 'statusIndex'>): StatusPlace | undefined {
    const { statusIndex } = lease
    return statusIndex === undefined ? undefined : statusPlaceOf(this.#issuer, statusIndex)
  }

  /**
   * The signed list. Made at most once in STATUS_LIST_TTL_SECONDS, and one at a time: strangers ask
   * for it. Refusals: `not_found` for a list that was not begun, `overloaded`.
   */
  async read(list: number): Promise<Result<StatusListToken>> {
    const now = this.#store.now()
    const kept = this.#kept.get(list)
    if (kept !== undefined && now < kept.until) return kept.made
    if (this.#waiting >= STATUS_LISTS_MAX) return refuse('overloaded', { waiting: this.#waiting })
    const until = epochSeconds(now + STATUS_LIST_TTL_SECONDS)
    const made = this.#inTurn(() => this.#make(list))
    this.#keep(list, { made, until })
    return made
  }

  async #draw(): Promise<void> {
    const first = await this.#store.drawStatusIndexes()
    const block = Array.from({ length: STATUS_INDEX_BLOCK }, (_, at) => first + at)
    while (block.length > 0) this.#left.push(...block.splice(randomInt(block.length), 1))
  }

  /** What was refused or failed is not kept: the next who asks finds it as it is then. */
  #keep(list: number, kept: Kept): void {
    this.#kept.delete(list)
    this.#kept.set(list, kept)
    const forget = (): void => {
      if (this.#kept.get(list) === kept) this.#kept.delete(list)
    }
    kept.made.then((result) => {
      if (!result.ok) forget()
    }, forget)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > STATUS_LISTS_MAX && oldest !== undefined) this.#kept.delete(oldest)
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      this.#waiting -= 1
    }
  }

  async #make(list: number): Promise<Result<StatusListToken>> {
    const { at, standing } = await this.#store.read(async (reads) => {
      return { at: reads.now, standing: await reads.statusList(list) }
    })
    if (standing === undefined) return refuse('not_found', { list })
    const token = await signStatusList(this.#keys.active('status'), {
      uri: statusListUri(this.#issuer, list),
      issuedAt: at,
      expiresAt: epochSeconds(at + 2 * STATUS_LIST_TTL_SECONDS),
      ttlSeconds: STATUS_LIST_TTL_SECONDS,
      statuses: statusesOf(standing),
    })
    return accept({ token, renewedAt: epochSeconds(at + STATUS_LIST_TTL_SECONDS) })
  }
}

/**
 * Gives a birth its number where status lists are offered; a birth that is refused, or waits for a
 * person, returns it.
 */
export async function withStatusIndex<T>(
  lists: StatusLists | undefined,
  birth: (number: Pick<Lease, 'statusIndex'>) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (lists === undefined) return birth({})
  const statusIndex = await lists.takeIndex()
  const born = await birth({ statusIndex })
  if (!born.ok || isAwaiting(born.value)) lists.returnIndex(statusIndex)
  return born
}

function statusesOf(standing: ReadonlyMap<number, StandingStatus>): Uint8Array {
  const values = new Uint8Array(STATUS_LIST_SIZE).fill(STATUS_VALUE.invalid)
  for (const [position, status] of standing) values[position] = STATUS_VALUE[status]
  return values
}
