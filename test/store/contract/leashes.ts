import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type Jti, type TenantId } from '../../../src/domain/ids.ts'
import type { LeashRow } from '../../../src/domain/leash.ts'
import { LEASE_CUMULATIVE_SECONDS_MAX } from '../../../src/domain/limits.ts'
import { later } from '../../../src/domain/time.ts'
import { decide, given, T0, testAgent, testLease, thumbprint } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const jtiOf = (digit: number) => `${String(digit).repeat(21)}A` as Jti

/** What every store holds about leashes. */
export function leashesContract(openPlace: OpenPlace): void {
  describe('leashes', () => {
    async function stage() {
      const place = openPlace()
      const store = await place.open()
      const lease = testLease('worker')
      await given(store, { agents: [testAgent('worker')], leases: [lease] })
      const row = (digit: number, version: number): LeashRow => ({
        tenant: DEFAULT_TENANT,
        jti: jtiOf(digit),
        lease: lease.id,
        version,
        certificate: thumbprint('worker'),
        createdAt: T0,
        expiresAt: later(T0, 300),
      })
      const add = (leash: LeashRow) => decide(store, (tx) => tx.insertLeash(leash))
      const newest = () => store.read((reads) => reads.leashVersion(DEFAULT_TENANT, lease.id))
      return { store, clock: place.clock, row, add, newest }
    }

    it('are found by id in their own tenant, and a lease knows its newest', async () => {
      const { store, row, add, newest } = await stage()
      expect(await newest()).toBe(0)
      await add(row(1, 1))
      await add(row(2, 2))
      expect(await newest()).toBe(2)
      const read = (tenant: TenantId) => store.read((reads) => reads.leash(tenant, jtiOf(1)))
      expect(await read(DEFAULT_TENANT)).toEqual(row(1, 1))
      expect(await read('other' as TenantId)).toBeUndefined()
    })

    it('LEASHX-02: one version of a lease is given once', async () => {
      const { row, add, newest } = await stage()
      const both = await Promise.all([add(row(1, 1)), add(row(2, 1))])
      expect(both.filter(({ result }) => result.ok)).toHaveLength(1)
      expect(both.find(({ result }) => !result.ok)?.result).toMatchObject({
        refusal: { code: 'conflict' },
      })
      expect(await newest()).toBe(1)
    })

    it('are forgotten when their lease is over for good, and not before', async () => {
      const { store, clock, row, add, newest } = await stage()
      await add(row(1, 1))
      clock.at = later(T0, 300 + LEASE_CUMULATIVE_SECONDS_MAX)
      await store.sweep()
      expect(await newest()).toBe(1)
      clock.at = later(T0, 301 + LEASE_CUMULATIVE_SECONDS_MAX)
      await store.sweep()
      expect(await newest()).toBe(0)
    })
  })
}
