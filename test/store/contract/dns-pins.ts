import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import type { Store } from '../../../src/store/ports.ts'
import { decide, given, testAgent, testLease } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const HOST = 'upstream.test'

/** The addresses trees are pinned to. */
export function dnsPinsContract(openPlace: OpenPlace): void {
  const pin = (store: Store, root: ReturnType<typeof testLease>, addresses: readonly string[]) =>
    decide(store, async (tx) =>
      accept(
        await tx.pinAddresses({ tenant: DEFAULT_TENANT, root: root.id, host: HOST, addresses }),
      ),
    ).then(({ result }) => (result.ok ? result.value : undefined))

  describe('pins of names', () => {
    it('CDP-18: of twenty who pin a name at once one wins, and all learn what stands', async () => {
      const store = await openPlace().open()
      const root = testLease('planner')
      await given(store, { agents: [testAgent('planner')], leases: [root] })
      const stood = await Promise.all(
        Array.from({ length: 20 }, (_, index) => pin(store, root, [`192.0.2.${index}`])),
      )
      expect(new Set(stood.map((addresses) => addresses?.join())).size).toBe(1)
      expect(await pin(store, root, ['198.51.100.1'])).toEqual(stood[0])
    })

    it('are those of one tree, one name and one tenant', async () => {
      const store = await openPlace().open()
      const [root, other] = [testLease('planner'), testLease('planner')]
      await given(store, { agents: [testAgent('planner')], leases: [root, other] })
      await pin(store, root, ['192.0.2.1', '2001:db8::1'])
      const read = (change: object) =>
        store.read((reads) =>
          reads.pinnedAddresses({ tenant: DEFAULT_TENANT, root: root.id, host: HOST, ...change }),
        )
      expect(await read({})).toEqual(['192.0.2.1', '2001:db8::1'])
      expect(await read({ root: other.id })).toBeUndefined()
      expect(await read({ host: 'other.test' })).toBeUndefined()
      expect(await read({ tenant: 'other' as TenantId })).toBeUndefined()
    })
  })
}
