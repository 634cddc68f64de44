import { LRUCache } from 'lru-cache'
import type { Finding } from '../../domain/anomaly.ts'
import {
  ANOMALY_BASELINE_MINUTES,
  ANOMALY_BURST_CALLS,
  ANOMALY_BURST_FACTOR,
  ANOMALY_BURST_MINUTES,
  ANOMALY_DEAD_USES,
  ANOMALY_REFUSALS,
  ANOMALY_REPLAYS,
  ANOMALY_WINDOW_SECONDS,
  WATCH_REMEMBERED_MAX,
} from '../../domain/limits.ts'
import { subjectOf } from '../../domain/revocation.ts'
import { placeOf, type Rule } from './place-rules.ts'
import { type Seen, textFact } from './seen.ts'

/**
 * A lease has more calls in a minute than ANOMALY_BURST_FACTOR times its busiest earlier one, and
 * ANOMALY_BURST_CALLS at least. Its first ANOMALY_BURST_MINUTES say nothing.
 */
export function burst(): Rule {
  const leases = new LRUCache<string, Map<number, number>>({ max: WATCH_REMEMBERED_MAX })
  return ({ event, outcome, agent, lease, time }) => {
    if (event !== 'token.redeemed' || outcome !== 'allowed') return undefined
    if (agent === undefined || lease === null) return undefined
    const minute = Math.floor(time / 60)
    const minutes = leases.get(lease) ?? new Map<number, number>()
    leases.set(lease, minutes)
    const calls = (minutes.get(minute) ?? 0) + 1
    minutes.set(minute, calls)
    if (calls < ANOMALY_BURST_CALLS) return undefined
    const earlier = [...minutes].filter(([at]) => at < minute)
    const first = Math.min(...earlier.map(([at]) => at))
    if (minute - first < ANOMALY_BURST_MINUTES) return undefined
    for (const [at] of earlier) if (at < minute - ANOMALY_BASELINE_MINUTES) minutes.delete(at)
    const busiest = Math.max(...earlier.map(([, count]) => count))
    if (calls <= ANOMALY_BURST_FACTOR * busiest) return undefined
    const subject = subjectOf('lease', lease)
    const facts = { calls, busiest }
    return { rule: 'burst', severity: 'warning', agent, subject, lease, facts }
  }
}

const WANT_OF_SCOPE: ReadonlySet<string> = new Set([
  'scope_not_granted',
  'request_mismatch',
  'not_narrower',
  'delegation_not_permitted',
  'delegate_not_allowed',
  'policy_denied',
  'credential_not_permitted',
])

/** An agent asks ANOMALY_REFUSALS times within the window for what it was not given. */
export function refusals(): Rule {
  const streak = streaks(ANOMALY_REFUSALS)
  return (seen) => {
    const { agent, outcome, lease } = seen
    if (agent === undefined || !WANT_OF_SCOPE.has(outcome)) return undefined
    const count = streak(agent, seen.time)
    if (count === undefined) return undefined
    const subject = subjectOf('agent', agent)
    const facts = { refusals: count, outcome }
    return { rule: 'refusals', severity: 'warning', agent, subject, lease, facts }
  }
}

const SPENDING: ReadonlySet<string> = new Set(['token.redeemed', 'delegation.redeemed'])

/**
 * A token comes from a certificate it is not bound to, or again from another address: at once.
 * Again from where it was spent: ANOMALY_REPLAYS times within the window, since an answer that was
 * lost makes an honest agent try once more.
 */
export function replay(): Rule {
  const places = new LRUCache<string, string>({ max: WATCH_REMEMBERED_MAX })
  const streak = streaks(ANOMALY_REPLAYS)
  return (seen) => {
    const { agent, outcome, lease, time } = seen
    if (agent === undefined || !SPENDING.has(seen.event)) return undefined
    const jti = textFact(seen, 'jti')
    const address = textFact(seen, 'address')
    if (outcome === 'allowed') {
      if (jti !== undefined && address !== undefined) places.set(jti, placeOf(address))
      return undefined
    }
    const about = { agent, subject: subjectOf('agent', agent), lease, rule: 'replay' } as const
    const facts = { ...(jti === undefined ? {} : { jti }) }
    if (outcome === 'holder_binding_failed') {
      return { ...about, severity: 'critical', facts: { ...facts, how: 'another_certificate' } }
    }
    if (outcome !== 'token_used') return undefined
    const spentFrom = jti === undefined ? undefined : places.get(jti)
    if (spentFrom !== undefined && address !== undefined && placeOf(address) !== spentFrom) {
      return {
        ...about,
        severity: 'critical',
        facts: { ...facts, how: 'another_address', address },
      }
    }
    const count = streak(agent, time)
    if (count === undefined) return undefined
    return { ...about, severity: 'warning', facts: { ...facts, how: 'again', replays: count } }
  }
}

/** An agent goes on with what is revoked or suspended: ANOMALY_DEAD_USES within the window. */
export function useAfterRevoke(): Rule {
  const streak = streaks(ANOMALY_DEAD_USES)
  return (seen) => {
    const { agent, outcome, lease } = seen
    if (agent === undefined || (outcome !== 'revoked' && outcome !== 'suspended')) return undefined
    const count = streak(agent, seen.time)
    if (count === undefined) return undefined
    const subject = subjectOf('agent', agent)
    const facts = { uses: count, outcome }
    return { rule: 'use_after_revoke', severity: 'warning', agent, subject, lease, facts }
  }
}

/** An agent went over the rate of its own contract (LEASH-21). A lease's rate is no breach. */
export function rateExceeded(): Rule {
  return (seen: Seen): Finding | undefined => {
    const { agent, lease, facts } = seen
    if (seen.outcome !== 'rate_limited' || agent === undefined) return undefined
    if (textFact(seen, 'contract') !== agent) return undefined
    const { limit = null, perSeconds = null } = facts
    return {
      rule: 'rate_exceeded',
      severity: 'critical',
      agent,
      subject: subjectOf('agent', agent),
      lease,
      facts: { limit, perSeconds },
    }
  }
}

/** What a policy keeps back until a person has looked at it has to come before a person. */
export function policyQuarantine(): Rule {
  return (seen: Seen): Finding | undefined => {
    const { agent, lease } = seen
    if (seen.outcome !== 'quarantined' || agent === undefined) return undefined
    const policy = textFact(seen, 'policy') ?? null
    const subject = subjectOf('agent', agent)
    return {
      rule: 'policy_quarantine',
      severity: 'warning',
      agent,
      subject,
      lease,
      facts: { policy },
    }
  }
}

/** Counts by agent; answers the count when it is reached within the window, and begins anew. */
function streaks(most: number): (agent: string, time: number) => number | undefined {
  const agents = new LRUCache<string, number[]>({ max: WATCH_REMEMBERED_MAX })
  return (agent, time) => {
    const times = (agents.get(agent) ?? []).filter((at) => at > time - ANOMALY_WINDOW_SECONDS)
    times.push(time)
    agents.set(agent, times.length >= most ? [] : times)
    return times.length >= most ? times.length : undefined
  }
}
