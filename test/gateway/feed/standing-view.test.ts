import { describe, expect, it } from 'vitest'
import type {
  ChangesFrame,
  FeedChange,
  FeedFrame,
  SnapshotFrame,
} from '../../../src/domain/feed.ts'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import {
  CLOCK_SKEW_SECONDS,
  FEED_SUBJECTS_MAX,
  REVOCATION_CHANGES_MAX,
  REVOCATION_MATTERS_SECONDS,
} from '../../../src/domain/limits.ts'
import type { ChangeEffect, RevocationSubject } from '../../../src/domain/revocation.ts'
import { epochSeconds, later } from '../../../src/domain/time.ts'
import { StandingView } from '../../../src/gateway/feed/standing-view.ts'
import { agentUri, T0, testClock } from '../../support/store-facts.ts'

const ISSUER = 'https://writ.example'
const PLANNER = agentUri('planner')

function change(
  seq: number,
  subject: RevocationSubject,
  effect: ChangeEffect = 'revoked',
  at = T0,
): FeedChange {
  return { seq, subject, effect, at }
}

function changes(
  after: number,
  list: readonly FeedChange[] = [],
  more: Partial<ChangesFrame> = {},
): FeedFrame {
  const head = list[list.length - 1]?.seq ?? after
  const common = { issuer: ISSUER, tenant: DEFAULT_TENANT, at: T0, changes: list }
  return { kind: 'changes', after, head, ...common, ...more }
}

function snapshot(
  head: number,
  list: readonly FeedChange[] = [],
  more: Partial<SnapshotFrame> = {},
): FeedFrame {
  const common = { issuer: ISSUER, tenant: DEFAULT_TENANT, at: T0, changes: list }
  return { kind: 'snapshot', head, part: 1, parts: 1, ...common, ...more }
}

function openView() {
  const clock = testClock()
  const time = { ms: 5_000 }
  const heard: string[] = []
  const view = new StandingView(
    { tenant: DEFAULT_TENANT, clock, monotonic: () => time.ms },
    {
      changed: (list) => heard.push(...list.map(({ subject, effect }) => `${subject} ${effect}`)),
      missed: () => heard.push('missed'),
    },
  )
  const passes = (seconds: number) => {
    clock.at = later(clock.at, seconds)
    time.ms += seconds * 1_000
  }
  return { view, clock, time, heard, passes }
}

