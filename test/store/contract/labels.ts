import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import type { LabelText } from '../../../src/domain/labels.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { LABEL_PREVIEW_LEASES_MAX, TREE_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { LeaseFilter } from '../../../src/store/ports/leases.ts'
import type { Page, Store } from '../../../src/store/ports.ts'
import {
  decide,
  given,
  redeemed,
  revoke,
  T0,
  testAgent,
  testLease,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const FOREIGN = 'other' as TenantId
const APOLLO: LabelText = 'project=apollo'

/** Labels: of whole trees, to find leases by and to revoke by. */
export function labelsContract(openPlace: OpenPlace): void {
  describe('labels', () => {
    it('come back with each lease of the tree, in one order', async () => {
      const { store, root, child, plain } = await forest(openPlace)
      const view = await store.read((reads) => reads.lineage(DEFAULT_TENANT, child.id))
      expect(view).toEqual({ lease: child, ancestors: [root] })
      expect(view?.lease.labels).toEqual({ project: 'apollo', team: 'a' })
      const other = await store.read((reads) => reads.lineage(DEFAULT_TENANT, plain.id))
      expect(other?.lease.labels).toEqual({})
    })

    it('I5: a child that has others than its parent is a fault and leaves nothing', async () => {
      const { store, root } = await forest(openPlace)
      for (const labels of [{}, { project: 'apollo' }, { project: 'zeus', team: 'a' }]) {
        const other = testLease('worker', { parent: root, labels })
        await expect(
          decide(store, async (tx) => accept(await tx.insertLease(other))),
        ).rejects.toThrow()
      }
      expect(await store.read((reads) => reads.countTree(DEFAULT_TENANT, root.id))).toBe(2)
    })

    it('find their leases, newest first and page by page, those of a tenant alone', async () => {
      const { store, root, child, other } = await forest(openPlace)
      const all = [root.id, child.id, other.id].toSorted().toReversed()
      expect(await idsOf(store, { tenant: DEFAULT_TENANT, label: APOLLO })).toEqual(all)
      expect(await idsOf(store, { tenant: DEFAULT_TENANT, label: 'team=a', parent: null })).toEqual(
        [root.id],
      )
      expect(await idsOf(store, { tenant: DEFAULT_TENANT, text: 'ect=apollo te' })).toHaveLength(2)
      expect(await idsOf(store, { tenant: FOREIGN, label: APOLLO })).toEqual([])
      expect(await idsOf(store, { tenant: DEFAULT_TENANT, label: 'project=apoll' })).toEqual([])
    })

    it('I6, I9: one row ends every tree that has one, and no other', async () => {
      const { store, root, child, other, plain } = await forest(openPlace)
      const outcome = async (lease: typeof root) => {
        const done = await store.redeem(testSpend(lease))
        return done.kind === 'refused' ? done.refusal.code : done.kind
      }
      expect(await redeemed(store, testSpend(child))).toBeDefined()
      await revoke(store, `label:${APOLLO}`)
      expect([await outcome(child), await outcome(other), await outcome(plain)]).toEqual([
        'revoked',
        'revoked',
        'spent',
      ])
      const count = await store.read((reads) => reads.countSubtree(DEFAULT_TENANT, root.id))
      expect(count).toEqual({ leases: 2, live: 0 })
      const census = await store.read((reads) => reads.countLive())
      expect(census.live).toBe(1)
    })

    it('another that only begins alike, or is of another tenant, ends nothing', async () => {
      const { store, child } = await forest(openPlace)
      await revoke(store, 'label:project=apoll')
      await revoke(store, 'label:roject=apollo')
      await decide(store, async (tx) => {
        const row = { subject: `label:${APOLLO}`, effect: 'revoked', reason: '', at: T0 } as const
        return accept(await tx.recordRevocation(FOREIGN, row))
      })
      expect((await store.redeem(testSpend(child))).kind).toBe('spent')
      expect((await store.read((reads) => reads.countLive())).live).toBe(4)
    })

    it('are counted with who holds them, up to a limit', async () => {
      const { store, root } = await forest(openPlace)
      const counted = (limit: number, tenant = DEFAULT_TENANT) =>
        store.read((reads) => reads.countLabelled(tenant, APOLLO, limit))
      const holders = expect.arrayContaining([...root.holders])
      expect(await counted(LABEL_PREVIEW_LEASES_MAX)).toEqual({
        leases: 3,
        live: 3,
        holders,
        whole: true,
      })
      expect(await counted(3)).toMatchObject({ leases: 3, whole: true })
      expect(await counted(2)).toMatchObject({ leases: 2, whole: false })
      expect(await counted(10, FOREIGN)).toMatchObject({ leases: 0, live: 0, whole: true })
      await revoke(store, `lease:${root.id}`)
      expect(await counted(10)).toMatchObject({ leases: 3, live: 1 })
    })

    it('go with their tree', async () => {
      const { store, clock, root, child, other } = await forest(openPlace)
      clock.at = epochSeconds(T0 + 600 + TREE_KEPT_SECONDS + 2)
      await store.sweep()
      // What was left of them would be in the way of the same again.
      await given(store, { leases: [root, child, other] })
      await store.sweep()
      const gone = await store.read((reads) => reads.countLabelled(DEFAULT_TENANT, APOLLO, 10))
      expect(gone).toEqual({ leases: 0, live: 0, holders: [], whole: true })
    })
  })
}

/** A labelled tree of two, another of one, and one without labels. */
async function forest(openPlace: OpenPlace) {
  const place = openPlace()
  const store = await place.open()
  const labels = { project: 'apollo', team: 'a' }
  const root = testLease('planner', { labels })
  const child = testLease('worker', { parent: root })
  const other = testLease('planner', { labels: { project: 'apollo' } })
  const plain = testLease('planner')
  const leases = [root, child, other, plain]
  await given(store, { agents: [testAgent('planner'), testAgent('worker')], leases })
  return { store, clock: place.clock, root, child, other, plain }
}

async function idsOf(store: Store, filter: LeaseFilter): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const after: string | null = cursor
    const page: Page<Lease> = await store.read((reads) =>
      reads.leases(filter, { limit: 2, cursor: after }),
    )
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== null)
  return ids
}
