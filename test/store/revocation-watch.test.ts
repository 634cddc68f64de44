import { expect, it } from 'vitest'
import { parseTenantId, type TenantId } from '../../src/domain/ids.ts'
import type { RevocationChange } from '../../src/domain/revocation.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'
import { RevocationWatch } from '../../src/store/revocations/revocation-watch.ts'

const CHANGE: RevocationChange = {
  seq: 1,
  tenant: parseTenantId('default') as TenantId,
  subject: 'tenant:default',
  effect: 'revoked',
  reason: 'stop',
  at: 1_800_000_000 as EpochSeconds,
}

it('I9: a change that could not be read is asked for again, and told once', async () => {
  const told: (readonly RevocationChange[])[] = []
  const faults: unknown[] = []
  let failures = 3
  const watch = new RevocationWatch(
    {
      head: async () => 0,
      async since(seq) {
        if (seq === 1) return undefined
        failures -= 1
        if (failures >= 0) throw new Error('the disk did not answer')
        return { head: 1, changes: [CHANGE] }
      },
    },
    (fault) => faults.push(fault),
  )
  await watch.begin()
  watch.listen((changes) => told.push(changes))
  await expect.poll(() => told.length).toBe(1)
  await watch.close()
  expect(told).toEqual([[CHANGE]])
  expect(faults).toHaveLength(1)
})