describe('what a reader of the feed knows', () => {
  it('is nothing, and infinitely stale, before the first whole snapshot', () => {
    const { view } = openView()
    expect(view.staleness()).toBe(Number.POSITIVE_INFINITY)
    expect(view.take(changes(0))).toBe('out_of_place')
    expect(view.take(snapshot(3, [], { part: 1, parts: 2 }))).toBe('taken')
    expect([view.staleness(), view.head]).toEqual([Number.POSITIVE_INFINITY, undefined])
    expect(view.take(snapshot(3, [], { part: 2, parts: 2 }))).toBe('taken')
    expect([view.staleness(), view.head]).toEqual([0, 3])
  })

  it('is the worst that stands against any of the subjects', () => {
    const { view } = openView()
    view.take(snapshot(0))
    expect(view.effect(['lease:a', 'agent:x'])).toBeUndefined()
    view.take(changes(0, [change(1, 'lease:a', 'released')]))
    expect(view.effect(['lease:a', 'agent:x'])).toBe('released')
    view.take(changes(1, [change(2, 'agent:x', 'suspended')]))
    expect(view.effect(['lease:a', 'agent:x'])).toBe('suspended')
    view.take(changes(2, [change(3, 'lease:a')]))
    expect(view.effect(['agent:x', 'lease:a'])).toBe('revoked')
    expect(view.effect(['agent:y'])).toBeUndefined()
  })

  it('a suspension is lifted, a revocation and a release are not', () => {
    const { view } = openView()
    view.take(snapshot(0))
    const lease = 'lease:a'
    view.take(changes(0, [change(1, lease, 'suspended'), change(2, lease, 'lifted')]))
    expect(view.effect([lease])).toBeUndefined()
    view.take(changes(2, [change(3, lease, 'released'), change(4, lease, 'suspended')]))
    view.take(changes(4, [change(5, lease, 'lifted')]))
    expect(view.effect([lease])).toBe('released')
    view.take(changes(5, [change(6, lease), change(7, lease, 'lifted')]))
    view.take(changes(7, [change(8, lease, 'suspended')]))
    expect(view.effect([lease])).toBe('revoked')
  })

  it('knows when a contract moved, for as long as tokens of before may live', () => {
    const { view, passes } = openView()
    view.take(snapshot(0))
    view.take(changes(0, [change(1, `agent:${PLANNER}`, 'contract_moved')]))
    expect(view.contractMovedAt(PLANNER)).toBe(T0)
    expect(view.effect([`agent:${PLANNER}`])).toBeUndefined()
    passes(REVOCATION_MATTERS_SECONDS + 1)
    view.take(changes(1, [], { at: later(T0, REVOCATION_MATTERS_SECONDS + 1) }))
    expect(view.contractMovedAt(PLANNER)).toBeUndefined()
  })

  it('forgets leases when no token can be alive, by both clocks, and never anything else', () => {
    const { view, clock } = openView()
    view.take(snapshot(0))
    const subjects = ['lease:a', 'lease:b', 'agent:x', 'key:k'] as const
    const effects = ['revoked', 'released', 'suspended', 'revoked'] as const
    view.take(
      changes(
        0,
        subjects.map((subject, at) => change(at + 1, subject, effects[at])),
      ),
    )
    const standing = () => subjects.map((subject) => view.effect([subject]))
    const old = later(T0, REVOCATION_MATTERS_SECONDS + 1)
    view.take(changes(4, [], { at: old }))
    expect(standing()).toEqual(effects)
    clock.at = later(T0, REVOCATION_MATTERS_SECONDS)
    view.take(changes(4, [], { at: old }))
    expect(standing()).toEqual(effects)
    clock.at = old
    view.take(changes(4, [], { at: old }))
    expect(standing()).toEqual([undefined, undefined, 'suspended', 'revoked'])
  })

  it('tells each change once, and of a snapshot what was not known', () => {
    const { view, heard } = openView()
    view.take(snapshot(1, [change(1, 'key:a')]))
    view.take(changes(1, [change(2, 'key:b', 'suspended')]))
    view.take(snapshot(3, [change(1, 'key:a'), change(3, 'key:b'), change(2, 'key:c')]))
    expect(heard).toEqual(['key:a revoked', 'key:b suspended', 'key:b revoked', 'key:c revoked'])
  })

  it('says that something may be missed when a snapshot follows on a long absence', () => {
    const { view, heard } = openView()
    view.take(snapshot(1))
    view.take(snapshot(2, [], { at: later(T0, 200) }))
    expect(heard).toEqual([])
    view.take(snapshot(9, [], { at: later(T0, 200 + REVOCATION_MATTERS_SECONDS) }))
    expect(heard).toEqual(['missed'])
  })

  it('is of one tenant', () => {
    const { view } = openView()
    expect(view.take(snapshot(1, [], { tenant: 'other' as TenantId }))).toBe('foreign')
    expect(view.head).toBeUndefined()
  })
})

describe('staleness', () => {
  it('is the time since the moment of the newest frame, by the local clock', () => {
    const { view, passes } = openView()
    view.take(snapshot(1, [], { at: later(T0, -2) }))
    expect(view.staleness()).toBe(2)
    passes(3)
    expect(view.staleness()).toBe(5)
    view.take(changes(1, [], { at: later(T0, 3) }))
    expect(view.staleness()).toBe(0)
  })

  it('is no younger because the local clock stands still or goes back', () => {
    const { view, clock, time } = openView()
    view.take(snapshot(1))
    time.ms += 7_500
    clock.at = epochSeconds(T0 - 20)
    expect(view.staleness()).toBe(7.5)
  })

  it('is no younger because an old frame is told again', () => {
    const { view, clock, time } = openView()
    view.take(snapshot(1, [], { at: later(T0, 2) }))
    time.ms += 4_000
    clock.at = later(T0, 2)
    for (const at of [T0, later(T0, 2), epochSeconds(0)]) {
      expect(view.take(changes(1, [], { at }))).toBe('taken')
      expect(view.staleness()).toBe(4)
    }
    view.take(changes(1, [], { at: later(T0, 3) }))
    expect(view.staleness()).toBe(0)
  })

  it('counts what the local clock is behind beyond the skew: it takes tokens that are over', () => {
    const { view, clock } = openView()
    view.take(snapshot(1))
    clock.at = later(T0, -CLOCK_SKEW_SECONDS)
    expect(view.staleness()).toBe(0)
    clock.at = later(T0, -CLOCK_SKEW_SECONDS - 40)
    expect(view.staleness()).toBe(40)
  })
})

