import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { accept } from '../../../src/domain/result.ts'
import type {
  Revocation,
  RevocationChange,
  RevocationSubject,
} from '../../../src/domain/revocation.ts'
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

const SUBJECT: RevocationSubject = 'principal:someone'

/** Revocations: one row, never undone; suspensions; I9; and who is told. */
export function revocationsContract(openPlace: OpenPlace): void {
  describe('revocations', () => {
    const table: readonly (readonly [readonly Step[], Revocation['effect'] | 'none'])[] = [
      [['revoked'], 'revoked'],
      [['suspended'], 'suspended'],
      [['suspended', 'lift'], 'none'],
      [['revoked', 'lift'], 'revoked'],
      [['suspended', 'revoked'], 'revoked'],
      [['suspended', 'revoked', 'lift'], 'revoked'],
      [['revoked', 'suspended'], 'revoked'],
      [['revoked', 'suspended', 'lift'], 'revoked'],
      [['suspended', 'lift', 'suspended'], 'suspended'],
      [['suspended', 'lift', 'revoked', 'lift'], 'revoked'],
    ]

    it.each(table)('%j leaves it %s', async (steps, left) => {
      const store = await openPlace().open()
      for (const step of steps) await take(store, step)
      const rows = await store.read((reads) => reads.revocations(DEFAULT_TENANT, [SUBJECT]))
      expect(rows.map((row) => row.effect)).toEqual(left === 'none' ? [] : [left])
    })

    it('lifting answers whether there was a suspension', async () => {
      const store = await openPlace().open()
      expect(await take(store, 'lift')).toBe(false)
      await take(store, 'suspended')
      expect(await take(store, 'lift')).toBe(true)
      await take(store, 'revoked')
      expect(await take(store, 'lift')).toBe(false)
    })

    it('keep the first reason and moment of a revocation', async () => {
      const place = openPlace()
      const store = await place.open()
      await take(store, 'revoked')
      place.clock.at = (T0 + 9) as typeof T0
      await take(store, 'revoked')
      const [row] = await store.read((reads) => reads.revocations(DEFAULT_TENANT, [SUBJECT]))
      expect(row?.at).toBe(T0)
    })

    it('are of their tenant, and asking for no subject finds none', async () => {
      const store = await openPlace().open()
      await take(store, 'revoked')
      const read = await store.read(async (reads) => [
        await reads.revocations('other' as TenantId, [SUBJECT]),
        await reads.revocations(DEFAULT_TENANT, []),
        (await reads.listRevocations('other' as TenantId, { limit: 5, cursor: null })).items,
      ])
      expect(read).toEqual([[], [], []])
    })

    it('are listed newest first, page after page', async () => {
      const store = await openPlace().open()
      const subjects: RevocationSubject[] = ['key:a', 'key:b', 'key:c']
      for (const subject of subjects) await revoke(store, subject)
      const first = await store.read((r) =>
        r.listRevocations(DEFAULT_TENANT, { limit: 2, cursor: null }),
      )
      const second = await store.read((r) =>
        r.listRevocations(DEFAULT_TENANT, { limit: 2, cursor: first.cursor }),
      )
      const listed = [...first.items, ...second.items].map((row) => row.subject)
      expect(listed).toEqual([...subjects].reverse())
      expect(second.cursor).toBeNull()
    })

    it('I9: once revoke has answered, every other handle refuses the next redemption', async () => {
      const place = openPlace()
      const store = await place.open()
      const gateways = [await place.open(), await place.open()]
      const roots = Array.from({ length: 15 }, () => testLease('planner'))
      const leaves = roots.map((parent) => testLease('worker', { parent }))
      const agents = ['planner', 'worker'].map((name) => testAgent(name))
      await given(store, { agents, leases: [...roots, ...leaves] })
      for (const [at, leaf] of leaves.entries()) {
        const gateway = gateways[at % gateways.length] ?? store
        expect(await redeemed(gateway, testSpend(leaf))).toBe('spent')
        await revoke(store, `lease:${leaf.lineage[0] ?? leaf.id}`)
        expect(await redeemed(gateway, testSpend(leaf))).toBe('revoked')
      }
    })

    it('I6: a child of a revoked parent is dead at birth', async () => {
      const store = await openPlace().open()
      const root = testLease('planner')
      await given(store, { agents: [testAgent('planner'), testAgent('worker')], leases: [root] })
      await revoke(store, `lease:${root.id}`)
      const child = testLease('worker', { parent: root })
      await given(store, { leases: [child] })
      expect(await redeemed(store, testSpend(child))).toBe('revoked')
    })

    it('I6: lifting a suspension gives the whole subtree back', async () => {
      const { store, leaf } = await pair(openPlace)
      await revoke(store, `lease:${leaf.lineage[0] ?? leaf.id}`, 'suspended')
      expect(await redeemed(store, testSpend(leaf))).toBe('suspended')
      await decide(store, async (tx) => {
        return accept(await tx.liftSuspension(DEFAULT_TENANT, `lease:${leaf.lineage[0] ?? ''}`))
      })
      expect(await redeemed(store, testSpend(leaf))).toBe('spent')
    })
  })

  describe('listeners', () => {
    it('hear of each revocation once, from this handle and from others, in order', async () => {
      const place = openPlace()
      const [store, other] = [await place.open(), await place.open()]
      const heard: RevocationChange[] = []
      store.onRevocation((changes) => heard.push(...changes))
      await revoke(store, 'key:1')
      await revoke(other, 'key:2', 'suspended')
      await revoke(other, 'key:2')
      await revoke(store, 'key:3')
      await until(() => heard.length >= 4 || heard.some((row) => row.subject === 'key:3'))
      await new Promise((resolve) => setTimeout(resolve, 80))
      expect(heard.map((row) => `${row.seq} ${row.subject} ${row.effect}`)).toEqual([
        '1 key:1 revoked',
        '2 key:2 suspended',
        '3 key:2 revoked',
        '4 key:3 revoked',
      ])
    })

    it('hear of a revocation that follows a lifted suspension', async () => {
      const place = openPlace()
      const [store, other] = [await place.open(), await place.open()]
      const heard: string[] = []
      store.onRevocation((rows) => heard.push(...rows.map((row) => row.effect)))
      await take(other, 'suspended')
      await until(() => heard.length === 1)
      await take(other, 'lift')
      await take(other, 'revoked')
      await until(() => heard.length === 3)
      expect(heard).toEqual(['suspended', 'lifted', 'revoked'])
    })

    it('hear nothing of a refused decision, and nothing after they stopped', async () => {
      const store = await openPlace().open()
      let calls = 0
      const stop = store.onRevocation(() => {
        calls += 1
      })
      await decide(store, async (tx) => {
        const at = tx.now
        const row: Revocation = { subject: SUBJECT, effect: 'revoked', reason: 'x', at }
        await tx.recordRevocation(DEFAULT_TENANT, row)
        return { ok: false, refusal: { code: 'forbidden', facts: {}, reasons: [] } }
      })
      await new Promise((resolve) => setTimeout(resolve, 60))
      expect(calls).toBe(0)
      stop()
      await take(store, 'revoked')
      await new Promise((resolve) => setTimeout(resolve, 60))
      expect(calls).toBe(0)
    })
  })
}

type Step = Revocation['effect'] | 'lift'

async function take(store: Store, step: Step): Promise<boolean> {
  if (step !== 'lift') {
    await revoke(store, SUBJECT, step)
    return true
  }
  const { result } = await decide(store, async (tx) => {
    return accept(await tx.liftSuspension(DEFAULT_TENANT, SUBJECT))
  })
  return result.ok && result.value
}

async function pair(
  openPlace: OpenPlace,
): Promise<{ readonly store: Store; readonly leaf: Lease }> {
  const store = await openPlace().open()
  const root = testLease('planner')
  const leaf = testLease('worker', { parent: root })
  await given(store, { agents: [testAgent('planner'), testAgent('worker')], leases: [root, leaf] })
  return { store, leaf }
}

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !done() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
