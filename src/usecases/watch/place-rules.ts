import { LRUCache } from 'lru-cache'
import type { Finding } from '../../domain/anomaly.ts'
import {
  ANOMALY_CERTIFICATE_SECONDS,
  ANOMALY_PLACES_MAX,
  WATCH_REMEMBERED_MAX,
} from '../../domain/limits.ts'
import { subjectOf } from '../../domain/revocation.ts'
import { type Seen, textFact } from './seen.ts'

/** Looks at one record; undefined when there is nothing to tell. */
export type Rule = (seen: Seen) => Finding | undefined

interface Certificates {
  current: string
  /** When each earlier one was replaced. */
  readonly replaced: Map<string, number>
}

/**
 * A lease is used with a certificate that no enrollment and no renewal in the trail announced, or
 * with one that was replaced more than ANOMALY_CERTIFICATE_SECONDS before: two hold the agent's
 * identity. What a lease is first seen with is taken as its own.
 */
export function newCertificate(): Rule {
  const leases = new LRUCache<string, Certificates>({ max: WATCH_REMEMBERED_MAX })
  const announced = new LRUCache<string, true>({ max: WATCH_REMEMBERED_MAX })
  return (seen) => {
    const certificate = textFact(seen, 'certificate')
    if (certificate === undefined || seen.outcome !== 'allowed') return undefined
    if (seen.event.startsWith('agent.') || seen.event.startsWith('registration.')) {
      announced.set(certificate, true)
      return undefined
    }
    const { agent, lease, time } = seen
    if (seen.event !== 'token.redeemed' || agent === undefined || lease === null) return undefined
    const known = leases.get(lease)
    if (known === undefined) {
      leases.set(lease, { current: certificate, replaced: new Map() })
      return undefined
    }
    if (known.current === certificate) return undefined
    const replacedAt = known.replaced.get(certificate)
    const running = replacedAt !== undefined && time - replacedAt <= ANOMALY_CERTIFICATE_SECONDS
    if (running) return undefined
    const before = known.current
    known.current = certificate
    known.replaced.delete(certificate)
    known.replaced.set(before, time)
    forgetOldest(known.replaced)
    if (replacedAt === undefined && announced.has(certificate)) return undefined
    const how = replacedAt === undefined ? 'not_announced' : 'came_back'
    const subject = subjectOf('lease', lease)
    const facts = { certificate, before, how }
    return { rule: 'new_certificate', severity: 'warning', agent, subject, lease, facts }
  }
}

/**
 * A lease is used from an address it was not used from before. An IPv6 address counts by its first
 * 64 bits, since hosts change the rest by themselves.
 */
export function newAddress(): Rule {
  const leases = new LRUCache<string, Map<string, number>>({ max: WATCH_REMEMBERED_MAX })
  return (seen) => {
    const { agent, lease, time } = seen
    const address = textFact(seen, 'address')
    if (seen.event !== 'token.redeemed' || seen.outcome !== 'allowed') return undefined
    if (agent === undefined || lease === null || address === undefined) return undefined
    const place = placeOf(address)
    const known = leases.get(lease)
    if (known?.has(place)) return undefined
    if (known === undefined) {
      leases.set(lease, new Map([[place, time]]))
      return undefined
    }
    known.set(place, time)
    forgetOldest(known)
    const subject = subjectOf('lease', lease)
    const facts = { address, known: known.size - 1 }
    return { rule: 'new_address', severity: 'info', agent, subject, lease, facts }
  }
}

/** The network of an IPv6 address, as far as its text shows it; any other address as it is. */
export function placeOf(address: string): string {
  if (!address.includes(':')) return address
  const [left = '', right] = address.split('::', 2)
  const head = left === '' ? [] : left.split(':')
  if (right === undefined) return head.slice(0, 4).join(':')
  const tail = right === '' ? [] : right.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}

function forgetOldest(places: Map<string, number>): void {
  const [oldest] = places.keys()
  if (places.size > ANOMALY_PLACES_MAX && oldest !== undefined) places.delete(oldest)
}
