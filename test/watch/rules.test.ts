import { describe, expect, it } from 'vitest'
import type { AnomalyRule } from '../../src/domain/anomaly.ts'
import type { AgentUri, LeaseId } from '../../src/domain/ids.ts'
import {
  ANOMALY_BASELINE_MINUTES,
  ANOMALY_BURST_CALLS,
  ANOMALY_BURST_FACTOR,
  ANOMALY_BURST_MINUTES,
  ANOMALY_CERTIFICATE_SECONDS,
  ANOMALY_DEAD_USES,
  ANOMALY_PLACES_MAX,
  ANOMALY_QUIET_SECONDS,
  ANOMALY_REFUSALS,
  ANOMALY_REPLAYS,
  ANOMALY_WINDOW_SECONDS,
  WATCH_REMEMBERED_MAX,
} from '../../src/domain/limits.ts'
import { placeOf } from '../../src/usecases/watch/place-rules.ts'
import { createRules } from '../../src/usecases/watch/rules.ts'
import { type Seen, seenOf } from '../../src/usecases/watch/seen.ts'
import { agentUri, newLeaseId } from '../support/store-facts.ts'

const AGENT = agentUri('worker')
const LEASE = newLeaseId()
/** The first second of a minute. */
const T = 1_800_000_000

function call(time: number, change: Partial<Seen> = {}): Seen {
  return {
    event: 'token.redeemed',
    outcome: 'allowed',
    actor: AGENT,
    agent: AGENT,
    request: 'request',
    tenant: 'default',
    lease: LEASE,
    time: T + time,
    facts: { certificate: 'first', address: '192.0.2.1', jti: `${time}` },
    ...change,
  }
}

function refused(time: number, outcome: string, change: Partial<Seen> = {}): Seen {
  return call(time, { outcome, ...change })
}

/** What the rules say of records, in order: `rule severity how`. */
function told(records: readonly Seen[], only?: AnomalyRule): string[] {
  const judge = createRules((rule) => only === undefined || rule === only)
  return records
    .flatMap((seen) => judge(seen))
    .map(({ rule, severity, facts }) => `${rule} ${severity} ${facts['how'] ?? ''}`.trim())
}

const many = <T>(count: number, make: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => make(at))

describe('ordinary traffic raises nothing', () => {
  it('an hour of calls at a steady rate, renewals, a retry and a few refusals', () => {
    const records: Seen[] = []
    for (let second = 0; second < 3_600; second += 1) {
      const certificate = second < 1_800 ? 'first' : 'second'
      const facts = { certificate, address: '192.0.2.1', jti: `${second}` }
      if (second === 1_790) {
        const renewed = { certificate: 'second', agent: AGENT }
        records.push(call(second, { event: 'agent.renewed', lease: null, facts: renewed }))
      }
      records.push(call(second, { facts }))
      if (second % 120 === 0) records.push(refused(second, 'scope_not_granted', { facts }))
      if (second % 300 === 0) records.push(refused(second, 'token_used', { facts }))
      if (second % 600 === 0) records.push(refused(second, 'expired', { facts }))
    }
    expect(told(records)).toEqual([])
  })

  it('many agents that each begin, and a batch job that starts hot', () => {
    const agents = many(50, (at) => agentUri(`worker${at}`))
    const starts = agents.flatMap((agent, at) => {
      const facts = { certificate: `c${at}`, address: `192.0.2.${at}` }
      return many(20, (n) => call(n, { agent, lease: `lease_${at}` as LeaseId, facts }))
    })
    const hot = many(2_000, (n) => call(Math.floor(n / 20)))
    expect(told([...starts, ...hot])).toEqual([])
  })

  it('an agent that learns of its revocation and stops', () => {
    expect(told(many(ANOMALY_DEAD_USES - 1, (n) => refused(n, 'revoked')))).toEqual([])
  })

  it('records of people, and bodies that are none of ours', () => {
    expect(seenOf({ body: 'nothing' })).toBeUndefined()
    expect(seenOf({ body: '{"event":1}' })).toBeUndefined()
    expect(told(many(100, (n) => refused(n, 'scope_not_granted', { agent: undefined })))).toEqual(
      [],
    )
  })
})

describe('a new certificate', () => {
  const with_ = (time: number, certificate: string) => call(time, { facts: { certificate } })

  it('that nothing announced is told, once', () => {
    const records = [with_(0, 'first'), with_(1, 'other'), with_(2, 'other')]
    expect(told(records)).toEqual(['new_certificate warning not_announced'])
  })

  it('that was replaced may end its calls, and is told when it comes back later', () => {
    const renewed = call(10, { event: 'agent.renewed', facts: { certificate: 'second' } })
    const begin = [with_(0, 'first'), renewed, with_(11, 'second'), with_(12, 'first')]
    expect(told(begin)).toEqual([])
    const later = with_(12 + ANOMALY_CERTIFICATE_SECONDS, 'first')
    expect(told([...begin, later])).toEqual(['new_certificate warning came_back'])
  })
})

