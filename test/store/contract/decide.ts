import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type Jti, type LeaseId } from '../../../src/domain/ids.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { Store, Transaction } from '../../../src/store/ports.ts'
import {
  decide,
  given,
  newJti,
  newLeaseId,
  redeemed,
  T0,
  testAgent,
  testEntry,
  testLease,
  testSpend,
  thumbprint,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

/** Root of the tokens spent inside decisions. */
const ROOT = newLeaseId()

/** Decisions: record and effect share their fate (I10); delegation tokens are spent once (I7). */
export function decideContract(openPlace: OpenPlace): void {
  describe('decide', () => {
    it('I10: what is allowed is kept with exactly one record', async () => {
      const store = await openPlace().open()
      const entry = testEntry({ event: 'agent.enrolled', facts: { n: 1, s: 'ü"\n', b: true } })
      const decided = await store.decide(async (tx) => {
        await tx.insertAgent(testAgent('worker'))
        return { result: accept('done'), record: entry }
      })
      expect(decided).toMatchObject({ result: { ok: true, value: 'done' }, at: T0 })
      const rows = await store.read((reads) => reads.auditRows({}, 10))
      expect(rows).toHaveLength(1)
      const body = JSON.parse(rows[0]?.body ?? '')
      expect(body).toEqual({ ...entry, ...decided.record, time: T0 })
      expect(Object.keys(body).slice(0, 3)).toEqual(['chain', 'sequence', 'time'])
    })

    it('I10: a refusal takes back every write and keeps its record', async () => {
      const store = await openPlace().open()
      const { result, record } = await decide(store, async (tx) => {
        await tx.insertAgent(testAgent('worker'))
        await tx.insertLease(testLease('worker'))
        return refuse('forbidden')
      })
      expect(result.ok).toBe(false)
      expect(await agentCount(store)).toBe(0)
      const rows = await store.read((reads) => reads.auditRows({}, 10))
      expect(rows.map(({ chain, sequence }) => ({ chain, sequence }))).toEqual([record])
      expect(JSON.parse(rows[0]?.body ?? '').outcome).toBe('forbidden')
    })

    it('I10: a fault takes back effect and record, and fails only its own caller', async () => {
      const store = await openPlace().open()
      const work = (name: string) => async (tx: Transaction) => {
        await tx.insertAgent(testAgent(name))
        if (name === 'b') throw new Error('the world broke')
        return accept(name)
      }
      const settled = await Promise.allSettled(
        ['a', 'b', 'c'].map((name) => decide(store, work(name))),
      )
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await agentCount(store)).toBe(2)
      expect(await store.verifyAudit()).toMatchObject({ whole: true, records: 2 })
    })

    it('I10: a record that can not be written, or that lies, is a fault', async () => {
      const store = await openPlace().open()
      const entries = [
        testEntry({ facts: { big: 1n as unknown as number } }),
        testEntry({ outcome: 'forbidden' }),
      ]
      for (const record of entries) {
        const decided = store.decide(async (tx) => {
          await tx.insertAgent(testAgent('worker'))
          return { result: accept(undefined), record }
        })
        await expect(decided).rejects.toThrow()
      }
      const told = store.decide(async () => ({ result: refuse('revoked'), record: testEntry() }))
      await expect(told).rejects.toThrow('A record says allowed of what was revoked.')
      expect(await agentCount(store)).toBe(0)
      expect(await store.read((reads) => reads.auditRows({}, 10))).toEqual([])
    })

    it('units that run at once see each other whole or not at all, and nothing refused', async () => {
      const store = await openPlace().open()
      const seen = new Map<string, number>()
      await Promise.all(
        [true, false, true, true].map((allow, at) =>
          decide(store, async (tx) => {
            const page = await tx.agents(DEFAULT_TENANT, { limit: 10, cursor: null })
            if (allow) seen.set(`agent${at}`, page.items.length)
            await tx.insertAgent(testAgent(`agent${at}`))
            return allow ? accept(undefined) : refuse('forbidden')
          }),
        ),
      )
      expect([...seen.values()].sort()).toEqual([0, 1, 2])
    })

    it('work that goes on after its transaction has ended can not write', async () => {
      const store = await openPlace().open()
      let kept: Transaction | undefined
      let floating: Promise<unknown> = Promise.resolve()
      await decide(store, async (tx) => {
        kept = tx
        floating = Promise.resolve().then(async () => {
          for (let turn = 0; turn < 200; turn += 1) await undefined
          return tx.insertAgent(testAgent('late'))
        })
        floating.catch(() => {})
        return accept(undefined)
      })
      await expect(floating).rejects.toThrow('This transaction has ended.')
      await expect(kept?.insertAgent(testAgent('later'))).rejects.toThrow('has ended')
      expect(await agentCount(store)).toBe(0)
    })

    it('work that never ends is given up at the deadline, and others go on', async () => {
      const store = await openPlace().open()
      const hanging = decide(store, async (tx) => {
        await tx.insertAgent(testAgent('hanging'))
        return new Promise<never>(() => {})
      })
      await expect(hanging).rejects.toMatchObject({ code: 'status_unknown' })
      await given(store, { agents: [testAgent('next')] })
      expect(await agentCount(store)).toBe(1)
      expect(await store.verifyAudit()).toMatchObject({ whole: true, records: 1 })
    })

    it('after closing nothing is decided, redeemed or read', async () => {
      const store = await openPlace().open()
      const last = given(store, { agents: [testAgent('worker')] })
      await store.close()
      await last
      await expect(given(store, {})).rejects.toMatchObject({ code: 'status_unknown' })
      expect(await redeemed(store, testSpend(testLease('worker')))).toBe('status_unknown')
      await expect(store.read(async () => 1)).rejects.toMatchObject({ code: 'status_unknown' })
      await store.close()
    })
  })

  describe('a token spent inside a decision', () => {
    it('I7: is spent once, and remembers the lease that was born', async () => {
      const store = await openPlace().open()
      const jti = newJti()
      const bornLease = newLeaseId()
      const first = await spendInside(store, { jti, bornLease })
      expect(first.result).toEqual({ ok: true, value: undefined })
      const kept = await store.read((reads) => reads.spentToken(DEFAULT_TENANT, jti))
      expect(kept).toMatchObject({ jti, bornLease, record: first.record })
      const second = await spendInside(store, { jti, bornLease: newLeaseId() })
      expect(second.result.ok ? {} : second.result.refusal).toMatchObject({
        code: 'token_used',
        facts: { spentChain: first.record.chain, spentSequence: first.record.sequence },
      })
    })

    it('I7: of twenty one wins', async () => {
      const place = openPlace()
      const handles = [await place.open(), await place.open()]
      const jti = newJti()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, at) => {
          const store = handles[at % 2]
          if (store === undefined) throw new Error('two handles')
          return spendInside(store, { jti, bornLease: newLeaseId() })
        }),
      )
      expect(outcomes.filter(({ result }) => result.ok)).toHaveLength(1)
    })

    it('I7: one end for both kinds, and none past its end', async () => {
      const store = await openPlace().open()
      const lease = testLease('worker')
      await given(store, { agents: [testAgent('worker')], leases: [lease] })
      const spend = testSpend(lease)
      expect(await redeemed(store, spend)).toBe('spent')
      const again = await spendInside(store, { jti: spend.jti, bornLease: null, root: lease.id })
      expect(again.result.ok ? 'ok' : again.result.refusal.code).toBe('token_used')
      const late = await spendInside(store, { jti: newJti(), bornLease: null, end: T0 })
      expect(late.result.ok ? 'ok' : late.result.refusal.code).toBe('expired')
    })

    it('I10: a refusal after it gives the token back', async () => {
      const store = await openPlace().open()
      const jti = newJti()
      await spendInside(store, { jti, bornLease: null, refused: true })
      expect(await store.read((reads) => reads.spentToken(DEFAULT_TENANT, jti))).toBeUndefined()
      expect((await spendInside(store, { jti, bornLease: null })).result.ok).toBe(true)
    })
  })
}

function spendInside(
  store: Store,
  token: {
    readonly jti: Jti
    readonly bornLease: LeaseId | null
    readonly root?: LeaseId
    readonly end?: number
    readonly refused?: boolean
  },
) {
  return decide(store, async (tx) => {
    const spent = await tx.spendToken({
      tenant: DEFAULT_TENANT,
      root: token.root ?? ROOT,
      jti: token.jti,
      certificate: thumbprint('worker'),
      at: tx.now,
      bornLease: token.bornLease,
      expiresAt: epochSeconds(token.end ?? T0 + 60),
    })
    return token.refused === true && spent.ok ? refuse('forbidden') : spent
  })
}

async function agentCount(store: Store): Promise<number> {
  const page = await store.read((r) => r.agents(DEFAULT_TENANT, { limit: 100, cursor: null }))
  return page.items.length
}
