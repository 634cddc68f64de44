import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type LeaseId, type TenantId } from '../../../src/domain/ids.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { LeaseFilter } from '../../../src/store/ports/leases.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  agentUri,
  decide,
  given,
  newLeaseId,
  redeemed,
  revoke,
  T0,
  testAgent,
  testLease,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const FOREIGN = 'other' as TenantId

/** Leases: lineage, lists, subtrees, counts, renewal and release; I5. */
export function leasesContract(openPlace: OpenPlace): void {
  describe('leases', () => {
    it('are read with their lineage, root first', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const view = await store.read((reads) => reads.lineage(DEFAULT_TENANT, leaf.id))
      expect(view).toEqual({ lease: leaf, ancestors: [root, child] })
      const rootView = await store.read((reads) => reads.lineage(DEFAULT_TENANT, root.id))
      expect(rootView).toEqual({ lease: root, ancestors: [] })
    })

    it('that many open at once under one id are there once, and the others find it', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open()] as const
      await given(stores[0], { agents: [testAgent('planner')] })
      for (let round = 0; round < 5; round += 1) {
        const lease = testLease('planner')
        const born = await Promise.all(
          Array.from({ length: 8 }, (_, at) =>
            decide(stores[at % 2 === 0 ? 0 : 1], async (tx) => {
              const found = await tx.lineage(DEFAULT_TENANT, lease.id)
              if (found === undefined) await tx.insertLease(lease)
              return accept(found === undefined)
            }),
          ),
        )
        const firsts = born.filter(({ result }) => result.ok && result.value)
        expect([firsts.length, born.every(({ result }) => result.ok)]).toEqual([1, true])
      }
    })

    it('are unknown to another tenant', async () => {
      const { store, leaf } = await family(openPlace)
      const seen = await store.read(async (reads) => [
        await reads.lineage(FOREIGN, leaf.id),
        await reads.subtree(FOREIGN, leaf.id, 10),
        await reads.countSubtree(FOREIGN, leaf.id),
        await reads.countLiveChildren(FOREIGN, leaf.lineage[1] ?? leaf.id, 10),
        (await reads.leases({ tenant: FOREIGN }, { limit: 10, cursor: null })).items,
      ])
      expect(seen).toEqual([undefined, [], { leases: 0, live: 0 }, 0, []])
    })

    it('are listed by parent, roots alone, and by a part of holder or id', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const list = (filter: Partial<Parameters<typeof idsOf>[1]>) =>
        idsOf(store, { tenant: DEFAULT_TENANT, ...filter })
      expect(await list({ parent: null })).toEqual([root.id])
      expect(await list({ root: root.id, parent: root.id })).toEqual([child.id])
      expect(await list({ parent: leaf.id })).toEqual([])
      expect(await list({ text: leaf.id.slice(3) })).toEqual([leaf.id])
      expect(await list({ root: root.id, text: 'spiffe://' })).toEqual([root.id, child.id, leaf.id])
      for (const sign of ['%', '_nothing_', '\\']) expect(await list({ text: sign })).toEqual([])
    })

    it('are read by id and with the number of their children, those of a tenant alone', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const ids = [leaf.id, root.id, child.id, newLeaseId()]
      const [own, foreign] = await store.read(async (reads) => [
        [await reads.leasesOf(DEFAULT_TENANT, ids), await reads.countChildren(DEFAULT_TENANT, ids)],
        [await reads.leasesOf(FOREIGN, ids), await reads.countChildren(FOREIGN, ids)],
      ])
      expect(new Set(own?.[0] as readonly Lease[])).toEqual(new Set([root, child, leaf]))
      expect(own?.[1]).toEqual(
        new Map([
          [root.id, 1],
          [child.id, 1],
        ]),
      )
      expect(foreign).toEqual([[], new Map()])
    })

    it('I5: a lease that does not continue its parent is a fault and leaves nothing', async () => {
      const { store, root, child } = await family(openPlace)
      await given(store, { agents: [testAgent('worker', { tenant: FOREIGN })] })
      const wrong: Lease[] = [
        testLease('worker', { parent: root, tenant: FOREIGN }),
        testLease('worker', { parent: root, subject: 'mallory' as Lease['subject'] }),
        { ...testLease('worker', { parent: child }), parentId: root.id },
        { ...testLease('worker', { parent: root }), id: newLeaseId() },
        { ...testLease('worker', { parent: child }), lineage: [child.id, newLeaseId()] },
        testLease('worker', { parent: testLease('planner') }),
        { ...testLease('worker', { parent: root }), holders: [] },
      ]
      const before = await store.read((reads) => reads.countTree(DEFAULT_TENANT, root.id))
      for (const lease of wrong) {
        const inserted = decide(store, async (tx) => accept(await tx.insertLease(lease)))
        await expect(inserted).rejects.toThrow()
      }
      const after = await store.read((reads) => reads.countTree(DEFAULT_TENANT, root.id))
      expect(after).toBe(before)
    })

    it('I5: renewal and release move nothing but their own columns', async () => {
      const { store, child } = await family(openPlace)
      const renewed = { expiresAt: epochSeconds(T0 + 900), renewals: 1, grantedSeconds: 900 }
      await decide(store, async (tx) => {
        await tx.recordRenewal({ id: child.id, ...renewed })
        await tx.recordRelease(child.id, epochSeconds(T0 + 1))
        await tx.recordRelease(child.id, epochSeconds(T0 + 2))
        return accept(undefined)
      })
      const view = await store.read((reads) => reads.lineage(DEFAULT_TENANT, child.id))
      expect(view?.lease).toEqual({ ...child, ...renewed, releasedAt: T0 + 1 })
    })

    it('never get an earlier end, and unknown ones are a fault', async () => {
      const { store, child } = await family(openPlace)
      for (const id of [child.id, newLeaseId()]) {
        const earlier = { id, expiresAt: T0, renewals: 1, grantedSeconds: 1 }
        const renewed = decide(store, async (tx) => accept(await tx.recordRenewal(earlier)))
        await expect(renewed).rejects.toThrow('There is no such lease.')
      }
      const released = decide(store, async (tx) => accept(await tx.recordRelease(newLeaseId(), T0)))
      await expect(released).rejects.toThrow('There is no such lease.')
    })

    it('are listed newest first by holder, subject or tenant, and a tree by its paths', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const newer = testLease('worker', { openedAt: epochSeconds(T0 + 5) })
      await given(store, { leases: [newer] })
      const ids = async (filter: object) => {
        const seen: string[] = []
        let cursor: string | null = null
        do {
          const page = await store.read((reads) =>
            reads.leases({ tenant: DEFAULT_TENANT, ...filter }, { limit: 2, cursor }),
          )
          seen.push(...page.items.map((lease) => lease.id))
          cursor = page.cursor
        } while (cursor !== null)
        return seen
      }
      const byIdDown = [root, child, leaf].map((lease) => lease.id).sort((a, b) => (a < b ? 1 : -1))
      expect(await ids({})).toEqual([newer.id, ...byIdDown])
      expect(await ids({ holder: agentUri('planner') })).toEqual([root.id])
      expect(await ids({ subject: 'nobody' })).toEqual([])
      expect(await ids({ root: root.id })).toEqual([root.id, child.id, leaf.id])
      expect(await ids({ root: root.id, holder: agentUri('worker') })).toEqual([child.id])
    })

    it('are walked as subtrees, parents first, siblings left out, up to a limit', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const sibling = testLease('worker', { parent: root })
      await given(store, { leases: [sibling] })
      const subtree = (id: Lease['id'], limit: number) =>
        store.read((reads) => reads.subtree(DEFAULT_TENANT, id, limit))
      expect(await subtree(child.id, 10)).toEqual([child, leaf])
      expect((await subtree(root.id, 10)).map((lease) => lease.id).sort()).toEqual(
        [root.id, child.id, leaf.id, sibling.id].sort(),
      )
      expect(await subtree(root.id, 1)).toEqual([root])
      expect(await subtree(newLeaseId(), 10)).toEqual([])
    })
  })

  describe('counts', () => {
    it('tell how many leases were ever born in a tree', async () => {
      const { store, root } = await family(openPlace)
      const count = () => store.read((reads) => reads.countTree(DEFAULT_TENANT, root.id))
      expect(await count()).toBe(3)
      await revoke(store, `lease:${root.id}`)
      expect(await count()).toBe(3)
      expect(await store.read((reads) => reads.countTree(DEFAULT_TENANT, newLeaseId()))).toBe(0)
    })

    it('I6: a subtree counts as live only what lives with all its ancestors', async () => {
      const { store, root, child, leaf } = await family(openPlace)
      const other = testLease('worker', { parent: root })
      const under = testLease('helper', { parent: other, maxUses: 1 })
      await given(store, { leases: [other, under] })
      const count = (id: Lease['id']) =>
        store.read((reads) => reads.countSubtree(DEFAULT_TENANT, id))
      expect(await count(root.id)).toEqual({ leases: 5, live: 5 })
      await revoke(store, `lease:${child.id}`, 'suspended')
      expect(await count(root.id)).toEqual({ leases: 5, live: 3 })
      expect(await count(leaf.id)).toEqual({ leases: 1, live: 0 })
      expect(await redeemed(store, testSpend(under))).toBe('spent')
      expect(await count(root.id)).toEqual({ leases: 5, live: 2 })
      await revoke(store, `agent:${agentUri('worker')}`)
      expect(await count(root.id)).toEqual({ leases: 5, live: 1 })
      await decide(store, async (tx) => accept(await tx.recordRelease(root.id, tx.now)))
      expect(await count(root.id)).toEqual({ leases: 5, live: 0 })
    })

    it('walk a subtree of several thousand leases', async () => {
      const { store, root } = await family(openPlace)
      const leases = Array.from({ length: 4_500 }, () => testLease('worker', { parent: root }))
      for (let at = 0; at < leases.length; at += 100) {
        await given(store, { leases: leases.slice(at, at + 100) })
      }
      const counted = await store.read((reads) => reads.countSubtree(DEFAULT_TENANT, root.id))
      expect(counted).toEqual({ leases: 4_503, live: 4_503 })
    })

    it('of children know the dead ones, and suspended ones keep their place', async () => {
      const place = openPlace()
      const { store, root } = await family(() => place)
      const children = Array.from({ length: 6 }, (_, at) =>
        testLease('worker', {
          parent: root,
          expiresAt: epochSeconds(T0 + (at === 0 ? 5 : 600)),
          ...(at === 1 ? { maxUses: 1 } : {}),
        }),
      )
      await given(store, { leases: children })
      const count = (limit = 100) =>
        store.read((reads) => reads.countLiveChildren(DEFAULT_TENANT, root.id, limit))
      expect([await count(), await count(3)]).toEqual([7, 3])
      const [, limited, released, suspended, revoked] = children
      if (!(limited && released && suspended && revoked)) throw new Error('six children')
      expect(await redeemed(store, testSpend(limited))).toBe('spent')
      await decide(store, async (tx) => accept(await tx.recordRelease(released.id, tx.now)))
      await revoke(store, `lease:${suspended.id}`, 'suspended')
      await revoke(store, `lease:${revoked.id}`)
      expect(await count()).toBe(4)
      place.clock.at = epochSeconds(T0 + 5)
      expect(await count()).toBe(3)
    })
  })
}

async function family(openPlace: OpenPlace): Promise<{
  readonly store: Store
  readonly root: Lease
  readonly child: Lease
  readonly leaf: Lease
}> {
  const store = await openPlace().open()
  const agents = ['planner', 'worker', 'helper'].map((name) => testAgent(name))
  const root = testLease('planner')
  const child = testLease('worker', { parent: root })
  const leaf = testLease('helper', { parent: child })
  await given(store, { agents, leases: [root, child, leaf] })
  return { store, root, child, leaf }
}

async function idsOf(store: Store, filter: LeaseFilter): Promise<readonly LeaseId[]> {
  const page = await store.read((reads) => reads.leases(filter, { limit: 10, cursor: null }))
  return page.items.map(({ id }) => id)
}
