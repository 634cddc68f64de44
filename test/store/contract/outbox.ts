import { describe, expect, it } from 'vitest'
import type { AlertToRaise } from '../../../src/domain/alert.ts'
import { DEFAULT_TENANT, type PrincipalId, type WebhookId } from '../../../src/domain/ids.ts'
import {
  ALERTS_TOLD_MAX,
  WEBHOOK_CLAIM_SECONDS,
  WEBHOOK_DELIVERIES_MAX,
  WEBHOOK_DELIVERIES_PER_RECEIVER_MAX,
  WEBHOOKS_MAX,
} from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { subjectOf } from '../../../src/domain/revocation.ts'
import { later } from '../../../src/domain/time.ts'
import type { Delivery, KeptWebhook } from '../../../src/store/ports/webhooks.ts'
import type { Store } from '../../../src/store/ports.ts'
import { decide, newLeaseId, OWNER, T0, thumbprint } from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

type Hook = Omit<KeptWebhook, 'waiting'>

function hook(change: Partial<Hook> = {}): Hook {
  return {
    id: newLeaseId().replace('lease_', 'hook_') as WebhookId,
    tenant: DEFAULT_TENANT,
    owner: OWNER,
    url: 'https://alerts.acme.example/writ',
    kinds: 'any',
    privateNet: false,
    createdAt: T0,
    failingSince: null,
    secret: 'v1.sealed',
    ...change,
  }
}

async function withOwner(store: Store, name: string = OWNER): Promise<void> {
  await decide(store, (tx) =>
    tx.insertRoleCredential({
      tenant: DEFAULT_TENANT,
      name,
      role: 'owner',
      tokenHash: thumbprint(name),
      certificate: null,
      createdAt: T0,
      revokedAt: null,
    }),
  )
}

async function withHook(store: Store, change: Partial<Hook> = {}): Promise<Hook> {
  const made = hook(change)
  const { result } = await decide(store, (tx) => tx.insertWebhook(made))
  if (!result.ok) throw new Error(result.refusal.code)
  return made
}

async function raise(store: Store, count = 1, change: Partial<AlertToRaise> = {}): Promise<void> {
  await decide(store, async (tx) => {
    for (let n = 0; n < count; n += 1) {
      await tx.raiseAlert({
        tenant: DEFAULT_TENANT,
        kind: 'anomaly.burst',
        severity: 'warning',
        subject: subjectOf('tenant', DEFAULT_TENANT),
        lease: null,
        facts: { n },
        ...change,
      })
    }
    return accept(undefined)
  })
}

function claim(store: Store, busy: readonly WebhookId[] = [], limit = WEBHOOK_DELIVERIES_MAX) {
  return store.outbox.claim({ limit, busy })
}

const isWaiting = (store: Store) => store.read((reads) => reads.hasDeliveries())
const receivers = (deliveries: readonly Delivery[]) => deliveries.map((one) => one.webhook.id)

