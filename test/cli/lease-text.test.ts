import { describe, expect, test } from 'vitest'
import { lifeText, treeLines } from '../../src/cli/text/tree.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'

const plain = { paint: (_colour: unknown, text: string) => text }

function lease(id: string, parent: string | null, state = 'live', holder = id): LeaseView {
  return {
    id,
    parent_id: parent,
    state,
    holder: `spiffe://acme.example/agent/${holder}`,
    labels: {},
    uses_spent: 1,
    expires_at: '2026-01-01T01:00:00Z',
    scope: { limits: { max_uses: 5 } },
  } as unknown as LeaseView
}

const drawing = { now: new Date('2026-01-01T00:00:00Z') }
const label = (id: string, state = 'live') => {
  return `${id}  ${state}  ${id}${state === 'live' ? '  1h 0m left' : ''}  1/5 uses`
}

test('the labels of a tree stand at its top, once', () => {
  const labels = { project: 'apollo', team: 'a' }
  const leases = [
    { ...lease('root', null), labels },
    { ...lease('a', 'root'), labels },
  ]
  expect(treeLines(leases, plain, drawing)).toEqual([
    `${label('root')}  project=apollo  team=a`,
    `└─ ${label('a')}`,
  ])
})

test('a tree has an arm for each child and a line down to its next sibling', () => {
  const leases = [
    lease('root', null),
    lease('a', 'root', 'revoked'),
    lease('b', 'root'),
    lease('aa', 'a', 'revoked'),
    lease('ab', 'a', 'revoked'),
    lease('ba', 'b'),
  ]
  expect(treeLines(leases, plain, drawing)).toEqual([
    label('root'),
    `├─ ${label('a', 'revoked')}`,
    `│  ├─ ${label('aa', 'revoked')}`,
    `│  └─ ${label('ab', 'revoked')}`,
    `└─ ${label('b')}`,
    `   └─ ${label('ba')}`,
  ])
})

test('a lease whose parent is not shown stands at the top', () => {
  const lines = treeLines([lease('child', 'unseen'), lease('grandchild', 'child')], plain, drawing)
  expect(lines).toEqual([label('child'), `└─ ${label('grandchild')}`])
})

test('a very deep chain is drawn without recursion', () => {
  const chain = Array.from({ length: 3_000 }, (_, depth) =>
    lease(`l${depth}`, depth === 0 ? null : `l${depth - 1}`),
  )
  expect(treeLines(chain, plain, drawing)).toHaveLength(3_000)
})

test('a holder cannot write control characters into the tree', () => {
  const [line] = treeLines([lease('x', null, 'live', 'x\u001b[2K')], plain, drawing)
  expect(line).toContain('x\\u001b[2K  live')
})

describe('a cut', () => {
  const wide = [
    lease('root', null),
    ...['a', 'b', 'c', 'd'].map((id) => lease(id, 'root', id === 'd' ? 'revoked' : 'live')),
    lease('ca', 'c'),
  ]

  test('at a depth tells what is below it', () => {
    expect(treeLines(wide, plain, { ...drawing, depth: 0 })).toEqual([
      label('root'),
      '└─ … 5 more (1 revoked, 4 live)',
    ])
  })

  test('of too many side by side tells how many, with all below them', () => {
    expect(treeLines(wide, plain, { ...drawing, width: 2 })).toEqual([
      label('root'),
      `├─ ${label('a')}`,
      `├─ ${label('b')}`,
      '└─ … 3 more (1 revoked, 2 live)',
    ])
  })
})

test('what is left of a budget stands in its unit', () => {
  const usd = { unit: 'USD', decimals: 2, amount: 500, reserved: 0, spent: 90, percent: 18 }
  const budgets = new Map([['root', [{ ...usd, remaining: 410 }]]])
  const [line] = treeLines([lease('root', null)], plain, { ...drawing, budgets })
  expect(line).toBe(`${label('root')}  USD 4.10 of 5.00 left`)
})

test.each([
  ['2026-01-03T04:30:00Z', '2d 4h left'],
  ['2026-01-01T03:20:59Z', '3h 20m left'],
  ['2026-01-01T00:12:59Z', '12m left'],
  ['2026-01-01T00:00:42Z', '42s left'],
  ['2025-12-31T23:59:59Z', 'no life left'],
])('a life that ends %s has %s', (end, left) => {
  expect(lifeText(end, drawing.now)).toBe(left)
})
