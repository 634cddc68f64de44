import {
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/ports.ts'
import { testPlace } from '../support/store.ts'
import { given, redeemed, testAgent, testLease, testSpend } from '../support/store-facts.ts'

/** A crashed store: the files as they stand while it is open, its log not yet written back. */
async function crashed(): Promise<{
  readonly copy: (cut: number, flip?: boolean) => Promise<Store>
  readonly logBytes: number
  readonly records: number
}> {
  const place = testPlace()
  const store = await place.open()
  const lease = testLease('worker')
  await given(store, { agents: [testAgent('worker')], leases: [lease] })
  for (let at = 0; at < 25; at += 1) await redeemed(store, testSpend(lease))
  const files = ['writ.db', 'writ.db-wal'].map((name) => join(place.folder, name))
  const frozen = files.map((file) => readFileSync(file))
  let copies = 0
  return {
    logBytes: statSync(`${place.path}-wal`).size,
    records: 26,
    async copy(cut, flip = false) {
      copies += 1
      const folder = join(place.folder, `copy${copies}`)
      mkdirSync(folder, { mode: 0o700 })
      const [db, log] = ['writ.db', 'writ.db-wal'].map((name) => join(folder, name))
      for (const [file, at] of [
        [db, 0],
        [log, 1],
      ] as const) {
        copyFileSync(files[at] ?? '', file ?? '')
        writeSync(openSync(file ?? '', 'r+'), frozen[at] ?? Buffer.alloc(0), 0, undefined, 0)
      }
      if (flip) writeSync(openSync(log ?? '', 'r+'), Buffer.from([0xff, 0x5a]), 0, 2, cut)
      else truncateSync(log ?? '', cut)
      const opened = await openSqliteStore({ path: db ?? '', clock: place.clock })
      return opened
    },
  }
}

describe('a log torn by a crash', () => {
  it.each([false, true])(
    'I10: leaves a whole trail that is a prefix, each spend with its record (flipped: %s)',
    async (flip) => {
      const { copy, logBytes, records } = await crashed()
      const seen: number[] = []
      for (let part = 0; part < 12; part += 1) {
        const cut = Math.floor((logBytes * (part + Math.random())) / 12)
        const store = await copy(cut, flip)
        const verdict = await store.verifyAudit()
        expect(verdict.whole).toBe(true)
        const rows = await store.read((reads) => reads.auditRows({}, 100))
        expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, at) => at + 1))
        const spent = rows.filter((row) => JSON.parse(row.body).event === 'token.redeemed')
        const page = await store.read((r) =>
          r.leases({ tenant: 'default' as never }, { limit: 1, cursor: null }),
        )
        expect(page.items[0]?.usesSpent ?? 0, 'record and debit share their fate').toBe(
          spent.length,
        )
        seen.push(rows.length)
        await store.close()
      }
      expect(Math.max(...seen)).toBeLessThanOrEqual(records)
      expect(new Set(seen).size, 'the cuts fell into different commits').toBeGreaterThan(3)
    },
  )

  it('whole, brings every record back', async () => {
    const { copy, logBytes, records } = await crashed()
    const store = await copy(logBytes)
    const rows = await store.read((reads) => reads.auditRows({}, 100))
    expect(rows).toHaveLength(records)
    await store.close()
  })
})