/** Webhooks, and what is to be delivered to them. */
export function outboxContract(openPlace: OpenPlace): void {
  describe('webhooks', () => {
    it('are listed by age with what waits for them, and removed with it', async () => {
      const place = openPlace()
      const store = await place.open()
      await withOwner(store)
      const first = await withHook(store, { kinds: ['audit.broken'], privateNet: true })
      const second = await withHook(store, { createdAt: later(T0, 1) })
      await raise(store)
      await store.outbox.tell()
      const list = () => store.read((reads) => reads.webhooks(DEFAULT_TENANT))
      expect(await list()).toEqual([
        { ...first, waiting: 0 },
        { ...second, waiting: 1 },
      ])
      const remove = (id: WebhookId) =>
        decide(store, async (tx) => accept(await tx.removeWebhook(DEFAULT_TENANT, id)))
      expect((await remove(second.id)).result).toEqual(accept(true))
      expect((await remove(second.id)).result).toEqual(accept(false))
      expect(await list()).toHaveLength(1)
      expect(await claim(store)).toEqual([])
    })

    it('are at most WEBHOOKS_MAX', async () => {
      const store = await openPlace().open()
      for (let n = 0; n < WEBHOOKS_MAX; n += 1) await withHook(store)
      const { result } = await decide(store, (tx) => tx.insertWebhook(hook()))
      expect(result.ok ? 'ok' : result.refusal.code).toBe('conflict')
    })
  })

  describe('the outbox', () => {
    it('tells each alert once, to every receiver whose owner sees it and asked for it', async () => {
      const store = await openPlace().open()
      const other = 'other@acme.example' as PrincipalId
      for (const name of [OWNER, other]) await withOwner(store, name)
      const mine = await withHook(store)
      const picky = await withHook(store, { kinds: ['audit.broken'] })
      const theirs = await withHook(store, { owner: other })
      const orphan = await withHook(store, { owner: 'gone@acme.example' as PrincipalId })
      expect(await isWaiting(store)).toBe(false)
      await raise(store)
      await raise(store, 1, { subject: subjectOf('principal', OWNER), kind: 'audit.broken' })
      expect(await isWaiting(store)).toBe(true)
      expect(await store.outbox.tell()).toHaveLength(2)
      expect(await store.outbox.tell()).toEqual([])
      const told = receivers(await claim(store)).toSorted()
      expect(told).toEqual([mine.id, mine.id, picky.id, theirs.id].toSorted())
      expect(told).not.toContain(orphan.id)
    })

    it('forgets receivers whose owner has no credential any more, also for what waits', async () => {
      const store = await openPlace().open()
      await withOwner(store)
      await withHook(store)
      await raise(store)
      await store.outbox.tell()
      await decide(store, async (tx) =>
        accept(await tx.revokeRoleCredential(DEFAULT_TENANT, OWNER, tx.now)),
      )
      expect(await claim(store)).toEqual([])
      await raise(store)
      await store.outbox.tell()
      expect(await claim(store)).toEqual([])
    })

    it('gives a delivery to one of several who claim at once, and to another when that dies', async () => {
      const place = openPlace()
      const store = await place.open()
      const stores = [store, await place.open(), await place.open()]
      await withOwner(store)
      for (let n = 0; n < 4; n += 1) await withHook(store)
      await raise(store, 3)
      await store.outbox.tell()
      const claimed = (await Promise.all(stores.map((one) => claim(one)))).flat()
      const ids = claimed.map(({ alert, webhook }) => `${webhook.id} ${alert.id}`)
      expect(ids).toHaveLength(12)
      expect(new Set(ids).size).toBe(12)
      expect(await claim(store)).toEqual([])
      place.clock.at = later(T0, WEBHOOK_CLAIM_SECONDS)
      const again = await claim(store)
      expect(again.map(({ attempts }) => attempts)).toEqual(new Array(12).fill(2))
      // Who comes back too late settles nothing.
      for (const late of claimed) await store.outbox.settle(late, { kind: 'delivered' })
      const waiting = (await store.read((reads) => reads.webhooks(DEFAULT_TENANT))).map(
        (webhook) => webhook.waiting,
      )
      expect(waiting).toEqual([3, 3, 3, 3])
      for (const mine of again) await store.outbox.settle(mine, { kind: 'delivered' })
      place.clock.at = later(T0, 1_000_000)
      expect(await claim(store)).toEqual([])
    })

    it('leaves room for others beside a receiver with much to be told', async () => {
      const store = await openPlace().open()
      await withOwner(store)
      const loud = await withHook(store)
      const quiet = await withHook(store, { kinds: ['audit.broken'] })
      await raise(store, WEBHOOK_DELIVERIES_MAX)
      await raise(store, 1, { kind: 'audit.broken' })
      await store.outbox.tell()
      const first = receivers(await claim(store))
      expect(first.filter((id) => id === loud.id)).toHaveLength(WEBHOOK_DELIVERIES_PER_RECEIVER_MAX)
      expect(first).toContain(quiet.id)
      expect(await claim(store, [loud.id])).toEqual([])
      expect(await claim(store, [], 1)).toHaveLength(1)
    })

    it('comes back to a delivery that failed when it is due again', async () => {
      const place = openPlace()
      const store = await place.open()
      await withOwner(store)
      await withHook(store)
      await raise(store)
      await store.outbox.tell()
      const [delivery] = await claim(store)
      if (delivery === undefined) throw new Error('one is due')
      await store.outbox.settle(delivery, { kind: 'again', seconds: 5 })
      expect(await claim(store)).toEqual([])
      place.clock.at = later(T0, 5)
      expect((await claim(store)).map(({ attempts }) => attempts)).toEqual([2])
    })

    it('raises one alert for a receiver that fails, and not to that receiver', async () => {
      const store = await openPlace().open()
      await withOwner(store)
      const failing = await withHook(store, { kinds: ['anomaly.burst', 'webhook.failed'] })
      const other = await withHook(store, { kinds: ['webhook.failed'], createdAt: later(T0, 1) })
      const giveUp = async (): Promise<number> => {
        await raise(store)
        await store.outbox.tell()
        const [delivery] = await claim(store, [other.id])
        if (delivery === undefined) throw new Error('one is due')
        await store.outbox.settle(delivery, { kind: 'given_up', detail: 'timeout' })
        const filter = { tenant: DEFAULT_TENANT, kind: 'webhook.failed' } as const
        const page = { limit: 9, cursor: null }
        return (await store.read((reads) => reads.alerts(filter, page))).items.length
      }
      expect([await giveUp(), await giveUp()]).toEqual([1, 1])
      await store.outbox.tell()
      expect(receivers(await claim(store))).toEqual([other.id])
      const [listed] = await store.read((reads) => reads.webhooks(DEFAULT_TENANT))
      expect([listed?.id, listed?.failingSince]).toEqual([failing.id, T0])
    })

    it('takes ALERTS_TOLD_MAX at a time, the oldest first', async () => {
      const place = openPlace()
      const store = await place.open()
      await raise(store, ALERTS_TOLD_MAX)
      place.clock.at = later(T0, 1)
      await raise(store)
      expect(new Set((await store.outbox.tell()).map(({ at }) => at))).toEqual(new Set([T0]))
      expect((await store.outbox.tell()).map(({ at }) => at)).toEqual([later(T0, 1)])
    })
  })
}
