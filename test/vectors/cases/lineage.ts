import type { TokenKind } from '../../../src/domain/token.ts'
import { changed, type VectorCase, vector, withPayload } from '../case.ts'
import { leaseAt } from '../material.ts'

const [root, self, other] = [leaseAt(0), leaseAt(1), leaseAt(2)]
const many = (length: number): readonly string[] =>
  Array.from({ length }, (_, index) => leaseAt(index))

/** Positions in the tree that contradict themselves, or lie deeper than allowed. */
export function lineageCases(): readonly VectorCase[] {
  const rows: readonly [string, Record<string, unknown>, string][] = [
    ['an empty lineage', { lease: { id: self, lineage: [] } }, '/lease'],
    ['a lineage that is a text', { lease: { id: self, lineage: self } }, '/lease'],
    [
      'a lineage with something else',
      { lease: { id: self, lineage: [root, 'x', self] } },
      '/lease',
    ],
    ['a lease without an id', { lease: { lineage: [root, self] } }, '/lease'],
    ['a lease without a lineage', { lease: { id: self } }, '/lease'],
    [
      'a lease with another member',
      { lease: { id: self, lineage: [root, self], ep: 1 } },
      '/lease',
    ],
    ['an id that is no lease', { lease: { id: 'self', lineage: [root, 'self'] } }, '/lease'],
    ['a lineage of eighteen', { lease: { id: leaseAt(17), lineage: many(18) } }, '/lease'],
    ['a lineage that ends elsewhere', { lease: { id: self, lineage: [root, other] } }, '/lease'],
    ['a lineage self first', { lease: { id: self, lineage: [self, root] } }, '/lease'],
    ['a lineage without self', { lease: { id: self, lineage: [root] } }, '/lease'],
    [
      'a lineage that comes back',
      { lease: { id: self, lineage: [self, root, self] }, txn: self, del_depth: 2 },
      '/lease',
    ],
    ['a lineage with one twice', { lease: { id: self, lineage: [root, root, self] } }, '/lease'],
    ['another root than txn', { txn: other }, '/txn'],
    ['the lease itself as txn', { txn: self }, '/txn'],
    ['txn that is no lease', { txn: 'x' }, '/txn'],
    ['an ancestor left out', { lease: { id: self, lineage: [self] }, txn: self }, '/del_depth'],
    ['del_depth one too low', { del_depth: 0 }, '/del_depth'],
    ['del_depth one too high', { del_depth: 2 }, '/del_depth'],
  ]
  const told = ([name, claims, pointer]: (typeof rows)[number], kind: TokenKind): VectorCase =>
    vector(`lineage: ${name}`, withPayload(changed(claims, kind), kind), 'malformed', {
      kind,
      pointer,
    })
  return [
    ...rows.map((row) => told(row, 'call')),
    told(['a delegation at the depth of its parent', { del_depth: 1 }, '/del_depth'], 'delegation'),
    told(['a delegation two below its parent', { del_depth: 3 }, '/del_depth'], 'delegation'),
    told(
      [
        'a pinned delegation',
        { req: { htm: 'GET', htu: 'https://api.github.com/repos/acme/x' } },
        '/req',
      ],
      'delegation',
    ),
    vector(
      'lineage: deeper than del_max_depth',
      withPayload(changed({ del_max_depth: 0 })),
      'depth_invalid',
    ),
    vector(
      'lineage: a delegation deeper than del_max_depth',
      withPayload(changed({ del_max_depth: 1 }, 'delegation'), 'delegation'),
      'depth_invalid',
      { kind: 'delegation' },
    ),
    vector(
      'lineage: a delegation below the deepest place there is',
      withPayload(
        changed(
          {
            lease: { id: leaseAt(16), lineage: many(17) },
            txn: root,
            del_depth: 17,
            del_max_depth: 16,
          },
          'delegation',
        ),
        'delegation',
      ),
      'depth_invalid',
      { kind: 'delegation' },
    ),
  ]
}
