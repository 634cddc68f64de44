import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import { REVOCATION_LOG_SECONDS, REVOCATION_MATTERS_SECONDS } from '../../../src/domain/limits.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept } from '../../../src/domain/result.ts'
import type { RevocationChange } from '../../../src/domain/revocation.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { RevocationChanges, Store } from '../../../src/store/ports.ts'
import {
  agentUri,
  decide,
  given,
  revoke,
  T0,
  testAgent,
  testLease,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** The revocation log: one entry for each change, numbered without a gap; and its snapshot. */
export function revocationLogContract(openPlace: OpenPlace): void {
  describe('the revocation log', () => {
    it('gains one entry for each change, in the order of commits and without a gap', async () => {
      const store = await openPlace().open()
      const root = testLease('planner')
      await given(store, { agents: [testAgent('planner')], leases: [root] })
      await revoke(store, 'key:a', 'suspended')
      await lift(store, 'key:a')
      await revoke(store, 'key:a', 'suspended')
      await revoke(store, 'key:a')
      await release(store, root.id)
      await moveContract(store, 2)
      expect(await told(store)).toEqual([
        '1 key:a suspended',
        '2 key:a lifted',
        '3 key:a suspended',
        '4 key:a revoked',
        `5 lease:${root.id} released`,
        `6 agent:${agentUri('planner')} contract_moved`,
      ])
    })

    it('gains nothing when nothing changed, or when the decision was a no', async () => {
      const store = await openPlace().open()
      const root = testLease('planner')
      await given(store, { agents: [testAgent('planner')], leases: [root] })
      await revoke(store, 'key:a')
      await revoke(store, 'key:a')
      await revoke(store, 'key:a', 'suspended')
      await lift(store, 'key:a')
      await lift(store, 'key:unknown')
      await release(store, root.id)
      await release(store, root.id)
      const renewed = testAgent('planner', { certificate: testAgent('other').certificate })
      await decide(store, async (tx) => accept(await tx.updateAgent(renewed)))
      await decide(store, async (tx) => {
        const row = { subject: 'key:b', effect: 'revoked', reason: '', at: tx.now } as const
        await tx.recordRevocation(DEFAULT_TENANT, row)
        return refuse('forbidden')
      })
      await revoke(store, 'key:c')
      expect(await told(store)).toEqual([
        '1 key:a revoked',
        `2 lease:${root.id} released`,
        '3 key:c revoked',
      ])
    })

    it('numbers what several handles write at once without a gap', async () => {
      const place = openPlace()
      const store = await place.open()
      const stores = [store, await place.open(), await place.open()]
      await Promise.all(
        Array.from({ length: 60 }, (_, at) =>
          revoke(stores[at % 3] ?? store, `key:${at % 40}`, at < 20 ? 'suspended' : 'revoked'),
        ),
      )
      const { head, changes } = await changesAfter(store, 0, 500)
      expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, at) => at + 1))
      expect(head).toBe(changes.length)
      const seen = new Set(changes.map(({ subject, effect }) => `${subject} ${effect}`))
      expect(seen.size).toBe(changes.length)
      expect(changes.filter(({ effect }) => effect === 'revoked')).toHaveLength(40)
    })

    it('is read in parts, oldest first, and says how far it goes', async () => {
      const store = await openPlace().open()
      for (const name of ['a', 'b', 'c']) await revoke(store, `key:${name}`)
      const first = await changesAfter(store, 0, 2)
      expect([first.head, first.whole, ...first.changes.map(({ seq }) => seq)]).toEqual([
        3,
        true,
        1,
        2,
      ])
      const entry = { tenant: DEFAULT_TENANT, subject: 'key:c', effect: 'revoked', reason: 'test' }
      expect(await changesAfter(store, 2, 2)).toEqual({
        head: 3,
        changes: [{ seq: 3, at: T0, ...entry }],
        whole: true,
      })
      expect(await changesAfter(store, 3, 2)).toEqual({ head: 3, changes: [], whole: true })
    })

    it('an empty one has the head 0', async () => {
      const store = await openPlace().open()
      expect(await changesAfter(store, 0, 2)).toEqual({ head: 0, changes: [], whole: true })
    })

    it('tells a reader that has seen what was never given that it is not whole', async () => {
      const store = await openPlace().open()
      await revoke(store, 'key:a')
      expect(await changesAfter(store, 7, 2)).toEqual({ head: 1, changes: [], whole: false })
    })

    it('forgets what is old but its newest, and sends who stood there to the snapshot', async () => {
      const place = openPlace()
      const store = await place.open()
      for (const name of ['a', 'b', 'c']) await revoke(store, `key:${name}`)
      place.clock.at = epochSeconds(T0 + REVOCATION_LOG_SECONDS + 1)
      await store.sweep()
      expect(await changesAfter(store, 1, 9)).toEqual({ head: 3, changes: [], whole: false })
      const newest = await changesAfter(store, 2, 9)
      expect(newest.changes.map(({ subject }) => subject)).toEqual(['key:c'])
      await revoke(store, 'key:d')
      expect((await changesAfter(store, 3, 9)).changes.map(({ seq }) => seq)).toEqual([4])
      expect(await snapshot(store)).toEqual([1, 2, 3, 4].map((seq) => `${seq} ${keys[seq - 1]}`))
    })
  })

  describe('the revocation snapshot', () => {
    it('holds what is in force, page after page, at one head', async () => {
      const store = await openPlace().open()
      const [a, b] = [testLease('planner'), testLease('planner')]
      await given(store, { agents: [testAgent('planner')], leases: [a, b] })
      await revoke(store, 'tenant:default', 'suspended')
      await revoke(store, `lease:${a.id}`)
      await revoke(store, 'key:lifted', 'suspended')
      await lift(store, 'key:lifted')
      await revoke(store, 'agent:x')
      await release(store, b.id)
      await moveContract(store, 2)
      expect(await snapshot(store)).toEqual([
        '5 agent:x revoked',
        '1 tenant:default suspended',
        `2 lease:${a.id} revoked`,
        `6 lease:${b.id} released`,
        `7 agent:${agentUri('planner')} contract_moved`,
      ])
    })

    it('leaves out leases, releases and contracts that are too old for any token', async () => {
      const place = openPlace()
      const store = await place.open()
      const [a, b, c] = [testLease('planner'), testLease('planner'), testLease('planner')]
      await given(store, { agents: [testAgent('planner')], leases: [a, b, c] })
      await revoke(store, `lease:${a.id}`)
      await release(store, b.id)
      await moveContract(store, 2)
      await revoke(store, 'principal:p')
      place.clock.at = epochSeconds(T0 + REVOCATION_MATTERS_SECONDS)
      await revoke(store, `lease:${c.id}`, 'suspended')
      expect(await snapshot(store)).toHaveLength(5)
      place.clock.at = epochSeconds(T0 + REVOCATION_MATTERS_SECONDS + 60)
      expect(await snapshot(store)).toEqual(['4 principal:p revoked', `5 lease:${c.id} suspended`])
    })

    it('is of its tenant', async () => {
      const store = await openPlace().open()
      await revoke(store, 'key:a', 'revoked', 'other' as TenantId)
      expect(await snapshot(store)).toEqual([])
    })
  })
}

