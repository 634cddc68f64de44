import { describe, expect, it } from 'vitest'
import {
  DEFAULT_TENANT,
  type KeyThumbprint,
  type LeaseId,
  type TenantId,
} from '../../../src/domain/ids.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import type { Spend } from '../../../src/domain/redemption.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  agentUri,
  decide,
  given,
  newLeaseId,
  OWNER,
  redeemed,
  revoke,
  SIGNING_KEY,
  T0,
  type TestClock,
  testAgent,
  testLease,
  testScope,
  testSpend,
  thumbprint,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

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

  describe('redeem refuses', () => {
    const cases: readonly (readonly [string, string, Break])[] = [
      ['an unknown lease', 'not_found', ({ spend }) => ({ ...spend, lineage: [newLeaseId()] })],
      ['an empty lineage', 'not_found', ({ spend }) => ({ ...spend, lineage: [] })],
      ['another tenant', 'not_found', ({ spend }) => ({ ...spend, tenant: 'other' as TenantId })],
      ['a lineage cut short', 'not_found', ({ spend, leaf }) => ({ ...spend, lineage: [leaf.id] })],
      [
        'a lineage with a stranger in it',
        'not_found',
        ({ spend, leaf, root }) => ({ ...spend, lineage: [root.id, newLeaseId(), leaf.id] }),
      ],
      [
        'a lineage written as one id',
        'not_found',
        ({ spend, leaf, root }) => ({ ...spend, lineage: [`${root.id}/${leaf.id}` as LeaseId] }),
      ],
      [
        'an agent that does not hold the lease',
        'holder_binding_failed',
        ({ spend }) => ({ ...spend, agent: agentUri('planner') }),
      ],
      ['a revoked ancestor', 'revoked', ({ store, root }) => revoke(store, `lease:${root.id}`)],
      ['a revoked lease', 'revoked', ({ store, leaf }) => revoke(store, `lease:${leaf.id}`)],
      ['a revoked holder', 'revoked', ({ store }) => revoke(store, `agent:${agentUri('worker')}`)],
      [
        'a revoked holder above',
        'revoked',
        ({ store }) => revoke(store, `agent:${agentUri('planner')}`),
      ],
      ['a revoked principal', 'revoked', ({ store }) => revoke(store, `principal:${OWNER}`)],
      ['a revoked tenant', 'revoked', ({ store }) => revoke(store, 'tenant:default')],
      ['a revoked signing key', 'revoked', ({ store }) => revoke(store, `key:${SIGNING_KEY}`)],
      [
        'a revoked certificate',
        'revoked',
        ({ store, spend }) => revoke(store, `certificate:${spend.certificate}`),
      ],
      [
        'a suspended certificate',
        'suspended',
        ({ store, spend }) => revoke(store, `certificate:${spend.certificate}`, 'suspended'),
      ],
      [
        'a suspended key beside a revoked lease, as revoked',
        'revoked',
        async ({ store, leaf }) => {
          await revoke(store, `key:${SIGNING_KEY}`, 'suspended')
          await revoke(store, `lease:${leaf.id}`)
        },
      ],
      [
        'a released ancestor',
        'released',
        async ({ store, root }) => {
          await decide(store, async (tx) => accept(await tx.recordRelease(root.id, tx.now)))
        },
      ],
      [
        'a lease at its end',
        'expired',
        ({ clock, spend }) => {
          clock.at = epochSeconds(T0 + 300)
          return { ...spend, expiresAt: epochSeconds(T0 + 900) }
        },
      ],
      [
        'a token at its end',
        'expired',
        ({ clock }) => {
          clock.at = epochSeconds(T0 + 60)
        },
      ],
    ]

    it.each(cases)('%s: %s', async (_, code, change) => {
      const place = openPlace()
      const found = await tree(() => place)
      const spend = testSpend(found.leaf)
      const before = await redemptionRecords(found.store)
      const changed = await change({ ...found, clock: place.clock, spend })
      expect(await redeemed(found.store, changed ?? spend)).toBe(code)
      expect(await redemptionRecords(found.store), 'I10: one record').toBe(before + 1)
      expect(await usesOf(found.store, found.leaf)).toEqual([0])
    })

    it('another certificate or key being revoked changes nothing', async () => {
      const { store, leaf } = await tree(openPlace)
      await revoke(store, `certificate:${thumbprint('stranger')}`)
      await revoke(store, `key:${thumbprint('old key') as string as KeyThumbprint}`)
      await revoke(store, `tenant:default`, 'revoked', 'other' as TenantId)
      expect(await redeemed(store, testSpend(leaf))).toBe('spent')
    })
  })

  describe('contracts are live', () => {
    it('a moved contract asks for judgement, once for each agent, without a record', async () => {
      const { store, leaf } = await tree(openPlace)
      const contract = testScope(7)
      const next = testAgent('worker', { contractVersion: 2, contract })
      await decide(store, async (tx) => accept(await tx.updateAgent(next)))
      const spend = testSpend(leaf)
      const before = await redemptionRecords(store)
      const moved = {
        kind: 'contractsMoved',
        contracts: [{ agent: next.uri, version: 2, contract }],
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

type Break = (found: {
  readonly store: Store
  readonly root: Lease
  readonly leaf: Lease
  readonly clock: TestClock
  readonly spend: Spend
}) => Promise<void> | Spend | undefined | void

function people() {
  return ['planner', 'worker', 'helper'].map((name) => testAgent(name))
}

async function tree(
  openPlace: OpenPlace,
  limits: { readonly maxUses?: number } = {},
): Promise<{ readonly store: Store; readonly root: Lease; readonly leaf: Lease }> {
  const store = await openPlace().open()
  const root = testLease('planner')
  const leaf = testLease('worker', { parent: root, expiresAt: epochSeconds(T0 + 300), ...limits })
  await given(store, { agents: people(), leases: [root, leaf] })
  return { store, root, leaf }
}

async function usesOf(store: Store, ...leases: readonly Lease[]): Promise<readonly number[]> {
  return store.read(async (reads) => {
    const uses: number[] = []
    for (const { tenant, id } of leases) {
      uses.push((await reads.lineage(tenant, id))?.lease.usesSpent ?? -1)
    }
    return uses
  })
}

async function redemptionRecords(store: Store): Promise<number> {
  const rows = await store.read((reads) => reads.auditRows({}, 10_000))
  return rows.filter((row) => JSON.parse(row.body).event === 'token.redeemed').length
}
