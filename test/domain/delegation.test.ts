import { describe, expect, it } from 'vitest'
import { canHold, hasRoom, mayDelegate } from '../../src/domain/delegation.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import type { ScopeDelegation, ScopeLimits } from '../../src/domain/scope/types.ts'
import { agent, HELPER, lease, outcome, PLANNER, scope, WORKER } from './samples.ts'

const STRANGER = 'spiffe://evil.example/agent/worker' as AgentUri

/** A lineage whose leases allow these greatest depths, root first. */
function allowing(...depths: readonly number[]): Lease[] {
  return depths.map((max_depth, depth) => lease(depth, { scope: scope({ limits: { max_depth } }) }))
}

function limited(limits: Partial<ScopeLimits>): Lease {
  return lease(0, { scope: scope({ limits }) })
}

describe('I2: a child is one deeper than its parent, and no deeper than any ancestor allows', () => {
  it.each([
    ['under a root that allows one level', [1], 'ok'],
    ['under a root that allows none', [0], 'depth_exceeded'],
    ['at exactly the depth all allow', [2, 2], 'ok'],
    ['one deeper than all allow', [1, 1], 'depth_exceeded'],
    ['deeper than the root allows', [1, 3], 'depth_exceeded'],
    ['deeper than the parent allows', [3, 1], 'depth_exceeded'],
    ['deeper than one in the middle allows', [9, 2, 9], 'depth_exceeded'],
    ['at the depth the middle allows', [9, 3, 9], 'ok'],
    ['at depth 16', Array.from({ length: 16 }, () => 16), 'ok'],
    ['at depth 17, whatever they allow', Array.from({ length: 17 }, () => 99), 'depth_exceeded'],
  ] as const)('%s', (_sentence, depths, code) => {
    expect(outcome(mayDelegate(allowing(...depths), WORKER))).toBe(code)
  })

  it('tells the log how deep it would be, and how deep it may be', () => {
    expect(mayDelegate(allowing(5, 1, 4), WORKER)).toEqual({
      ok: false,
      refusal: { code: 'depth_exceeded', facts: { depth: 3, deepest: 1 }, reasons: [] },
    })
    expect(mayDelegate(allowing(...Array.from({ length: 17 }, () => 99)), WORKER)).toMatchObject({
      refusal: { facts: { depth: 17, deepest: 16 } },
    })
  })
})

describe('contracts that moved on bind what grows out of the lineage now', () => {
  it.each([
    ['that still allow it', {}, {}, 'ok'],
    ['that allow no delegation any more', { allowed: false }, {}, 'delegation_not_permitted'],
    ['that name other delegates', { delegates: [HELPER] }, {}, 'delegate_not_allowed'],
    ['that allow this depth and no more', {}, { max_depth: 1 }, 'ok'],
    ['that allow no depth any more', {}, { max_depth: 0 }, 'depth_exceeded'],
  ] as const)('%s', (_what, delegation, limits, code) => {
    const lineage = allowing(3)
    const wide = scope({ delegation: { allowed: true, delegates: [WORKER] }, limits })
    const open = lineage.map((one) => ({ ...one, scope: { ...wide, limits: one.scope.limits } }))
    const moved = { ...wide, delegation: { ...wide.delegation, ...delegation } }
    expect(outcome(mayDelegate(open, WORKER, [wide, moved]))).toBe(code)
  })
})