const keys = ['key:a revoked', 'key:b revoked', 'key:c revoked', 'key:d revoked']

function changesAfter(store: Store, after: number, limit: number): Promise<RevocationChanges> {
  return store.read((reads) => reads.revocationChanges(after, limit))
}

async function told(store: Store): Promise<string[]> {
  return (await changesAfter(store, 0, 100)).changes.map(line)
}

function line({ seq, subject, effect }: RevocationChange): string {
  return `${seq} ${subject} ${effect}`
}

/** Two rows a page, so that pages end in the middle of everything. */
function snapshot(store: Store): Promise<string[]> {
  return store.read(async (reads) => {
    const lines: string[] = []
    for (let cursor: string | null = null; ; ) {
      const page = await reads.revocationSnapshot(DEFAULT_TENANT, { limit: 2, cursor })
      expect(page.head).toBe((await reads.revocationChanges(0, 1)).head)
      lines.push(...page.items.map(line))
      cursor = page.cursor
      if (cursor === null) return lines
    }
  })
}

async function lift(store: Store, subject: `key:${string}`): Promise<void> {
  await decide(store, async (tx) => accept(await tx.liftSuspension(DEFAULT_TENANT, subject)))
}

async function release(store: Store, id: ReturnType<typeof testLease>['id']): Promise<void> {
  await decide(store, async (tx) => accept(await tx.recordRelease(id, tx.now)))
}

async function moveContract(store: Store, contractVersion: number): Promise<void> {
  const agent = testAgent('planner', { contractVersion })
  await decide(store, async (tx) => accept(await tx.updateAgent(agent)))
}
