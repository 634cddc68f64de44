import { describe, expect, it } from 'vitest'
import type { Agent } from '../../../src/domain/agent.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { TREE_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import type { ScopeLimits } from '../../../src/domain/scope/types.ts'
import { OPEN_TERMS } from '../../../src/domain/terms.ts'
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
  testScope,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { people, redemptionRecords, usesOf } from './redeem-tree.ts'

const HOURS = 100

function rated(holder: string, rate: ScopeLimits['rate'], parent?: Lease): Lease {
  const scope = testScope()
  return testLease(holder, {
    scope: { ...scope, limits: { ...scope.limits, rate } },
    expiresAt: epochSeconds(T0 + HOURS * 3_600),
    ...(parent === undefined ? {} : { parent }),
  })
}

const spendOf = (lease: Lease) =>
  testSpend(lease, { expiresAt: epochSeconds(T0 + HOURS * 3_600 - 1) })

const per = (requests: number, per_seconds = 10) => ({ requests, per_seconds })

/** Root (3 in 10 s) over leaf (3) and sibling (2). */
async function ratedTree(openPlace: OpenPlace) {
  const place = openPlace()
  const store = await place.open()
  const root = rated('planner', per(3))
  const leaf = rated('worker', per(3), root)
  const sibling = rated('helper', per(2), root)
  await given(store, { agents: people(), leases: [root, leaf, sibling] })
  return { place, store, root, leaf, sibling }
}

const rateOf = async (store: Store, lease: Lease) => {
  const outcome = await store.redeem(spendOf(lease))
  return outcome.kind === 'spent' ? outcome.rate : outcome
}

