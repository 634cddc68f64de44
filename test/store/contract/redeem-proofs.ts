import { describe, expect, it } from 'vitest'
import type { KeyThumbprint } from '../../../src/domain/ids.ts'
import type { Spend } from '../../../src/domain/redemption.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { redeemed, revoke, T0, testSpend, thumbprint } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { tree, usesOf } from './redeem-tree.ts'

const PROOF_KEY = thumbprint('proof key') as string as KeyThumbprint

/** What is true of calls that prove a key (RFC 9449), whatever the database. */
export function redeemProofsContract(openPlace: OpenPlace): void {
  describe('a spend that proves a key', () => {
    const proofOf = (id: string) => ({ id, expiresAt: epochSeconds(T0 + 61) })
    const proving = (id: string): Partial<Spend> => ({ proofKey: PROOF_KEY, proof: proofOf(id) })

    it('is refused with a proof that was shown before, and keeps its token', async () => {
      const { store, leaf } = await tree(openPlace, { maxUses: 9 })
      expect(await redeemed(store, testSpend(leaf, proving('a')))).toBe('spent')
      const second = testSpend(leaf, proving('a'))
      expect(await redeemed(store, second)).toBe('proof_invalid')
      expect(await usesOf(store, leaf)).toEqual([1])
      expect(await redeemed(store, { ...second, proof: proofOf('b') })).toBe('spent')
    })

    it('I7: a token that was spent is told so, also with its old proof', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf, proving('a'))
      expect(await redeemed(store, spend)).toBe('spent')
      expect(await redeemed(store, spend)).toBe('token_used')
      expect(await redeemed(store, { ...spend, proof: proofOf('b') })).toBe('token_used')
    })

    it('of twenty at once with one proof one wins, each with a token of its own', async () => {
      const { store, leaf } = await tree(openPlace)
      const spends = Array.from({ length: 20 }, () => testSpend(leaf, proving('a')))
      const outcomes = await Promise.all(spends.map((spend) => redeemed(store, spend)))
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'proof_invalid')).toHaveLength(19)
      expect(await usesOf(store, leaf)).toEqual([1])
    })

    it('a refusal before that leaves the proof as it was', async () => {
      const { store, leaf } = await tree(openPlace)
      const other = { agent: 'spiffe://acme.example/agent/nobody' as Spend['agent'] }
      const refused = testSpend(leaf, { ...proving('a'), ...other })
      expect(await redeemed(store, refused)).toBe('holder_binding_failed')
      expect(await redeemed(store, testSpend(leaf, proving('a')))).toBe('spent')
    })

    it('needs no certificate, and is remembered by its key', async () => {
      const { store, leaf } = await tree(openPlace)
      const spend = testSpend(leaf, { ...proving('a'), certificate: undefined })
      expect(await redeemed(store, spend)).toBe('spent')
      const spent = await store.read((reads) => reads.spentToken(leaf.tenant, spend.jti))
      expect(spent?.certificate).toBe(PROOF_KEY)
    })

    it('I9: dies with its key', async () => {
      const { store, leaf } = await tree(openPlace)
      await revoke(store, `key:${PROOF_KEY}`)
      expect(await redeemed(store, testSpend(leaf, proving('a')))).toBe('revoked')
      expect(await redeemed(store, testSpend(leaf))).toBe('spent')
    })
  })
}