describe('a new address', () => {
  const from = (time: number, address: string, lease = LEASE) =>
    call(time, { lease, facts: { address } })

  it('is told once for a lease that had another', () => {
    const records = [from(0, '192.0.2.1'), from(1, '192.0.2.9'), from(2, '192.0.2.9')]
    expect(told([...records, from(3, '192.0.2.1')])).toEqual(['new_address info'])
  })

  it('counts an IPv6 host by its network', () => {
    expect(told([from(0, '2001:db8::1'), from(1, '2001:db8::2:3')])).toEqual([])
    expect(placeOf('2001:db8:0:0:1:2:3:4')).toBe(placeOf('2001:db8::9'))
    expect(placeOf('2001:db8:1::')).not.toBe(placeOf('2001:db8::9'))
  })

  it('remembers ANOMALY_PLACES_MAX of a lease', () => {
    const judge = createRules((rule) => rule === 'new_address')
    const found = many(ANOMALY_PLACES_MAX + 2, (n) =>
      judge(from(n * ANOMALY_QUIET_SECONDS, `192.0.2.${n}`)),
    ).flat()
    expect(found.at(-1)?.facts['known']).toBe(ANOMALY_PLACES_MAX - 1)
  })
})

describe('a burst', () => {
  const minutes = (counts: readonly number[]) =>
    counts.flatMap((count, minute) =>
      many(count, (n) => call(minute * 60 + Math.floor((n * 60) / count))),
    )

  it('is many times the busiest earlier minute, and many calls', () => {
    const hot = 30 * ANOMALY_BURST_FACTOR + 1
    expect(told(minutes([10, 30, 20, hot]))).toEqual(['burst warning'])
    expect(told(minutes([10, 30, 20, hot - 1]))).toEqual([])
    expect(told(minutes([1, 1, 1, ANOMALY_BURST_CALLS]))).toEqual(['burst warning'])
    expect(told(minutes([1, 1, 1, ANOMALY_BURST_CALLS - 1]))).toEqual([])
  })

  it('needs a past, and forgets one that is long over', () => {
    expect(told(minutes([...many(ANOMALY_BURST_MINUTES - 1, () => 1), 1_000]))).toEqual([])
    const quiet = many(ANOMALY_BASELINE_MINUTES + 2, () => 1)
    const first = told(minutes([1_000, ...quiet]))
    expect(first).toEqual([])
  })
})

describe('a streak of refusals', () => {
  it('of one agent within the window is told, over several of its leases', () => {
    const streak = many(ANOMALY_REFUSALS, (n) => refused(n, 'scope_not_granted'))
    expect(told(streak)).toEqual(['refusals warning'])
    expect(told(streak.slice(1))).toEqual([])
    const slow = many(30, (n) => refused(n * (ANOMALY_WINDOW_SECONDS / 5), 'not_narrower'))
    expect(told(slow)).toEqual([])
    const shared = many(30, (n) =>
      refused(n, 'scope_not_granted', { agent: `spiffe://a.b/agent/${n % 10}` as AgentUri }),
    )
    expect(told(shared)).toEqual([])
  })

  it('is not told again before ANOMALY_QUIET_SECONDS are over', () => {
    const on = (count: number) => many(count, (n) => refused(n, 'scope_not_granted'))
    expect(told(on(ANOMALY_QUIET_SECONDS))).toHaveLength(1)
    expect(told(on(ANOMALY_QUIET_SECONDS + 2 * ANOMALY_REFUSALS))).toHaveLength(2)
  })
})

describe('a replay', () => {
  const again = (time: number, address: string) =>
    refused(time, 'token_used', { facts: { jti: '0', address } })

  it('from another address, or with another certificate, is told at once', () => {
    const spent = call(0, { facts: { jti: '0', address: '192.0.2.1' } })
    expect(told([spent, again(1, '198.51.100.7')], 'replay')).toEqual([
      'replay critical another_address',
    ])
    const stolen = refused(1, 'holder_binding_failed', { agent: agentUri('thief') })
    expect(told([stolen], 'replay')).toEqual(['replay critical another_certificate'])
  })

  it('from where it was spent is told when it goes on', () => {
    const spent = call(0, { facts: { jti: '0', address: '192.0.2.1' } })
    const honest = many(ANOMALY_REPLAYS - 1, (n) => again(n + 1, '192.0.2.1'))
    expect(told([spent, ...honest], 'replay')).toEqual([])
    expect(told([spent, ...honest, again(9, '192.0.2.1')], 'replay')).toEqual([
      'replay warning again',
    ])
  })
})

describe('use after revoke', () => {
  it('is told of an agent that goes on', () => {
    const uses = many(ANOMALY_DEAD_USES, (n) => refused(n, n % 2 === 0 ? 'revoked' : 'suspended'))
    expect(told(uses)).toEqual(['use_after_revoke warning'])
  })
})

describe('LEASH-21: a contract’s rate', () => {
  it('is exceeded when the refusal names the agent’s own contract, not a lease', () => {
    const own = refused(0, 'rate_limited', { facts: { contract: AGENT, limit: 5 } })
    expect(told([own, own])).toEqual(['rate_exceeded critical'])
    expect(told([refused(0, 'rate_limited', { facts: { lease: LEASE } })])).toEqual([])
  })
})

it('what a policy quarantines is told, with the rule that did it', () => {
  const kept = refused(0, 'quarantined', { facts: { policy: 'odd-hours' } })
  expect(told([kept, kept])).toEqual(['policy_quarantine warning'])
  expect(told([refused(0, 'policy_denied')])).toEqual([])
})

it('what is remembered is bounded by WATCH_REMEMBERED_MAX', () => {
  const judge = createRules(() => true)
  for (let n = 0; n < 3 * WATCH_REMEMBERED_MAX; n += 1) {
    judge(call(n % 60, { lease: `lease_${n}` as LeaseId, agent: agentUri(`a${n}`) }))
  }
  const first = call(1, { lease: 'lease_0' as LeaseId, facts: { certificate: 'other' } })
  expect(judge(first)).toEqual([])
})
