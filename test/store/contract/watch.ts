import { describe, expect, it } from 'vitest'
import { WATCH_DUTY_SECONDS } from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { later } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import { decide, T0 } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const nothing = async () => accept(undefined)

function unwatched(store: Store, limit = 100) {
  return store.read((reads) => reads.unwatched(limit))
}

/** Who watches the trail, and how far. */
export function watchContract(openPlace: OpenPlace): void {
  describe('the watch', () => {
    it('is one holder’s at a time, until it leaves or its time is over', async () => {
      const place = openPlace()
      const store = await place.open()
      const other = await place.open()
      expect([await store.watch.take('a'), await other.watch.take('b')]).toEqual([true, false])
      place.clock.at = later(T0, WATCH_DUTY_SECONDS - 1)
      expect([await store.watch.take('a'), await other.watch.take('b')]).toEqual([true, false])
      place.clock.at = later(place.clock.at, WATCH_DUTY_SECONDS)
      expect([await other.watch.take('b'), await store.watch.take('a')]).toEqual([true, false])
      await store.watch.leave('a')
      expect(await store.watch.take('a')).toBe(false)
      await other.watch.leave('b')
      expect(await store.watch.take('a')).toBe(true)
    })

    it('is taken by one of several who ask at once', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open(), await place.open()]
      const taken = await Promise.all(stores.map((store, at) => store.watch.take(`holder ${at}`)))
      expect(taken.filter((held) => held)).toHaveLength(1)
    })

    it('begins at the heads there are, and reads every chain from there, in order', async () => {
      const place = openPlace()
      const store = await place.open()
      await decide(store, nothing)
      await store.watch.take('a')
      expect(await unwatched(store)).toEqual([])
      const other = await place.open()
      for (let n = 0; n < 3; n += 1) {
        await decide(store, nothing)
        await decide(other, nothing)
      }
      const rows = await unwatched(store)
      expect(rows).toHaveLength(6)
      const chains = new Map<string, number[]>()
      for (const { chain, sequence } of rows) {
        chains.set(chain, [...(chains.get(chain) ?? []), sequence])
      }
      for (const numbers of chains.values()) {
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }
      expect(await unwatched(store, 2)).toHaveLength(2)
    })

    it('notes how far it read for its holder alone, forward only, undone with a refusal', async () => {
      const place = openPlace()
      const store = await place.open()
      await store.watch.take('a')
      for (let n = 0; n < 4; n += 1) await decide(store, nothing)
      const rows = await unwatched(store)
      const [first, second] = rows
      if (first === undefined || second === undefined) throw new Error('four records')
      expect(await store.watch.advance('b', [first])).toBe(false)
      expect(await unwatched(store)).toHaveLength(4)
      expect(await store.watch.advance('a', [second])).toBe(true)
      const rest = (await unwatched(store)).length
      expect(rest).toBeLessThan(4)
      expect(await store.watch.advance('a', [{ ...second, sequence: 0 }])).toBe(true)
      expect(await unwatched(store)).toHaveLength(rest)
      const { result } = await decide(store, async (tx) => {
        expect(await tx.advanceWatch('a', rows)).toBe(true)
        return { ok: false, refusal: { code: 'conflict', facts: {}, reasons: [] } }
      })
      expect(result.ok).toBe(false)
      expect(await unwatched(store)).toHaveLength(rest + 1)
    })
  })
}
