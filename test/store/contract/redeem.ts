import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import { OPEN_TERMS } from '../../../src/domain/terms.ts'
import { later } from '../../../src/domain/time.ts'
import {
  decide,
  given,
  redeemed,
  revoke,
  T0,
  testAgent,
  testLease,
  testScope,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { people, redemptionRecords, tree, usesOf } from './redeem-tree.ts'

/** Redeeming: I6, I7, I10 and I11 at the store. */
export function redeemContract(openPlace: OpenPlace): void {
  describe('redeem', () => {
    it('spends, answers holders and the earliest end, and remembers the receipt', async () => {
      const { store, root, leaf } = await tree(openPlace)
      const spend = testSpend(leaf)
      const outcome = await store.redeem(spend)
      if (outcome.kind !== 'spent') throw new Error(outcome.kind)
      expect(outcome).toMatchObject({ at: T0, leaseEndsAt: T0 + 300, holders: leaf.holders })
      const kept = await store.read((reads) => reads.spentToken(DEFAULT_TENANT, spend.jti))
      expect(kept).toEqual({
        jti: spend.jti,
        certificate: spend.certificate,
        at: T0,
        record: outcome.record,
        bornLease: null,
      })
      expect(await usesOf(store, root, leaf)).toEqual([1, 1])
    })

    it('I7: a spent token is refused, naming the record of its first use', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf)
      const first = await store.redeem(spend)
      const second = await store.redeem(spend)
      if (first.kind !== 'spent' || second.kind !== 'refused') throw new Error('spent, refused')
      const { chain, sequence } = first.record
      expect(second.refusal).toMatchObject({
        code: 'token_used',
        facts: { spentChain: chain, spentSequence: sequence },
      })
    })

    it('I7: what a decision spent is refused at redemption, and debits nothing', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf)
      const { tenant, jti, expiresAt, certificate, lineage } = spend
      const [root] = lineage
      if (root === undefined || certificate === undefined) throw new Error('both are there')
      const token = { tenant, root, jti, expiresAt, certificate, at: T0, bornLease: null }
      expect((await decide(store, (tx) => tx.spendToken(token))).result.ok).toBe(true)
      expect(await redeemed(store, spend)).toBe('token_used')
      expect(await usesOf(store, leaf)).toEqual([0])
      const other = testSpend(leaf)
      expect(await redeemed(store, other)).toBe('spent')
      const late = await decide(store, (tx) => tx.spendToken({ ...token, jti: other.jti }))
      expect(late.result).toMatchObject({ ok: false, refusal: { code: 'token_used' } })
    })

    it('I7: of twenty redeemers one wins, and every loser has its record', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf)
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => redeemed(store, { ...spend })),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'token_used')).toHaveLength(19)
      expect(await redemptionRecords(store)).toBe(20)
      expect(await usesOf(store, leaf)).toEqual([1])
    })

    it('I7: handles on one database race for 200 tokens, and each is spent once', async () => {
      const place = openPlace()
      const { store, leaf } = await tree(() => place)
      const other = await place.open()
      const spends = Array.from({ length: 200 }, () => testSpend(leaf))
      const [ours, theirs] = await Promise.all(
        [store, other].map((handle) => Promise.all(spends.map((spend) => redeemed(handle, spend)))),
      )
      const winners = spends.map(
        (_, at) => [ours?.[at], theirs?.[at]].filter((outcome) => outcome === 'spent').length,
      )
      expect(new Set(winners)).toEqual(new Set([1]))
      expect(await usesOf(store, leaf)).toEqual([200])
    })

    it('tells a replay from an exhausted lease', async () => {
      const { store, leaf } = await tree(openPlace, { maxUses: 1 })
      const spend = testSpend(leaf)
      expect(await redeemed(store, spend)).toBe('spent')
      expect(await redeemed(store, spend)).toBe('token_used')
      expect(await redeemed(store, testSpend(leaf))).toBe('uses_exhausted')
    })

    it('keeps its answers in order within one batch of mixed spends', async () => {
      const { store, leaf } = await tree(openPlace)
      const good = testSpend(leaf)
      const batch = [good, testSpend(leaf, { expiresAt: T0 }), good, testSpend(leaf)]
      const outcomes = await Promise.all(batch.map((spend) => redeemed(store, spend)))
      expect(outcomes).toEqual(['spent', 'expired', 'token_used', 'spent'])
    })

    it('I11: concurrent siblings under one limit never overspend', async () => {
      const place = openPlace()
      const store = await place.open()
      const root = testLease('planner', { maxUses: 50 })
      const middle = testLease('worker', { parent: root })
      const leaves = Array.from({ length: 5 }, () => testLease('helper', { parent: middle }))
      await given(store, { agents: people(), leases: [root, middle, ...leaves] })
      const other = await place.open()
      const outcomes = await Promise.all(
        Array.from({ length: 120 }, (_, at) => {
          const leaf = leaves[at % leaves.length] ?? middle
          return redeemed(at % 2 === 0 ? store : other, testSpend(leaf))
        }),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(50)
      expect(outcomes.filter((outcome) => outcome === 'uses_exhausted')).toHaveLength(70)
      const uses = await usesOf(store, root, middle, ...leaves)
      expect(uses.slice(0, 2)).toEqual([50, 50])
      expect(uses.slice(2).reduce((sum, use) => sum + use, 0)).toBe(50)
    })

    it('a refused spend costs nothing: neither the token nor a use', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf)
      await revoke(store, `lease:${leaf.id}`, 'suspended')
      expect(await redeemed(store, spend)).toBe('suspended')
      await decide(store, async (tx) => {
        return accept(await tx.liftSuspension(DEFAULT_TENANT, `lease:${leaf.id}`))
      })
      expect(await usesOf(store, leaf)).toEqual([0])
      expect(await redeemed(store, spend)).toBe('spent')
    })
  })

  describe('contracts are live', () => {
    it('a moved contract asks for judgement, once for each agent, without a record', async () => {
      const { store, leaf } = await tree(openPlace)
      const contract = testScope(7)
      const terms = { ...OPEN_TERMS, expiresAt: later(T0, 60) }
      const next = testAgent('worker', { contractVersion: 2, contract, terms })
      const { tier } = next.attestation
      await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      const spend = testSpend(leaf)
      const before = await redemptionRecords(store)
      const moved = {
        kind: 'contractsMoved',
        contracts: [
          { agent: next.uri, version: 2, contract, endsAt: later(T0, 60), tier, keyOnly: false },
        ],
      }
      expect(await store.redeem(spend)).toEqual(moved)
      const stale = new Map([[next.uri, 1]])
      expect(await store.redeem({ ...spend, judged: stale })).toEqual(moved)
      expect(await redemptionRecords(store)).toBe(before)
      expect(await redeemed(store, { ...spend, judged: new Map([[next.uri, 2]]) })).toBe('spent')
    })

    it('a holder above counts too', async () => {
      const { store, leaf } = await tree(openPlace)
      for (const name of ['planner', 'worker']) {
        const next = testAgent(name, { contractVersion: 3 })
        await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      }
      const outcome = await store.redeem(testSpend(leaf))
      if (outcome.kind !== 'contractsMoved') throw new Error(outcome.kind)
      expect(outcome.contracts.map(({ agent }) => agent)).toEqual(leaf.holders)
    })
  })
}
