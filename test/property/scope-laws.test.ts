import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseScope } from '../../src/domain/scope/complete.ts'
import { cap, meet } from '../../src/domain/scope/meet.ts'
import { permits } from '../../src/domain/scope/permit.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import { within } from '../../src/domain/scope/subset.ts'
import type { Grant, GrantRequest, Scope, ScopeRequest } from '../../src/domain/scope/types.ts'
import { normalText } from './scope-normal.ts'
import { near, request, requestFor, scope } from './scope-worlds.ts'

const runs = { numRuns: 2_000, seed: 4 }
const pair = scope.chain((parent) => fc.tuple(near(parent), fc.constant(parent)))
const triple = pair.chain(([b, c]) => fc.tuple(near(b), fc.constant(b), fc.constant(c)))

const isWithin = (child: ScopeRequest, parent: Scope) => within(child, parent).within

describe('the laws of narrowing', () => {
  it('draws scopes that could come from a token, and pairs of both kinds', () => {
    let yes = 0
    fc.assert(
      fc.property(pair, ([child, parent]) => {
        expect(parseScope(parent)).toEqual({ ok: true, value: parent })
        if (isWithin(child, parent)) yes += 1
      }),
      runs,
    )
    expect(yes).toBeGreaterThan(200)
    expect(yes).toBeLessThan(1_800)
  })

  it('reflexive: every scope is within itself', () => {
    fc.assert(
      fc.property(scope, (s) => {
        const verdict = within(s, s)
        expect(verdict.within && verdict.witnesses.every((w, index) => w <= index)).toBe(true)
      }),
      runs,
    )
  })

  it('transitive: within what is within is within', () => {
    let chains = 0
    fc.assert(
      fc.property(triple, ([a, b, c]) => {
        if (!isWithin(a, b) || !isWithin(b, c)) return
        chains += 1
        expect(isWithin(a, c)).toBe(true)
      }),
      { ...runs, numRuns: 4_000 },
    )
    expect(chains).toBeGreaterThan(100)
  })

  it('antisymmetric on canonical forms: within each other is the same', () => {
    let equals = 0
    fc.assert(
      fc.property(pair, ([a, b]) => {
        if (!isWithin(a, b) || !isWithin(b, a)) return
        equals += 1
        expect(normalText(a)).toBe(normalText(b))
      }),
      { ...runs, numRuns: 4_000 },
    )
    expect(equals).toBeGreaterThan(50)
  })

  it('I4: what a child permits, its parent permits', () => {
    let permitted = 0
    const world = pair.chain(([a, b]) => {
      const nearby = fc.oneof(request, ...a.grants.map(requestFor))
      return fc.tuple(fc.constant(a), fc.constant(b), fc.array(nearby, { minLength: 30 }))
    })
    fc.assert(
      fc.property(world, ([a, b, requests]) => {
        if (!isWithin(a, b)) return
        for (const r of requests) {
          if (!permits(a, r).permitted) continue
          permitted += 1
          expect(permits(b, r).permitted).toBe(true)
        }
      }),
      { ...runs, numRuns: 6_000 },
    )
    expect(permitted).toBeGreaterThan(2_000)
  })

  it('I4: two checkers, written apart, agree on every pair', () => {
    fc.assert(
      fc.property(pair, scope, ([a, b], other) => {
        expect(provesWithin(a, b)).toBe(isWithin(a, b))
        expect(provesWithin(b, a)).toBe(isWithin(b, a))
        expect(provesWithin(other, b)).toBe(isWithin(other, b))
      }),
      { ...runs, numRuns: 4_000 },
    )
  })

  it('a scope without grants permits nothing and is within every scope with its bounds', () => {
    fc.assert(
      fc.property(scope, request, (parent, r) => {
        const nothing = { type: parent.type, grants: [] }
        expect(within(nothing, parent)).toEqual({ within: true, witnesses: [] })
        const met = meet(nothing, parent)
        expect(met.ok && permits(met.value, r).permitted).toBe(false)
      }),
      runs,
    )
  })
})

