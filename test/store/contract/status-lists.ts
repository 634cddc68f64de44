import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { STATUS_INDEX_BLOCK, STATUS_LIST_SIZE } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  agentUri,
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

/** Status lists: numbers that nobody gets twice, and places that say what I6 says. */
export function statusListsContract(openPlace: OpenPlace): void {
  describe('status indexes', () => {
    it('come in blocks that no two draws share, also of another process and after a restart', async () => {
      const place = openPlace()
      const [one, two] = [await place.open(), await place.open()]
      const drawn = await Promise.all(
        Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? one : two).drawStatusIndexes()),
      )
      await one.close()
      drawn.push(await (await place.open()).drawStatusIndexes())
      const wanted = Array.from({ length: 9 }, (_, at) => at * STATUS_INDEX_BLOCK)
      expect(drawn.toSorted((a, b) => a - b)).toEqual(wanted)
    })

    it('are kept with the lease, and two leases never share one', async () => {
      const { store, root, child } = await family(openPlace)
      const view = await store.read((reads) => reads.lineage(DEFAULT_TENANT, child.id))
      expect(view).toEqual({ lease: child, ancestors: [root] })
      const twin = testLease('planner', { statusIndex: 7 })
      await expect(given(store, { leases: [twin] })).rejects.toThrow()
      const plain = [testLease('planner'), testLease('planner')]
      await given(store, { leases: plain })
      const bare = await store.read((reads) =>
        reads.lineage(DEFAULT_TENANT, plain[0]?.id ?? root.id),
      )
      expect(bare?.lease).toEqual(plain[0])
    })
  })

  describe('a status list', () => {
    it('is unknown until a number of it is drawn', async () => {
      const { store } = await family(openPlace)
      expect(await listOf(store, 0)).toEqual({ 5: 'valid', 7: 'valid', 11: 'valid' })
      expect(await listOf(store, 1)).toBeUndefined()
      while ((await store.drawStatusIndexes()) < STATUS_LIST_SIZE);
      expect(await listOf(store, 1)).toEqual({})
      expect(await listOf(store, 2)).toBeUndefined()
    })

    it('counts places from the beginning of each list', async () => {
      const { store, root } = await family(openPlace)
      while ((await store.drawStatusIndexes()) < STATUS_LIST_SIZE);
      const change = { parent: root, statusIndex: STATUS_LIST_SIZE }
      await given(store, { leases: [testLease('worker', change)] })
      expect(await listOf(store, 1)).toEqual({ 0: 'valid' })
      expect(await listOf(store, 0)).toEqual({ 5: 'valid', 7: 'valid', 11: 'valid' })
      await revoke(store, `lease:${root.id}`)
      expect(await listOf(store, 1)).toEqual({})
    })

    it('I6: leaves out what is revoked, with everything below it', async () => {
      const { store, child } = await family(openPlace)
      await revoke(store, `lease:${child.id}`)
      expect(await listOf(store)).toEqual({ 5: 'valid' })
    })

    it.each([
      ['an agent of the lineage', `agent:${agentUri('worker')}`, { 5: 'valid' }],
      ['the principal', 'principal:owner@acme.example', {}],
      ['the tenant', `tenant:${DEFAULT_TENANT}`, {}],
    ] as const)('I6: follows a revocation of %s', async (_name, subject, left) => {
      const { store } = await family(openPlace)
      await revoke(store, subject)
      expect(await listOf(store)).toEqual(left)
    })

    it('tells of a suspension until it is lifted', async () => {
      const { store, child } = await family(openPlace)
      await revoke(store, `lease:${child.id}`, 'suspended')
      expect(await listOf(store)).toEqual({ 5: 'valid', 7: 'suspended', 11: 'suspended' })
      await decide(store, async (tx) =>
        accept(await tx.liftSuspension(DEFAULT_TENANT, `lease:${child.id}`)),
      )
      expect(await listOf(store)).toEqual({ 5: 'valid', 7: 'valid', 11: 'valid' })
    })

    it('leaves out what was released, has ended, or has no use left', async () => {
      const { store, clock, child, leaf } = await family(openPlace)
      const small = testLease('planner', { maxUses: 1, statusIndex: 20 })
      const short = testLease('planner', { statusIndex: 21, expiresAt: epochSeconds(T0 + 5) })
      await given(store, { leases: [small, short] })
      const all = { 5: 'valid', 7: 'valid', 11: 'valid', 20: 'valid', 21: 'valid' }
      expect(await listOf(store)).toEqual(all)
      expect(await redeemed(store, testSpend(small))).toBe('spent')
      await decide(store, async (tx) => accept(await tx.recordRelease(child.id, T0)))
      expect(await listOf(store)).toEqual({ 5: 'valid', 21: 'valid' })
      clock.at = epochSeconds(T0 + 5)
      expect(await listOf(store)).toEqual({ 5: 'valid' })
      expect(leaf.releasedAt).toBeNull()
    })

    it('holds the leases of every tenant, each under its own revocations', async () => {
      const { store } = await family(openPlace)
      await given(store, {
        agents: [testAgent('planner', { tenant: FOREIGN })],
        leases: [testLease('planner', { tenant: FOREIGN, statusIndex: 30 })],
      })
      await revoke(store, `agent:${agentUri('planner')}`, 'revoked', FOREIGN)
      expect(await listOf(store)).toEqual({ 5: 'valid', 7: 'valid', 11: 'valid' })
    })

    it('asks for more ancestors and subjects than one statement names', async () => {
      const { store } = await family(openPlace)
      await store.drawStatusIndexes()
      const roots = Array.from({ length: 300 }, () => testLease('planner'))
      const children = roots.map((parent, at) =>
        testLease('worker', { parent, statusIndex: STATUS_INDEX_BLOCK + at }),
      )
      await given(store, { leases: [...roots, ...children] })
      await revoke(store, `lease:${roots[250]?.id ?? ''}`)
      const list = await listOf(store)
      expect(list?.[STATUS_INDEX_BLOCK + 249]).toBe('valid')
      expect(list?.[STATUS_INDEX_BLOCK + 250]).toBeUndefined()
      expect(Object.keys(list ?? {})).toHaveLength(3 + 299)
    })
  })
}

/** Places of a list with what they say. */
async function listOf(store: Store, list = 0): Promise<Record<number, string> | undefined> {
  const read = await store.read((reads) => reads.statusList(list))
  return read === undefined ? undefined : Object.fromEntries(read)
}

/** A root, its child and the child of that, at the places 5, 7 and 11. */
async function family(openPlace: OpenPlace) {
  const place = openPlace()
  const store = await place.open()
  const { clock } = place
  await store.drawStatusIndexes()
  const root = testLease('planner', { statusIndex: 5 })
  const child: Lease = testLease('worker', { parent: root, statusIndex: 7 })
  const leaf = testLease('tester', { parent: child, statusIndex: 11 })
  const agents = ['planner', 'worker', 'tester'].map((name) => testAgent(name))
  await given(store, { agents, leases: [root, child, leaf] })
  return { store, clock, root, child, leaf }
}
