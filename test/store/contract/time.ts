import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { KEY_OVERLAP_SECONDS } from '../../../src/domain/limits.ts'
import type { Spend } from '../../../src/domain/redemption.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  decide,
  given,
  redeemed,
  revoke,
  T0,
  testAgent,
  testLease,
  testSpend,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const DAY = 24 * 60 * 60

/** Time never runs backwards, and sweeping never revives anything. */
export function timeContract(openPlace: OpenPlace): void {
  describe('time', () => {
    it('is told outside transactions too: the clock, never before what was seen', async () => {
      const place = openPlace()
      const store = await place.open()
      expect(store.now()).toBe(T0)
      place.clock.at = epochSeconds(T0 + 100)
      expect(store.now()).toBe(T0 + 100)
      await given(store, {})
      place.clock.at = epochSeconds(T0 - 1_000)
      expect(store.now()).toBe(T0 + 100)
      const other = await place.open()
      await other.read(async () => undefined)
      expect(other.now()).toBe(T0 + 100)
    })

    it('never runs backwards, in this handle, in others and after a restart', async () => {
      const place = openPlace()
      const store = await place.open()
      const other = await place.open()
      place.clock.at = epochSeconds(T0 + 100)
      await given(store, {})
      place.clock.at = T0
      for (const handle of [store, other]) {
        const { at } = await decide(handle, async (tx) => accept(tx.now))
        expect(at).toBe(T0 + 100)
        expect(await handle.read(async (reads) => reads.now)).toBe(T0 + 100)
      }
      await Promise.all([store.close(), other.close()])
      const again = await place.open()
      expect(await again.read(async (reads) => reads.now)).toBe(T0 + 100)
    })

    it('is not moved by reading', async () => {
      const place = openPlace()
      const store = await place.open()
      await given(store, {})
      place.clock.at = epochSeconds(T0 + 50)
      expect(await store.read(async (reads) => reads.now)).toBe(T0 + 50)
      place.clock.at = T0
      expect(await store.read(async (reads) => reads.now)).toBe(T0)
    })

    it('I7: a clock step back revives neither an expired token nor an ended lease', async () => {
      const place = openPlace()
      const store = await place.open()
      const lease = testLease('worker', { expiresAt: epochSeconds(T0 + 300) })
      await given(store, { agents: [testAgent('worker')], leases: [lease] })
      const [token, longer] = [
        testSpend(lease),
        testSpend(lease, { expiresAt: epochSeconds(T0 + 900) }),
      ]
      place.clock.at = epochSeconds(T0 + 301)
      expect(await redeemed(store, longer)).toBe('expired')
      place.clock.at = T0
      expect(await redeemed(store, token)).toBe('expired')
      expect(await redeemed(store, longer)).toBe('expired')
    })
  })

  describe('sweep', () => {
    it('forgets spent tokens only when their end and the overlap have passed', async () => {
      const place = openPlace()
      const { store, spend } = await spentOnce(() => place)
      const remembered = () => store.read((reads) => reads.spentToken(DEFAULT_TENANT, spend.jti))
      place.clock.at = epochSeconds(spend.expiresAt + KEY_OVERLAP_SECONDS)
      expect(await store.sweep()).toBe(0)
      expect(await remembered()).toBeDefined()
      place.clock.at = epochSeconds(spend.expiresAt + KEY_OVERLAP_SECONDS + 1)
      expect(await store.sweep()).toBe(1)
      expect(await remembered()).toBeUndefined()
      place.clock.at = T0
      expect(await redeemed(store, spend)).toBe('expired')
    })

    it('forgets answers at their end', async () => {
      const place = openPlace()
      const store = await place.open()
      const stored = { fingerprint: 'f', answer: 'a', expiresAt: epochSeconds(T0 + 10) }
      await decide(store, async (tx) =>
        accept(await tx.recordAnswer(DEFAULT_TENANT, 'ann', 'k', stored)),
      )
      expect(await store.sweep()).toBe(0)
      place.clock.at = epochSeconds(T0 + 10)
      expect(await store.sweep()).toBe(1)
    })

    it('forgets a tree whole, 30 days after its root, with the revocations inside it', async () => {
      const place = openPlace()
      const store = await place.open()
      const root = testLease('planner')
      const children = Array.from({ length: 2_500 }, () => testLease('worker', { parent: root }))
      const [first] = children
      const kept = testLease('planner', { expiresAt: epochSeconds(T0 + 700) })
      const agents = [testAgent('planner'), testAgent('worker')]
      await given(store, { agents, leases: [root, kept] })
      for (let at = 0; at < children.length; at += 100) {
        await given(store, { leases: children.slice(at, at + 100) })
      }
      await revoke(store, `lease:${first?.id ?? ''}`)
      await revoke(store, `lease:${root.id}`, 'suspended')
      await revoke(store, `lease:${kept.id}`)
      await revoke(store, 'key:old')
      expect(await redeemed(store, testSpend(children[1] ?? root))).toBe('suspended')
      place.clock.at = epochSeconds(root.expiresAt + 30 * DAY)
      const log = 3
      expect(await store.sweep()).toBe(log)
      place.clock.at = epochSeconds(root.expiresAt + 30 * DAY + 1)
      expect(await store.sweep()).toBe(2_501)
      const left = await store.read(async (reads) => ({
        root: await reads.lineage(DEFAULT_TENANT, root.id),
        tree: await reads.countTree(DEFAULT_TENANT, root.id),
        kept: (await reads.lineage(DEFAULT_TENANT, kept.id))?.lease.id,
        rows: (await reads.listRevocations(DEFAULT_TENANT, { limit: 9, cursor: null })).items,
      }))
      expect(left).toMatchObject({ root: undefined, tree: 0, kept: kept.id })
      expect(left.rows.map((row) => row.subject)).toEqual(['key:old', `lease:${kept.id}`])
      expect(await redeemed(store, testSpend(children[1] ?? root))).toBe('not_found')
      expect(await store.verifyAudit()).toMatchObject({ whole: true })
    })

    it('I7: whatever the clock does, sweeping between replays never spends twice', async () => {
      const step = fc.oneof(
        fc.record({ do: fc.constant('sweep' as const) }),
        fc.record({ do: fc.constant('clock' as const), to: fc.integer({ min: -500, max: 2_000 }) }),
        fc.record({ do: fc.constant('spend' as const), token: fc.nat({ max: 5 }) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          const place = openPlace()
          const store = await place.open()
          const lease = testLease('worker', { expiresAt: epochSeconds(T0 + DAY) })
          await given(store, { agents: [testAgent('worker')], leases: [lease] })
          const tokens = [5, 60, 60, 300, 300, 1_000].map((life) =>
            testSpend(lease, { expiresAt: epochSeconds(T0 + life) }),
          )
          const wins = new Map<Spend, number>()
          for (const taken of steps) {
            if (taken.do === 'sweep') await store.sweep()
            else if (taken.do === 'clock') place.clock.at = epochSeconds(T0 + taken.to)
            else {
              const token = tokens[taken.token]
              if (token !== undefined && (await redeemed(store, token)) === 'spent') {
                wins.set(token, (wins.get(token) ?? 0) + 1)
              }
            }
          }
          await store.close()
          return [...wins.values()].every((times) => times === 1)
        }),
        { numRuns: 25 },
      )
    })
  })
}

async function spentOnce(
  openPlace: OpenPlace,
): Promise<{ readonly store: Store; readonly spend: Spend }> {
  const store = await openPlace().open()
  const lease = testLease('worker')
  await given(store, { agents: [testAgent('worker')], leases: [lease] })
  const spend = testSpend(lease)
  await redeemed(store, spend)
  return { store, spend }
}
