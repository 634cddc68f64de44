import { describe, expect, it } from 'vitest'
import { genesisHash, recordHash } from '../../../src/store/audit/chain-hash.ts'
import { verifyExport } from '../../../src/store/audit/export.ts'
import type { Store } from '../../../src/store/ports.ts'
import { given, testAgent } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** The audit trail: one chain for each start, joined by geneses and checkpoints. */
export function auditContract(openPlace: OpenPlace): void {
  describe('the audit trail', () => {
    it('is one chain of hashes, from its genesis on', async () => {
      const store = await openPlace().open()
      for (const name of ['a', 'b', 'c']) await given(store, { agents: [testAgent(name)] })
      const [chains, rows] = await store.read(async (reads) => [
        await reads.auditChains(),
        await reads.auditRows({}, 10),
      ])
      let previous = genesisHash(chains[0]?.genesis ?? '')
      expect(rows.map((row) => row.sequence)).toEqual([1, 2, 3])
      for (const row of rows) {
        expect(row.previousHash).toBe(previous)
        expect(row.hash).toBe(recordHash(previous, row.body))
        previous = row.hash
      }
    })

    it('begins a chain with the first record, naming the heads known then', async () => {
      const place = openPlace()
      const first = await place.open()
      await given(first, { agents: [testAgent('a')] })
      const second = await place.open()
      const silent = await place.open()
      await silent.close()
      await given(first, { agents: [testAgent('b')] })
      await given(second, { agents: [testAgent('c')] })
      const third = await place.open()
      await given(third, { agents: [testAgent('d')] })
      const chains = await third.read((reads) => reads.auditChains())
      const heads = chains.map(({ genesis }) => JSON.parse(genesis).heads)
      expect(heads.map((named) => named.length).sort()).toEqual([0, 1, 1])
      const rows = await third.read((reads) => reads.auditRows({}, 10))
      const names = heads.flat().map(({ chain, sequence, hash }) => ({ chain, sequence, hash }))
      for (const named of names) expect(rows).toContainEqual(expect.objectContaining(named))
      expect(names.map(({ sequence }) => sequence).sort()).toEqual([1, 2])
      expect(await third.verifyAudit()).toMatchObject({ whole: true, chains: 3, records: 4 })
    })

    it('is read backwards, from the last record of a chain or before a position', async () => {
      const store = await openPlace().open()
      for (const name of ['a', 'b', 'c']) await given(store, { agents: [testAgent(name)] })
      const read = (before: { chain: string; sequence?: number }, limit: number) =>
        store.read((reads) => reads.auditRowsBefore(before, limit))
      const [first] = await store.read((reads) => reads.auditRows({}, 1))
      const { chain } = first ?? { chain: '' }
      const sequences = async (sequence: number | undefined, limit: number) =>
        (await read(sequence === undefined ? { chain } : { chain, sequence }, limit)).map(
          (row) => row.sequence,
        )
      expect(await sequences(undefined, 2)).toEqual([3, 2])
      expect(await sequences(2, 5)).toEqual([1])
      expect(await sequences(1, 5)).toEqual([])
      expect(await read({ chain: 'none' }, 5)).toEqual([])
    })

    it('is read chain by chain, after a position', async () => {
      const place = openPlace()
      const [first, second] = [await place.open(), await place.open()]
      await given(first, { agents: [testAgent('a')] })
      await given(second, { agents: [testAgent('b')] })
      await given(first, { agents: [testAgent('c')] })
      const positions = async (after: { chain?: string; sequence?: number }, limit = 10) => {
        const rows = await first.read((reads) => reads.auditRows(after, limit))
        return rows.map(({ chain, sequence }) => [chain, sequence])
      }
      const all = await positions({})
      expect(all).toHaveLength(3)
      expect(await positions({}, 2)).toEqual(all.slice(0, 2))
      const chain = String(all.find(([, sequence]) => sequence === 2)?.[0])
      expect(await positions({ chain, sequence: 1 })).toEqual([[chain, 2]])
      expect(await positions({ chain })).toEqual([
        [chain, 1],
        [chain, 2],
      ])
      expect(await positions({ chain: 'unknown' })).toEqual([])
    })

    it('is joined by checkpoints, each naming the one before, the last at closing', async () => {
      const place = openPlace()
      for (const name of ['a', 'b']) {
        const store = await place.open()
        await given(store, { agents: [testAgent(name)] })
        await store.close()
      }
      const store = await place.open()
      const page = await store.read((reads) => reads.checkpoints({ limit: 5, cursor: null }))
      expect(page.items.map(({ number }) => number)).toEqual([2, 1])
      const verdict = { whole: true, chains: 2, records: 2, checkpoints: 2 }
      expect(await store.verifyAudit()).toEqual(verdict)
    })

    it('is exported as lines that are verified without the store', async () => {
      const place = openPlace()
      const first = await place.open()
      await given(first, { agents: [testAgent('a'), testAgent('ü')] })
      await first.close()
      const store = await place.open()
      await given(store, { agents: [testAgent('b')] })
      const lines = await exported(store)
      expect(lines).toHaveLength(5)
      const whole = { whole: true, chains: 2, records: 2, checkpoints: 0 }
      expect(await verifyExport(lines)).toEqual(whole)
      expect(await verifyExport([])).toEqual({ whole: true, chains: 0, records: 0, checkpoints: 0 })
    })
  })
}

/** The export of a store, line by line. */
export async function exported(store: Store): Promise<string[]> {
  const lines: string[] = []
  await store.exportAudit((line) => {
    lines.push(line)
  })
  return lines
}