describe('a frame that is out of its place', () => {
  const table: readonly (readonly [string, FeedFrame, boolean])[] = [
    ['a replayed one', changes(1, [change(2, 'key:b')]), false],
    ['a later one, with a gap before it', changes(3, [change(4, 'key:d')]), true],
    ['the second part of a snapshot', snapshot(5, [], { part: 2, parts: 2 }), false],
  ]
  it.each(table)('%s changes nothing', (_name, frame, proves) => {
    const { view, heard } = openView()
    view.take(snapshot(2, [change(1, 'key:a')]))
    heard.length = 0
    expect(view.take(frame)).toBe('out_of_place')
    expect([view.head, view.resumeAt, heard]).toEqual([2, 2, []])
    expect(view.staleness()).toBe(proves ? Number.POSITIVE_INFINITY : 0)
    expect(view.take(changes(2, [change(3, 'key:c')]))).toBe('taken')
    expect(view.staleness()).toBe(0)
  })

  it('parts of two snapshots make none', () => {
    const { view } = openView()
    const parts = { parts: 2 }
    view.take(snapshot(3, [], { part: 1, ...parts }))
    for (const wrong of [
      snapshot(4, [], { part: 2, ...parts }),
      snapshot(3, [], { part: 2, ...parts, at: later(T0, 1) }),
      snapshot(3, [], { part: 2, parts: 3 }),
      changes(3),
    ]) {
      view.restart()
      view.take(snapshot(3, [], { part: 1, ...parts }))
      expect(view.take(wrong)).toBe('out_of_place')
      expect(view.head).toBeUndefined()
    }
  })
})

describe('a head that goes back', () => {
  it('makes the view infinitely stale until a snapshot of an equal or higher head', () => {
    const { view } = openView()
    view.take(snapshot(5, [change(5, 'key:a')]))
    expect(view.take(snapshot(4, []))).toBe('rolled_back')
    expect([view.head, view.resumeAt]).toEqual([5, 0])
    expect(view.staleness()).toBe(Number.POSITIVE_INFINITY)
    expect(view.effect(['key:a'])).toBe('revoked')
    expect(view.take(changes(5, [change(6, 'key:b')]))).toBe('out_of_place')
    expect(view.staleness()).toBe(Number.POSITIVE_INFINITY)
    expect(view.take(snapshot(5, [change(5, 'key:c')]))).toBe('taken')
    expect([view.staleness(), view.resumeAt]).toEqual([0, 5])
    expect([view.effect(['key:a']), view.effect(['key:c'])]).toEqual([undefined, 'revoked'])
  })
})

describe('more than is held', () => {
  it('is not forgotten by chance: the view stops counting', () => {
    const { view } = openView()
    view.take(snapshot(0))
    let seq = 0
    const next = (): FeedChange[] =>
      Array.from({ length: REVOCATION_CHANGES_MAX }, () => {
        seq += 1
        return change(seq, `principal:${seq}`)
      })
    let taken = view.take(changes(0, next()))
    while (taken === 'taken') taken = view.take(changes(seq, next()))
    expect(taken).toBe('too_many')
    expect(seq).toBeGreaterThan(FEED_SUBJECTS_MAX)
    expect(view.staleness()).toBe(Number.POSITIVE_INFINITY)
  })
})
