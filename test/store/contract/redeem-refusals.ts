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
  newLeaseId,
  OWNER,
  redeemed,
  revoke,
  SIGNING_KEY,
  T0,
  type TestClock,
  testSpend,
  thumbprint,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'
import { redemptionRecords, tree, usesOf } from './redeem-tree.ts'

const CHAIN_KEY = thumbprint('a holder in a chain') as string as KeyThumbprint

/** What redeeming refuses, one case each (I6), and that each refusal has its record (I10). */
export function redeemRefusalsContract(openPlace: OpenPlace): void {
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
        'a revoked key of a chain',
        'revoked',
        async ({ store, spend }) => {
          await revoke(store, `key:${CHAIN_KEY}`)
          return { ...spend, keys: [SIGNING_KEY, CHAIN_KEY] }
        },
      ],
      [
        'a suspended key of a chain beside a revoked certificate, as revoked',
        'revoked',
        async ({ store, spend }) => {
          await revoke(store, `key:${CHAIN_KEY}`, 'suspended')
          await revoke(store, `certificate:${spend.certificate}`)
          return { ...spend, keys: [CHAIN_KEY] }
        },
      ],
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
        'a contract above that has ended',
        'contract_expired',
        ({ store }) => contractEnds(store, 'planner', T0),
      ],
      [
        'a contract of the holder that has ended beside a released lease',
        'contract_expired',
        async ({ store, leaf }) => {
          await contractEnds(store, 'worker', T0 - 1)
          await decide(store, async (tx) => accept(await tx.recordRelease(leaf.id, tx.now)))
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

    it('nothing before a contract ends, and says that calls end with it', async () => {
      const { store, leaf } = await tree(openPlace)
      await contractEnds(store, 'planner', T0 + 20)
      const outcome = await store.redeem(testSpend(leaf))
      expect(outcome).toMatchObject({ kind: 'spent', leaseEndsAt: T0 + 20 })
    })

    it('another certificate or key being revoked changes nothing', async () => {
      const { store, leaf } = await tree(openPlace)
      await revoke(store, `certificate:${thumbprint('stranger')}`)
      await revoke(store, `key:${thumbprint('old key') as string as KeyThumbprint}`)
      await revoke(store, `tenant:default`, 'revoked', 'other' as TenantId)
      expect(await redeemed(store, testSpend(leaf))).toBe('spent')
    })
  })
}

/** The agent's contract ends, without a new version: as time passes. */
async function contractEnds(store: Store, name: string, at: number): Promise<void> {
  await decide(store, async (tx) => {
    const agent = await tx.agent(DEFAULT_TENANT, agentUri(name))
    if (agent === undefined) throw new Error('the agent is there')
    const terms = { ...agent.terms, expiresAt: epochSeconds(at) }
    return accept(await tx.updateAgent({ ...agent, terms }))
  })
}

type Break = (found: {
  readonly store: Store
  readonly root: Lease
  readonly leaf: Lease
  readonly clock: TestClock
  readonly spend: Spend
}) => Promise<Spend> | Promise<void> | Spend | undefined | void