describe('a lease is delegated only as its scope says', () => {
  function delegating(delegation: Partial<ScopeDelegation>, max_depth = 3): Lease[] {
    return [lease(0, { scope: scope({ delegation, limits: { max_depth } }) })]
  }

  it.each([
    ['to the one it names', { delegates: [WORKER] }, WORKER, 'ok'],
    ['to one of several', { delegates: [HELPER, WORKER] }, WORKER, 'ok'],
    ['below a prefix', { delegates: ['spiffe://acme.example/**'] }, WORKER, 'ok'],
    ['back to its holder', { delegates: ['spiffe://acme.example/**'] }, PLANNER, 'ok'],
    ['not to another', { delegates: [WORKER] }, HELPER, 'delegate_not_allowed'],
    [
      'not to a stranger',
      { delegates: ['spiffe://acme.example/**'] },
      STRANGER,
      'delegate_not_allowed',
    ],
    ['to nobody when nobody is named', { delegates: [] }, WORKER, 'delegate_not_allowed'],
    ['not at all', { allowed: false }, WORKER, 'delegation_not_permitted'],
  ] as const)('%s', (_sentence, delegation, delegate, code) => {
    expect(outcome(mayDelegate(delegating(delegation), delegate))).toBe(code)
  })

  it('T-07: being silent about delegates permits nobody', () => {
    const silent = delegating({ allowed: true, delegates: [] })
    expect(outcome(mayDelegate(silent, WORKER))).toBe('delegate_not_allowed')
  })

  it('tells the earliest refusal of the table first', () => {
    const nothing = delegating({ allowed: false, delegates: [] }, 0)
    expect(outcome(mayDelegate(nothing, WORKER))).toBe('delegation_not_permitted')
    const nobody = delegating({ delegates: [] }, 0)
    expect(mayDelegate(nobody, STRANGER)).toEqual({
      ok: false,
      refusal: { code: 'delegate_not_allowed', facts: { delegate: STRANGER }, reasons: [] },
    })
    expect(outcome(mayDelegate(delegating({}, 0), WORKER))).toBe('depth_exceeded')
  })

  it('asks the last lease of the lineage, not the ones above', () => {
    const closed = lease(0, { scope: scope({ delegation: { allowed: false } }) })
    expect(outcome(mayDelegate([closed, lease(1)], WORKER))).toBe('ok')
    const closedParent = lease(1, { scope: scope({ delegation: { allowed: false } }) })
    expect(outcome(mayDelegate([lease(0), closedParent], WORKER))).toBe('delegation_not_permitted')
  })

  it('a lineage of nothing delegates nothing', () => {
    expect(mayDelegate([], WORKER)).toEqual({
      ok: false,
      refusal: { code: 'not_found', facts: {}, reasons: [] },
    })
  })
})

describe('a tree has room for so many', () => {
  it.each([
    ['the first child', { max_children: 1 }, 0, 1, 'ok'],
    ['a second where one is allowed', { max_children: 1 }, 1, 2, 'fanout_exceeded'],
    ['the last that is allowed', { max_children: 10 }, 9, 10, 'ok'],
    ['one more', { max_children: 10 }, 10, 11, 'fanout_exceeded'],
    ['far more', { max_children: 10 }, 11, 12, 'fanout_exceeded'],
    ['any where none is allowed', { max_children: 0 }, 0, 1, 'fanout_exceeded'],
    ['the last lease of a tree', {}, 0, 1_999_999, 'ok'],
    ['one more than a tree may have', {}, 0, 2_000_000, 'tree_full'],
    ['many more than a tree may have', {}, 0, 2_000_001, 'tree_full'],
    ['too many of both', { max_children: 1 }, 1, 2_000_000, 'fanout_exceeded'],
  ] as const)('%s', (_sentence, limits, liveChildren, tree, code) => {
    expect(outcome(hasRoom(limited(limits), { liveChildren, tree }))).toBe(code)
  })

  it('tells the log the limit that was reached', () => {
    expect(hasRoom(limited({ max_children: 4 }), { liveChildren: 4, tree: 9 })).toMatchObject({
      refusal: { facts: { max: 4 } },
    })
    expect(hasRoom(limited({}), { liveChildren: 4, tree: 2_000_000 })).toMatchObject({
      refusal: { facts: { max: 2_000_000 } },
    })
  })
})

describe('who can hold a lease', () => {
  it('an enrolled agent', () => {
    const known = agent()
    expect(canHold(known)).toEqual({ ok: true, value: known })
  })

  it('neither an enforcement point nor somebody unknown; they look alike', () => {
    const refused = {
      ok: false,
      refusal: { code: 'delegate_not_allowed', facts: {}, reasons: [] },
    }
    expect(canHold(agent({ role: 'enforcement' }))).toEqual(refused)
    expect(canHold(undefined)).toEqual(refused)
  })
})