/** Rates of leases and of contracts: I11 at the store. */
export function ratesContract(openPlace: OpenPlace): void {
  describe('rates of leases', () => {
    it('I11: count at the lease and at every ancestor, and refuse without spending', async () => {
      const { place, store, root, leaf, sibling } = await ratedTree(openPlace)
      expect(await redeemed(store, spendOf(sibling))).toBe('spent')
      expect(await redeemed(store, spendOf(sibling))).toBe('spent')
      expect(await redeemed(store, spendOf(sibling)), 'its own').toBe('rate_limited')
      expect(await redeemed(store, spendOf(leaf))).toBe('spent')
      const spend = spendOf(leaf)
      const before = await redemptionRecords(store)
      const outcome = await store.redeem(spend)
      const facts = { limit: 3, perSeconds: 10, retryAfterSeconds: 11, lease: root.id }
      expect(outcome, 'that of the root').toEqual({
        kind: 'refused',
        refusal: { code: 'rate_limited', facts, reasons: [] },
      })
      expect(await redemptionRecords(store), 'I10: one record').toBe(before + 1)
      expect(await usesOf(store, leaf)).toEqual([1])
      place.clock.at = epochSeconds(T0 + 10)
      expect(await redeemed(store, spend), 'a second early').toBe('rate_limited')
      place.clock.at = epochSeconds(T0 + 11)
      expect(await redeemed(store, spend), 'the token lives').toBe('spent')
    })

    it('tells of the rate that is closest to its limit', async () => {
      const { place, store, root, leaf, sibling } = await ratedTree(openPlace)
      const left = { perSeconds: 10, resetSeconds: 11 }
      expect(await rateOf(store, sibling)).toEqual({ limit: 2, remaining: 1, ...left })
      place.clock.at = epochSeconds(T0 + 4)
      const older = { perSeconds: 10, resetSeconds: 7 }
      expect(await rateOf(store, leaf)).toEqual({ limit: 3, remaining: 1, ...older })
      expect(await rateOf(store, root)).toEqual({ limit: 3, remaining: 0, ...older })
      const outcome = await store.redeem(spendOf(sibling))
      expect(outcome).toMatchObject({ refusal: { facts: { retryAfterSeconds: 7 } } })
    })

    it('a lease without a rate is told of none', async () => {
      const store = await openPlace().open()
      const free = rated('planner', 'unlimited')
      await given(store, { agents: people(), leases: [free] })
      expect(await store.redeem(spendOf(free))).not.toHaveProperty('rate')
    })

    it('a replay is told from a rate that is used up', async () => {
      const { store, sibling } = await ratedTree(openPlace)
      const spend = spendOf(sibling)
      expect(await redeemed(store, spend)).toBe('spent')
      expect(await redeemed(store, spendOf(sibling))).toBe('spent')
      expect(await redeemed(store, spend)).toBe('token_used')
    })

    it('what is refused for another reason counts in no rate', async () => {
      const { store, leaf } = await ratedTree(openPlace)
      await revoke(store, `lease:${leaf.id}`, 'suspended')
      for (let turn = 0; turn < 5; turn += 1) {
        expect(await redeemed(store, spendOf(leaf))).toBe('suspended')
      }
      await decide(store, async (tx) => {
        return accept(await tx.liftSuspension(leaf.tenant, `lease:${leaf.id}`))
      })
      const spend = spendOf(leaf)
      const batch = await Promise.all([spend, spend, spend].map((one) => redeemed(store, one)))
      expect(batch).toEqual(['spent', 'token_used', 'token_used'])
      expect(await rateOf(store, leaf)).toMatchObject({ limit: 3, remaining: 1 })
    })

    it('I11: concurrent siblings on two handles never exceed the rate of their root', async () => {
      const { place, store, leaf, sibling } = await ratedTree(openPlace)
      const other = await place.open()
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          redeemed(at % 2 === 0 ? store : other, spendOf(at % 4 < 2 ? leaf : sibling)),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(3)
      expect(outcomes.filter((outcome) => outcome === 'rate_limited')).toHaveLength(37)
    })

    it('I11: a clock step back gives nothing back, in any handle', async () => {
      const { place, store, leaf } = await ratedTree(openPlace)
      place.clock.at = epochSeconds(T0 + 100)
      for (let turn = 0; turn < 3; turn += 1) {
        expect(await redeemed(store, spendOf(leaf))).toBe('spent')
      }
      place.clock.at = T0
      expect(await redeemed(store, spendOf(leaf))).toBe('rate_limited')
      expect(await redeemed(await place.open(), spendOf(leaf))).toBe('rate_limited')
    })

    it('are swept with their tree', async () => {
      const { place, store, root, leaf } = await ratedTree(openPlace)
      expect(await redeemed(store, spendOf(leaf))).toBe('spent')
      place.clock.at = epochSeconds(root.expiresAt + TREE_KEPT_SECONDS + 1)
      expect(await store.sweep()).toBeGreaterThan(0)
      expect(await redeemed(store, spendOf(leaf))).toBe('not_found')
    })
  })

  describe('rates of contracts', () => {
    const termsOf = (rate: Agent['terms']['rate']) => ({ ...OPEN_TERMS, rate })

    /** A worker with terms, and two leases of it in trees of their own. */
    const bound = async (rate: Agent['terms']['rate']) => {
      const place = openPlace()
      const store = await place.open()
      const [planner, , helper] = people()
      const worker = testAgent('worker', { terms: termsOf(rate) })
      const [first, second] = [rated('worker', 'unlimited'), rated('worker', 'unlimited')]
      const below = rated('helper', 'unlimited', first)
      const agents = [planner, worker, helper].filter((agent) => agent !== undefined)
      await given(store, { agents, leases: [first, second, below] })
      return { place, store, first, second, below }
    }

    it('I11: calls of an agent count in its hour, whatever lease they are from', async () => {
      const { place, store, first, second, below } = await bound({ hour: 3, day: 4 })
      for (const lease of [first, second, first]) {
        expect(await redeemed(store, spendOf(lease))).toBe('spent')
      }
      const outcome = await store.redeem(spendOf(second))
      expect(outcome).toMatchObject({
        refusal: {
          code: 'rate_limited',
          facts: { limit: 3, perSeconds: 3_600, contract: agentUri('worker') },
        },
      })
      expect(await redeemed(store, spendOf(below)), 'of another agent').toBe('spent')
      place.clock.at = epochSeconds(T0 + 3_661)
      expect(await rateOf(store, second)).toMatchObject({ limit: 4, remaining: 0 })
      const day = await store.redeem(spendOf(first))
      expect(day).toMatchObject({ refusal: { facts: { limit: 4, perSeconds: 86_400 } } })
    })

    it('LEASH-30: what was counted of an agent can be read, and nothing of others', async () => {
      const { store, first } = await bound({ hour: 3, day: 'unlimited' })
      const countedOf = (name: string) =>
        store.read(async (reads) => {
          const counted = await reads.agentRate(first.tenant, agentUri(name), 3_600)
          return counted.reduce((sum, [, admitted]) => sum + admitted, 0)
        })
      expect(await countedOf('worker')).toBe(0)
      await redeemed(store, spendOf(first))
      await redeemed(store, spendOf(first))
      expect(await countedOf('worker')).toBe(2)
      expect(await countedOf('stranger')).toBe(0)
    })

    it('I11: agents in trees of their own, on two handles, share their hour', async () => {
      const { place, store, first, second } = await bound({ hour: 7, day: 'unlimited' })
      const other = await place.open()
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, at) =>
          redeemed(at % 2 === 0 ? store : other, spendOf(at % 4 < 2 ? first : second)),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(7)
    })

    it('terms that were lowered count what was called before', async () => {
      const { store, first } = await bound({ hour: 5, day: 'unlimited' })
      for (let turn = 0; turn < 3; turn += 1) await redeemed(store, spendOf(first))
      const terms = termsOf({ hour: 2, day: 'unlimited' })
      const lowered = testAgent('worker', { contractVersion: 2, terms })
      await decide(store, async (tx) => accept(await tx.updateAgent(lowered)))
      const spend = { ...spendOf(first), judged: new Map([[agentUri('worker'), 2]]) }
      expect(await redeemed(store, spend)).toBe('rate_limited')
    })

    it('a rate that a contract sets or lowers binds leases that are open', async () => {
      const { store, leaf } = await ratedTree(openPlace)
      const spend = () => ({ ...spendOf(leaf), judged: new Map([[agentUri('worker'), 2]]) })
      expect(await redeemed(store, spendOf(leaf))).toBe('spent')
      const scope = testScope()
      const set = async (rate: ScopeLimits['rate']) => {
        const contract = { ...scope, limits: { ...scope.limits, rate } }
        const next = testAgent('worker', { contractVersion: 2, contract })
        await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      }
      await set(per(1))
      expect(await redeemed(store, spend()), 'lower over the same seconds').toBe('rate_limited')
      await set(per(1, 5))
      expect(await redeemed(store, spend()), 'another window, counted from now on').toBe('spent')
      expect(await redeemed(store, spend())).toBe('rate_limited')
      await set(per(9))
      expect(await redeemed(store, spend()), 'raised: the lease stays as it was').toBe('spent')
      expect(await redeemed(store, spend())).toBe('rate_limited')
    })
  })
}
