import { describe, expect, it } from 'vitest'
import type { PrincipalId } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { LeasePlace } from '../../../src/store/ports/census.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  agentUri,
  decide,
  given,
  OWNER,
  redeemed,
  revoke,
  T0,
  testAgent,
  testLease,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** What is counted for the numbers of a process; I6. */
export function censusContract(openPlace: OpenPlace): void {
  describe('the census of live leases', () => {
    it('I6: leaves out what ended, what was revoked or suspended, and all below it', async () => {
      const { store, child, other, limited } = await trees(openPlace)
      expect(await live(store)).toBe(6)
      await revoke(store, `lease:${child.id}`, 'suspended')
      expect(await live(store)).toBe(4)
      expect(await redeemed(store, testSpend(limited))).toBe('spent')
      expect(await live(store)).toBe(3)
      await decide(store, async (tx) => accept(await tx.recordRelease(other.id, tx.now)))
      expect(await live(store)).toBe(2)
      await revoke(store, `agent:${agentUri('planner')}`)
      expect(await live(store)).toBe(0)
    })

    it.each(['principal:ann' as const, `principal:${OWNER}` as const, 'tenant:default' as const])(
      'knows what is revoked through %s',
      async (subject) => {
        const { store } = await trees(openPlace)
        await revoke(store, subject)
        expect(await live(store)).toBe(subject === 'principal:ann' ? 5 : 0)
      },
    )

    it('knows what is over', async () => {
      const place = openPlace()
      const { store } = await trees(() => place)
      place.clock.at = epochSeconds(T0 + 100_000)
      await decide(store, async () => accept(undefined))
      expect(await live(store)).toBe(0)
    })

    it('walks thousands in stretches, and past the rest of a dead subtree at once', async () => {
      const { store, other } = await trees(openPlace)
      const leases = Array.from({ length: 4_100 }, () => testLease('helper', { parent: other }))
      for (let at = 0; at < leases.length; at += 100) {
        await given(store, { leases: leases.slice(at, at + 100) })
      }
      expect(await walk(store)).toEqual({ live: 4_106, reads: 3 })
      await revoke(store, `lease:${other.id}`)
      expect(await walk(store)).toEqual({ live: 5, reads: 2 })
    })
  })
}

/** Two trees of six leases, of two people and two who answer for them. */
async function trees(openPlace: OpenPlace) {
  const store = await openPlace().open()
  const agents = ['planner', 'worker', 'helper'].map((name) => testAgent(name))
  const root = testLease('planner')
  const child = testLease('worker', { parent: root })
  const leaf = testLease('helper', { parent: child })
  const limited = testLease('helper', { parent: root, maxUses: 1 })
  const asked = { subject: 'ann' as PrincipalId, owner: OWNER }
  const lone = testLease('planner', asked)
  const other = testLease('worker', { parent: root })
  await given(store, { agents, leases: [root, child, leaf, limited, other, lone] })
  return { store, root, child, limited, other }
}

async function walk(store: Store): Promise<{ live: number; reads: number }> {
  const counted = { live: 0, reads: 0 }
  let after: LeasePlace | undefined
  do {
    const place = after
    const stretch = await store.read((reads) => reads.countLive(place))
    counted.live += stretch.live
    counted.reads += 1
    after = stretch.next
  } while (after !== undefined)
  return counted
}

async function live(store: Store): Promise<number> {
  return (await walk(store)).live
}
