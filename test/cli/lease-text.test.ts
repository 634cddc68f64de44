import { expect, test } from 'vitest'
import { treeLines } from '../../src/cli/lease-text.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'

const plain = { paint: (_colour: unknown, text: string) => text }

function lease(id: string, parent: string | null, state = 'live', holder = id): LeaseView {
  return {
    id,
    parent_id: parent,
    state,
    holder: `spiffe://acme.example/agent/${holder}`,
    uses_spent: 1,
    expires_at: 'T',
    scope: { limits: { max_uses: 5 } },
  } as unknown as LeaseView
}

const label = (id: string, state = 'live') => `${id}  ${state}  ${id}  1/5 uses  until T`

test('a tree has an arm for each child and a line down to its next sibling', () => {
  const leases = [
    lease('root', null),
    lease('a', 'root', 'revoked'),
    lease('b', 'root'),
    lease('aa', 'a', 'revoked'),
    lease('ab', 'a', 'revoked'),
    lease('ba', 'b'),
  ]
  expect(treeLines(leases, plain)).toEqual([
    label('root'),
    `├─ ${label('a', 'revoked')}`,
    `│  ├─ ${label('aa', 'revoked')}`,
    `│  └─ ${label('ab', 'revoked')}`,
    `└─ ${label('b')}`,
    `   └─ ${label('ba')}`,
  ])
})

test('a lease whose parent is not shown stands at the top', () => {
  const lines = treeLines([lease('child', 'unseen'), lease('grandchild', 'child')], plain)
  expect(lines).toEqual([label('child'), `└─ ${label('grandchild')}`])
})

test('a very deep chain is drawn without recursion', () => {
  const chain = Array.from({ length: 3_000 }, (_, depth) =>
    lease(`l${depth}`, depth === 0 ? null : `l${depth - 1}`),
  )
  expect(treeLines(chain, plain)).toHaveLength(3_000)
})

test('a holder cannot write control characters into the tree', () => {
  const [line] = treeLines([lease('x', null, 'live', 'x\u001b[2K')], plain)
  expect(line).toContain('x\\u001b[2K  live')
})
