import { STATUS_LIST_SIZE } from './limits.ts'
import type { Revocation } from './revocation.ts'
import type { EpochSeconds } from './time.ts'

/**
 * What a status list says of a lease, for verifiers that speak the Token Status List
 * (draft-ietf-oauth-status-list) and nothing of ours. Nothing here is ever decided by it.
 */
export type LeaseStatus = 'valid' | 'invalid' | 'suspended'

/** What has to be told of a lease: everything else in a list is `invalid`. */
export type StandingStatus = Exclude<LeaseStatus, 'invalid'>

/** The status types of the document, two bits each. */
export const STATUS_VALUE: Readonly<Record<LeaseStatus, number>> = {
  valid: 0,
  invalid: 1,
  suspended: 2,
}

/** Where the status of a lease is read: the list's address and the place in it. */
export interface StatusPlace {
  readonly uri: string
  readonly position: number
}

/** Each list has its path below the issuer. */
const LIST_PATH = /\/v1\/status-lists\/(0|[1-9]\d{0,9})$/

/** The address of a list; `sub` of the list itself, too. */
export function statusListUri(issuer: string, list: number): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/v1/status-lists/${list}`
}

/** The number of the list with this address, of whatever issuer; or undefined. */
export function statusListOf(uri: string): number | undefined {
  const digits = LIST_PATH.exec(uri)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Where the number stands: in list floor(index / STATUS_LIST_SIZE). */
export function statusPlaceOf(issuer: string, index: number): StatusPlace {
  const list = Math.floor(index / STATUS_LIST_SIZE)
  return { uri: statusListUri(issuer, list), position: index % STATUS_LIST_SIZE }
}

/** What ends a lease without anybody's revoking it. */
export interface LeaseEnds {
  readonly expiresAt: EpochSeconds
  readonly releasedAt: EpochSeconds | null
  /** Its own limit; null when it has none. */
  readonly maxUses: number | null
  readonly usesSpent: number
}

/**
 * The status of a lease from its whole lineage (root..self) and from what stands against any
 * subject of it (I6). What is over for good is `invalid`, suspended or not: a lift revives none.
 */
export function statusOf(
  lineage: readonly LeaseEnds[],
  effects: Iterable<Revocation['effect']>,
  now: EpochSeconds,
): LeaseStatus {
  if (lineage.some((lease) => isOver(lease, now))) return 'invalid'
  let status: LeaseStatus = 'valid'
  for (const effect of effects) {
    if (effect === 'revoked') return 'invalid'
    status = 'suspended'
  }
  return status
}

function isOver(lease: LeaseEnds, now: EpochSeconds): boolean {
  const { expiresAt, releasedAt, maxUses, usesSpent } = lease
  return releasedAt !== null || expiresAt <= now || (maxUses !== null && usesSpent >= maxUses)
}

/**
 * Packs statuses two bits each, the first in the least significant bits of the first byte, as the
 * document lays them out. A value beyond 3 is a bug.
 */
export function packStatuses(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 4))
  values.forEach((value, position) => {
    if (value > 3) throw new Error('a status has two bits')
    const at = position >> 2
    packed[at] = (packed[at] ?? 0) | (value << ((position & 3) * 2))
  })
  return packed
}
