import { expect, it } from 'vitest'
import { depthOf, holderOf, rootOf } from '../../src/domain/lease.ts'
import { HELPER, lease, leaseId, PLANNER, WORKER } from './samples.ts'

it.each([0, 1, 2, 16])(
  'I2: the depth of a lease is the length of its lineage less one: %d',
  (depth) => {
    expect(depthOf(lease(depth))).toBe(depth)
  },
)

it.each([0, 1, 5])(
  'I5: the root of a lease is the first of its lineage, also at depth %d',
  (depth) => {
    expect(rootOf(lease(depth).lineage)).toBe(leaseId(0))
  },
)

it.each([
  [0, PLANNER],
  [1, WORKER],
  [2, HELPER],
])('I1: the holder of a lease at depth %d is the last of its holders', (depth, holder) => {
  expect(holderOf(lease(depth))).toBe(holder)
})

it('a lineage without a root is a bug, not a refusal', () => {
  expect(() => rootOf([])).toThrow(new Error('a lineage has at least its root'))
})

it('a lease without a holder is a bug, not a refusal', () => {
  expect(() => holderOf({ holders: [] })).toThrow(new Error('a lease has a holder'))
})
