import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { accountsOf, budgetTree, settled, usd } from '../../support/budgets.ts'
import { agentUri, redeemed, revoke, testSpend } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** Settling what calls reserved: I11 and I10 at the store. */
export function settlementsContract(openPlace: OpenPlace): void {
  describe('budgets: settle', () => {
    it('commits what a call cost and gives the rest back, everywhere above', async () => {
      const { store, root, middle, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      expect(await settled(store, spend, [usd(4)])).toBe('settled')
      expect(await accountsOf(store, root, middle, leaf)).toEqual([
        [0, 4],
        [0, 4],
        [0, 4],
      ])
    })

    it('a release gives everything back', async () => {
      const { store, root, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(60)] })
      await store.redeem(spend)
      expect(await settled(store, spend, 'released')).toBe('settled')
      expect(await accountsOf(store, root, leaf)).toEqual([
        [0, 0],
        [0, 0],
      ])
      expect(await redeemed(store, testSpend(leaf, { costs: [usd(60)] }))).toBe('spent')
    })

    it('I11: the reservation was the ceiling: more is refused and changes nothing', async () => {
      const { store, root, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      const tokens = { unit: 'tokens', decimals: 0, amount: 1 }
      const wrong = [
        [usd(11)],
        [usd(1, 0)],
        [usd(1001, 4)],
        [usd(-1)],
        [],
        [tokens],
        [usd(1), tokens],
        [usd(1), usd(1)],
        [usd(Number.MAX_SAFE_INTEGER)],
      ]
      for (const actual of wrong) expect(await settled(store, spend, actual)).toBe('malformed')
      expect(await accountsOf(store, root, leaf)).toEqual([
        [10, 0],
        [10, 0],
      ])
      expect(await settled(store, spend, [usd(1000, 4)])).toBe('settled')
    })

    it('the same settlement again is accepted, another is a conflict', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      expect(await settled(store, spend, [usd(4)])).toBe('settled')
      expect(await settled(store, spend, [usd(4)])).toBe('again')
      expect(await settled(store, spend, [usd(5)])).toBe('conflict')
      expect(await settled(store, spend, 'released')).toBe('conflict')
      expect(await accountsOf(store, leaf)).toEqual([[0, 4]])
    })

    it('of twenty settlements on two handles one moves the amount', async () => {
      const place = openPlace()
      const { store, leaf } = await budgetTree(() => place)
      const other = await place.open()
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      const told = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          settled(at % 2 === 0 ? store : other, spend, [usd(4)]),
        ),
      )
      expect(told.filter((one) => one === 'settled')).toHaveLength(1)
      expect(told.filter((one) => one === 'again')).toHaveLength(19)
      expect(await accountsOf(store, leaf)).toEqual([[0, 4]])
    })

    it('an enforcement point settles what it redeemed itself; people settle all', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      const ours = agentUri('gateway')
      const spend = testSpend(leaf, { costs: [usd(10)], point: ours })
      await store.redeem(spend)
      expect(await settled(store, spend, 'released', agentUri('other'))).toBe('not_found')
      expect(await settled(store, spend, 'released', null)).toBe('not_found')
      expect(await settled(store, spend, 'released', ours)).toBe('settled')
      const local = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(local)
      expect(await settled(store, local, [usd(1)], ours)).toBe('not_found')
      expect(await settled(store, local, [usd(1)], 'any')).toBe('settled')
    })

    it('revoking a lease does not keep its calls from being settled', async () => {
      const { store, root, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      await revoke(store, `lease:${root.id}`)
      expect(await settled(store, spend, [usd(10)])).toBe('settled')
      expect(await accountsOf(store, root)).toEqual([[0, 10]])
    })

    it('I10: each settlement, refused or not, has one record', async () => {
      const { store, leaf } = await budgetTree(openPlace)
      const spend = testSpend(leaf, { costs: [usd(10)] })
      await store.redeem(spend)
      await settled(store, spend, [usd(11)])
      await settled(store, spend, [usd(4)])
      const rows = await store.read((reads) => reads.auditRows({}, 100))
      const told = rows
        .map((row) => JSON.parse(row.body))
        .filter(({ event }) => event === 'reservation.settled')
      expect(told.map(({ outcome }) => outcome)).toEqual(['malformed', 'allowed'])
      expect(told[1].facts).toEqual({ jti: spend.jti, spent: '0.04 USD', again: false })
    })

    it('what calls took of budgets is listed, settled or not, for the lease they are below', async () => {
      const { store, root, middle, leaf, sibling } = await budgetTree(openPlace)
      const spends = [leaf, sibling].map((lease) => testSpend(lease, { costs: [usd(2)] }))
      for (const spend of spends) await store.redeem(spend)
      const [first] = spends
      if (first === undefined) throw new Error('two')
      await settled(store, first, 'released')
      const moves = async (id = root.id, limit = 10, cursor: string | null = null) =>
        store.read((reads) => reads.budgetMoves(DEFAULT_TENANT, id, { limit, cursor }))
      const page = await moves(root.id, 1)
      const next = await moves(root.id, 1, page.cursor)
      const both = [...page.items, ...next.items]
      expect(both.map(({ amount }) => amount)).toEqual([2, 2])
      expect(both.filter(({ settled: end }) => end !== null)).toHaveLength(1)
      expect(next.cursor).toBeNull()
      expect((await moves(middle.id)).items).toEqual([
        expect.objectContaining({ settled: { at: expect.any(Number), spent: 0 } }),
      ])
    })

    it('what is open is listed for the lease and everything above, page by page', async () => {
      const { store, root, middle, leaf, sibling } = await budgetTree(openPlace)
      const spends = [leaf, leaf, sibling].map((lease) => testSpend(lease, { costs: [usd(2)] }))
      for (const spend of spends) await store.redeem(spend)
      const [first] = spends
      if (first === undefined) throw new Error('three')
      await settled(store, first, 'released')
      const open = async (id = root.id, cursor: string | null = null) =>
        store.read((reads) => reads.openReservations(DEFAULT_TENANT, id, { limit: 1, cursor }))
      const page = await open()
      const next = await open(root.id, page.cursor)
      const jtis = [...page.items, ...next.items].map(({ jti }) => jti)
      expect(new Set(jtis)).toEqual(new Set(spends.slice(1).map(({ jti }) => jti)))
      expect(next.cursor).toBeNull()
      expect((await open(middle.id)).items).toEqual([
        expect.objectContaining({ lease: leaf.id, jti: spends[1]?.jti, amount: 2, point: null }),
      ])
    })
  })
}