/** A request that leaves out some members of a scope. */
const asked = (of: Scope): fc.Arbitrary<ScopeRequest> =>
  fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }).map((keep) => {
    const some = <T extends object>(object: T): Partial<T> =>
      Object.fromEntries(
        Object.entries(object).filter(
          ([name], index) => name === 'type' || keep[index % 16] === true,
        ),
      ) as Partial<T>
    return {
      ...some({ audiences: of.audiences }),
      type: of.type,
      grants: of.grants.map((grant: Grant) => some(grant) as GrantRequest),
      limits: some(of.limits),
      requires: some(of.requires),
      delegation: some(of.delegation),
    }
  })

describe('meet and cap', () => {
  const requested = pair.chain(([a, b]) => fc.tuple(asked(a), fc.constant(b)))

  it('I4: the meet is within the parent, says what the request says, and could be a token', () => {
    let met = 0
    fc.assert(
      fc.property(requested, ([ask, parent]) => {
        const granted = meet(ask, parent)
        expect(granted.ok).toBe(isWithin(ask, parent))
        if (!granted.ok) return
        met += 1
        expect(isWithin(granted.value, parent)).toBe(true)
        expect(provesWithin(granted.value, parent)).toBe(true)
        expect(isWithin(ask, granted.value)).toBe(true)
        expect(parseScope(granted.value).ok).toBe(true)
      }),
      { ...runs, numRuns: 3_000 },
    )
    expect(met).toBeGreaterThan(200)
  })

  it('a complete request within the parent is its own meet', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const met = meet(a, b)
        expect(met.ok).toBe(isWithin(a, b))
        if (met.ok) expect(met.value).toEqual(a)
      }),
      runs,
    )
  })

  it('with one grant above, the meet is the greatest scope that answers the request', () => {
    let compared = 0
    const world = scope
      .filter(({ grants }) => grants.length > 0)
      .map((s) => ({ ...s, grants: s.grants.slice(0, 1) }))
      .chain((parent) =>
        near(parent).chain((lower) =>
          fc.tuple(fc.constant(parent), fc.constant(lower), asked(lower)),
        ),
      )
    fc.assert(
      fc.property(world, ([parent, lower, ask]) => {
        const met = meet(ask, parent)
        if (!met.ok || !isWithin(lower, parent)) return
        compared += 1
        expect(isWithin(lower, met.value)).toBe(true)
      }),
      { ...runs, numRuns: 4_000 },
    )
    expect(compared).toBeGreaterThan(200)
  })

  it('I4: a cap is within every ceiling and could be a token', () => {
    let capped = 0
    const world = pair.chain(([a, b]) => fc.tuple(fc.constant(a), near(b), asked(a)))
    fc.assert(
      fc.property(world, ([first, second, ask]) => {
        const granted = cap(ask, [first, second])
        if (!granted.ok) return
        capped += 1
        expect([first, second].map((ceiling) => isWithin(granted.value, ceiling))).toEqual([
          true,
          true,
        ])
        expect([first, second].map((ceiling) => provesWithin(granted.value, ceiling))).toEqual([
          true,
          true,
        ])
        expect(isWithin(ask, granted.value)).toBe(true)
        expect(parseScope(granted.value).ok).toBe(true)
      }),
      { ...runs, numRuns: 4_000 },
    )
    expect(capped).toBeGreaterThan(200)
  })

  it('of what lies within two ceilings of one grant, nothing is wider than the cap of all they share', () => {
    let compared = 0
    const single = scope
      .filter(({ grants }) => grants.length > 0)
      .map((s) => ({ ...s, grants: s.grants.slice(0, 1) }))
    const world = single.chain((first) =>
      near(first).chain((second) =>
        fc.tuple(fc.constant(first), fc.constant(second), near(second)),
      ),
    )
    fc.assert(
      fc.property(world, ([first, second, lower]) => {
        const [grant] = second.grants
        if (grant === undefined || second.grants.length > 1) return
        const greatest = cap({ type: first.type, grants: [{ type: grant.type }] }, [first, second])
        if (!greatest.ok || !isWithin(lower, first) || !isWithin(lower, second)) return
        compared += 1
        expect(isWithin(lower, greatest.value)).toBe(true)
      }),
      { ...runs, numRuns: 6_000 },
    )
    expect(compared).toBeGreaterThan(100)
  })
})
