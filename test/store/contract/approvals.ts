import { describe, expect, it } from 'vitest'
import type { Approval } from '../../../src/domain/approval.ts'
import { planVote } from '../../../src/domain/approval-vote.ts'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { APPROVAL_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept } from '../../../src/domain/result.ts'
import { later } from '../../../src/domain/time.ts'
import type { Store } from '../../../src/store/ports.ts'
import { claimed, SECOND, testApproval, testRequest } from '../../support/approval-facts.ts'
import { agentUri, decide, newLeaseId, OWNER, T0 } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const ALL = { limit: 50, cursor: null }

/** Approvals: one open question for one request, and exactly one use of a yes. */
export function approvalsContract(openPlace: OpenPlace): void {
  describe('approvals', () => {
    it('are kept as they were asked, with what was said to them', async () => {
      const store = await openPlace().open()
      const approval = testApproval({ quorum: 2 })
      await insert(store, approval)
      const voted = await vote(store, approval)
      expect(voted).toMatchObject({ approvedAt: null, votes: [{ owner: OWNER, yes: true }] })
      const done = await vote(store, voted, SECOND)
      const stored = await store.read((reads) => reads.approval(DEFAULT_TENANT, approval.id))
      expect(stored).toEqual(done)
      expect(stored).toEqual({
        ...approval,
        seq: 3,
        approvedAt: T0,
        votes: [
          { owner: OWNER, yes: true, at: T0 },
          { owner: SECOND, yes: true, at: T0 },
        ],
      })
    })

    it('LEASH-42: of twenty who use one yes at once, one wins', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open()]
      const [store] = stores
      if (store === undefined) throw new Error('two stores')
      const approval = testApproval()
      await insert(store, approval)
      await vote(store, approval)
      const claims = Array.from({ length: 20 }, (_, at) =>
        decide(stores[at % 2] ?? store, async (tx) =>
          (await tx.claimApproval(DEFAULT_TENANT, approval.id, tx.now))
            ? accept(at)
            : refuse('approval_denied'),
        ),
      )
      const results = (await Promise.all(claims)).map(({ result }) => result)
      expect(results.filter(({ ok }) => ok)).toHaveLength(1)
      const page = await store.read((reads) => reads.approvals({ tenant: DEFAULT_TENANT }, ALL))
      expect(page.items.map(({ usedAt }) => usedAt)).toEqual([T0])
    })

    it('wait until somebody answers, or they are over', async () => {
      const place = openPlace()
      const store = await place.open()
      const waiting = async () => (await store.read((reads) => reads.countWaiting())).approvals
      const ask = (name: string, seconds = 300) =>
        testApproval({
          request: testRequest({ requester: agentUri(name) }),
          expiresAt: later(T0, seconds),
        })
      const [approved, denied, short] = [ask('a'), ask('b'), ask('c', 10)]
      for (const approval of [approved, denied, short, ask('d')]) await insert(store, approval)
      expect(await waiting()).toBe(4)
      await vote(store, approved)
      await vote(store, denied, OWNER, false)
      expect(await waiting()).toBe(2)
      place.clock.at = later(T0, 10)
      expect(await waiting()).toBe(1)
    })

    it('a use that is refused after the claim leaves the yes as it was', async () => {
      const store = await openPlace().open()
      const approval = testApproval()
      await insert(store, approval)
      await vote(store, approval)
      await decide(store, async (tx) => {
        expect(await tx.claimApproval(DEFAULT_TENANT, approval.id, tx.now)).toBe(true)
        return refuse('not_narrower')
      })
      expect(await claimed(store, approval.id)).toBe(true)
      expect(await claimed(store, approval.id)).toBe(false)
    })

    it('are found by tree and moment of use, with their votes, and only once used', async () => {
      const store = await openPlace().open()
      const root = newLeaseId()
      const approval = testApproval({ request: testRequest({ lineage: [root] }) })
      await insert(store, approval)
      await vote(store, approval)
      const used = (at = T0, of = root) =>
        store.read((reads) => reads.usedApprovals({ tenant: DEFAULT_TENANT, root: of, at }))
      expect(await used()).toEqual([])
      expect(await claimed(store, approval.id)).toBe(true)
      expect(await used()).toMatchObject([{ id: approval.id, votes: [{ owner: OWNER }] }])
      expect(await used(later(T0, 1))).toEqual([])
      expect(await used(T0, newLeaseId())).toEqual([])
    })

    it('what is pending, denied or over is not used', async () => {
      const place = openPlace()
      const store = await place.open()
      const [pending, denied, over] = [1, 2, 3].map((ttlSeconds) =>
        testApproval({ request: testRequest({ ttlSeconds }) }),
      )
      if (!pending || !denied || !over) throw new Error('three approvals')
      for (const one of [pending, denied, over]) await insert(store, one)
      await vote(store, denied, OWNER, false)
      await vote(store, over)
      expect(await claimed(store, pending.id)).toBe(false)
      expect(await claimed(store, denied.id)).toBe(false)
      place.clock.at = later(T0, 300)
      expect(await claimed(store, over.id)).toBe(false)
    })

    it('of two who decide at once, the second hears that it is decided', async () => {
      const place = openPlace()
      const [one, two] = [await place.open(), await place.open()]
      const approval = testApproval()
      await insert(one, approval)
      const said = await Promise.all([
        decide(one, async (tx) => accept(await tx.recordVote(approval, ...word(approval, true)))),
        decide(two, async (tx) => accept(await tx.recordVote(approval, ...word(approval, false)))),
      ])
      const kept = said.map(({ result }) => result.ok && result.value).filter(Boolean)
      expect(kept).toHaveLength(1)
    })

    it('one request has one open approval, and another one when that is over', async () => {
      const place = openPlace()
      const store = await place.open()
      const first = testApproval()
      await insert(store, first)
      const open = () => store.read((reads) => reads.openApproval(DEFAULT_TENANT, first.digest))
      expect((await open())?.id).toBe(first.id)
      await expect(insert(store, testApproval())).rejects.toThrow()
      place.clock.at = later(T0, 300)
      expect(await open()).toBeUndefined()
      const at = place.clock.at
      const second = testApproval({ createdAt: at, expiresAt: later(at, 300) })
      await insert(store, second)
      expect((await open())?.id).toBe(second.id)
      await vote(store, second, OWNER, false)
      expect(await open()).toBeUndefined()
    })

    it('one request has one open approval, however many ask at once', async () => {
      const place = openPlace()
      const stores = [await place.open(), await place.open()]
      const asks = Array.from({ length: 10 }, (_, at) =>
        decide(stores[at % 2] as Store, async (tx) => {
          const { seq: _seq, votes: _votes, ...asked } = testApproval()
          const open = await tx.openApproval(DEFAULT_TENANT, asked.digest)
          return accept((open ?? (await tx.insertApproval(asked))).id)
        }),
      )
      const ids = (await Promise.all(asks)).map(({ result }) => result.ok && result.value)
      expect(new Set(ids).size).toBe(1)
    })

    it('are counted by agent and by tree', async () => {
      const store = await openPlace().open()
      const root = newLeaseId()
      const requester = agentUri('worker')
      const asked = [
        testRequest({ ttlSeconds: 1, lineage: [root] }),
        testRequest({ ttlSeconds: 2, lineage: [root], requester: agentUri('other') }),
        testRequest({ ttlSeconds: 3 }),
      ]
      for (const request of asked) await insert(store, testApproval({ request }))
      const count = (of: typeof root | null) =>
        store.read((r) => r.countApprovals({ tenant: DEFAULT_TENANT, requester, root: of }))
      const counted = { pendingOfAgent: 2, pendingOfRoot: 2, lastMinute: 2, lastDeniedAt: null }
      expect(await count(root)).toEqual(counted)
      expect(await count(null)).toEqual(counted)
      const page = await store.read((reads) => reads.approvals({ tenant: DEFAULT_TENANT }, ALL))
      const [last] = page.items.filter(({ request }) => request.requester === requester)
      if (last === undefined) throw new Error('was inserted')
      await vote(store, last, OWNER, false)
      expect(await count(null)).toMatchObject({ pendingOfAgent: 1, lastDeniedAt: T0 })
    })

    it('are told by who has a voice, and in the order they changed', async () => {
      const store = await openPlace().open()
      const mine = testApproval({ request: testRequest({ ttlSeconds: 1 }) })
      const both = testApproval({ request: testRequest({ ttlSeconds: 2 }), quorum: 2 })
      await insert(store, mine)
      await insert(store, both)
      await vote(store, mine)
      const tenant = DEFAULT_TENANT
      await store.read(async (reads) => {
        const ids = async (filter: object, after = 0) =>
          (await reads.changedApprovals({ tenant, ...filter }, after, 10)).map(({ id }) => id)
        expect(await ids({})).toEqual([both.id, mine.id])
        expect(await ids({}, 2)).toEqual([mine.id])
        expect(await ids({ voice: SECOND })).toEqual([both.id])
        expect(await ids({ voice: OWNER })).toEqual([both.id, mine.id])
        expect(await ids({ requester: agentUri('other') })).toEqual([])
        const open = await reads.approvals({ tenant, open: true }, ALL)
        expect(open.items.map(({ id }) => id)).toEqual([both.id])
      })
    })

    it('are swept when nobody looks at them any more', async () => {
      const place = openPlace()
      const store = await place.open()
      const approval = testApproval()
      await insert(store, approval)
      await vote(store, approval)
      place.clock.at = later(approval.expiresAt, APPROVAL_KEPT_SECONDS)
      await store.sweep()
      const read = () => store.read((reads) => reads.approval(DEFAULT_TENANT, approval.id))
      expect(await read()).toBeDefined()
      place.clock.at = later(place.clock.at, 1)
      await store.sweep()
      expect(await read()).toBeUndefined()
    })
  })
}

async function insert(store: Store, approval: Approval): Promise<void> {
  const { seq: _seq, votes: _votes, ...rest } = approval
  await decide(store, async (tx) => accept(await tx.insertApproval(rest)))
}

function word(approval: Approval, yes: boolean, owner = OWNER) {
  const said = { owner, yes, at: T0 }
  const tally = planVote(approval, said, 'pending')
  if (!tally.ok) throw new Error(tally.refusal.code)
  return [said, tally.value] as const
}

async function vote(
  store: Store,
  approval: Approval,
  owner = OWNER,
  yes = true,
): Promise<Approval> {
  const { result } = await decide(store, async (tx) =>
    accept(await tx.recordVote(approval, ...word(approval, yes, owner))),
  )
  if (!result.ok || result.value === undefined) throw new Error('was not recorded')
  return result.value
}
