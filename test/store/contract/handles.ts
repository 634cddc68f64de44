import { describe, expect, it } from 'vitest'
import type { Handle } from '../../../src/domain/handle.ts'
import { DEFAULT_TENANT, type HandleId, type TenantId } from '../../../src/domain/ids.ts'
import { TREE_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { subjectOf } from '../../../src/domain/revocation.ts'
import { later } from '../../../src/domain/time.ts'
import {
  decide,
  given,
  newLeaseId,
  T0,
  testAgent,
  testLease,
  thumbprint,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const idOf = (digit: number) => `handle_${String(digit).repeat(21)}A` as HandleId

function handleOf(lease: Handle['lease'], digit: number, change: Partial<Handle> = {}): Handle {
  return {
    id: idOf(digit),
    tenant: DEFAULT_TENANT,
    lease,
    digest: thumbprint(`handle ${digit}`),
    label: 'ci',
    certificate: null,
    addresses: ['10.0.0.0/8'],
    binding: null,
    process: null,
    createdBy: 'owner:alice',
    createdAt: later(T0, digit),
    expiresAt: later(T0, 300),
    revokedAt: null,
    ...change,
  }
}

/** What every store holds about handles. */
export function handlesContract(openPlace: OpenPlace): void {
  describe('handles', () => {
    async function stage() {
      const place = openPlace()
      const { clock } = place
      const store = await place.open()
      const lease = testLease('worker')
      await given(store, { agents: [testAgent('worker')], leases: [lease] })
      const add = (handle: Handle) =>
        decide(store, async (tx) => accept(await tx.insertHandle(handle)))
      return { store, clock, lease, add }
    }

    it('are found by digest and by id, in their own tenant', async () => {
      const { store, lease, add } = await stage()
      const handle = handleOf(lease.id, 1, { certificate: thumbprint('client') })
      await add(handle)
      expect(await store.read((reads) => reads.handleByDigest(handle.digest))).toEqual(handle)
      expect(await store.read((reads) => reads.handle(DEFAULT_TENANT, handle.id))).toEqual(handle)
      const foreign = await store.read((reads) => reads.handle('other' as TenantId, handle.id))
      expect(foreign).toBeUndefined()
    })

    it('are listed newest first, page by page, of one lease or of all', async () => {
      const { store, lease, add } = await stage()
      for (const digit of [1, 2, 3]) await add(handleOf(lease.id, digit))
      const filter = { tenant: DEFAULT_TENANT, lease: lease.id }
      const first = await store.read((reads) => reads.handles(filter, { limit: 2, cursor: null }))
      expect(first.items.map(({ id }) => id)).toEqual([idOf(3), idOf(2)])
      const rest = await store.read((reads) =>
        reads.handles({ tenant: DEFAULT_TENANT }, { limit: 2, cursor: first.cursor }),
      )
      expect(rest.items.map(({ id }) => id)).toEqual([idOf(1)])
      const none = await store.read((reads) =>
        reads.handles({ ...filter, lease: newLeaseId() }, { limit: 2, cursor: null }),
      )
      expect(none.items).toEqual([])
    })

    it('that are over or revoked are not counted, and the first revocation stays', async () => {
      const { store, clock, lease, add } = await stage()
      for (const digit of [1, 2]) await add(handleOf(lease.id, digit))
      await add(handleOf(lease.id, 3, { expiresAt: later(T0, 1) }))
      clock.at = later(T0, 2)
      const count = () => store.read((reads) => reads.countHandles(DEFAULT_TENANT, lease.id))
      expect(await count()).toBe(2)
      for (const seconds of [5, 6]) {
        await decide(store, async (tx) =>
          accept(await tx.recordHandleRevoked(DEFAULT_TENANT, idOf(1), later(T0, seconds))),
        )
      }
      expect(await count()).toBe(1)
      const read = await store.read((reads) => reads.handle(DEFAULT_TENANT, idOf(1)))
      expect(read?.revokedAt).toBe(later(T0, 5))
    })

    it('are swept long after their end, and not before', async () => {
      const { store, clock, lease, add } = await stage()
      await add(handleOf(lease.id, 1))
      const kept = () => store.read((reads) => reads.handle(DEFAULT_TENANT, idOf(1)))
      clock.at = later(T0, 300 + TREE_KEPT_SECONDS)
      await store.sweep()
      expect(await kept()).toBeDefined()
      clock.at = later(T0, 301 + TREE_KEPT_SECONDS)
      await store.sweep()
      expect(await kept()).toBeUndefined()
    })

    it('take with them what revoked them, so that what is in force does not grow', async () => {
      const { store, clock, lease, add } = await stage()
      const handle = handleOf(lease.id, 1)
      await add(handle)
      const subjects = ['own', 'other'].map((whose) =>
        subjectOf('certificate', whose === 'own' ? handle.digest : thumbprint('worker')),
      )
      for (const subject of subjects) {
        const revocation = { subject, effect: 'revoked', reason: 'leaked', at: T0 } as const
        await decide(store, async (tx) =>
          accept(await tx.recordRevocation(DEFAULT_TENANT, revocation)),
        )
      }
      const standing = () => store.read((reads) => reads.revocations(DEFAULT_TENANT, subjects))
      expect(await standing()).toHaveLength(2)
      clock.at = later(T0, 301 + TREE_KEPT_SECONDS)
      await store.sweep()
      expect((await standing()).map(({ subject }) => subject)).toEqual(subjects.slice(1))
    })
  })
}
