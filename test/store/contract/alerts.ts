import { describe, expect, it } from 'vitest'
import type { AlertToRaise } from '../../../src/domain/alert.ts'
import { type AlertId, DEFAULT_TENANT, type TenantId } from '../../../src/domain/ids.ts'
import { ALERTS_KEPT_SECONDS } from '../../../src/domain/limits.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { accept } from '../../../src/domain/result.ts'
import { subjectOf } from '../../../src/domain/revocation.ts'
import { later } from '../../../src/domain/time.ts'
import type { AlertFilter } from '../../../src/store/ports/alerts.ts'
import type { Store } from '../../../src/store/ports.ts'
import {
  agentUri,
  decide,
  given,
  newLeaseId,
  OWNER,
  T0,
  testAgent,
  testLease,
} from '../../support/store-facts.ts'
import type { OpenPlace } from './place.ts'

const FOREIGN = 'other' as TenantId
const TENANT: AlertToRaise['subject'] = subjectOf('tenant', DEFAULT_TENANT)

function alert(change: Partial<AlertToRaise> = {}): AlertToRaise {
  return {
    tenant: DEFAULT_TENANT,
    kind: 'anomaly.burst',
    severity: 'warning',
    subject: TENANT,
    lease: null,
    facts: { calls: 120, baseline: 4, note: null, sure: true },
    ...change,
  }
}

async function raise(store: Store, change: Partial<AlertToRaise> = {}): Promise<AlertId> {
  const { result } = await decide(store, async (tx) => accept(await tx.raiseAlert(alert(change))))
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}

function listed(store: Store, filter: Partial<AlertFilter> = {}) {
  const page = { limit: 50, cursor: null }
  return store.read(async (reads) => {
    return (await reads.alerts({ tenant: DEFAULT_TENANT, ...filter }, page)).items
  })
}

/** Alerts as they are raised, listed, acknowledged and forgotten. */
export function alertsContract(openPlace: OpenPlace): void {
  describe('alerts', () => {
    it('are read as they were raised, in their tenant only', async () => {
      const store = await openPlace().open()
      const id = await raise(store)
      expect(id).toMatch(/^alert_[A-Za-z0-9_-]{22}$/)
      const kept = { ...alert(), id, at: T0, owner: null, acknowledged: null }
      expect(await listed(store)).toEqual([kept])
      expect(await store.read((reads) => reads.alert(DEFAULT_TENANT, id))).toEqual(kept)
      expect(await listed(store, { tenant: FOREIGN })).toEqual([])
      expect(await store.read((reads) => reads.alert(FOREIGN, id))).toBeUndefined()
    })

    it('are undone with the decision that raised them', async () => {
      const store = await openPlace().open()
      const { result } = await decide(store, async (tx) => {
        await tx.raiseAlert(alert())
        return refuse('conflict')
      })
      expect(result.ok).toBe(false)
      expect(await listed(store)).toEqual([])
    })

    it('belong to whoever answers for the agent, the principal or the tree they name', async () => {
      const store = await openPlace().open()
      const agent = testAgent('worker')
      const lease = testLease('worker')
      await given(store, { agents: [agent], leases: [lease] })
      await raise(store, { subject: subjectOf('agent', agent.uri) })
      await raise(store, { subject: subjectOf('lease', lease.id), lease: lease.id })
      await raise(store, { subject: subjectOf('principal', OWNER) })
      await raise(store, { subject: subjectOf('agent', agentUri('nobody')), lease: lease.id })
      await raise(store, { subject: subjectOf('agent', agentUri('nobody')) })
      await raise(store, { subject: subjectOf('lease', newLeaseId()) })
      const owners = (await listed(store)).map(({ subject, lease: at, owner }) => {
        return [subject.split(':')[0], at !== null, owner]
      })
      expect(owners.toSorted()).toEqual(
        [
          ['agent', false, OWNER],
          ['lease', true, OWNER],
          ['principal', false, OWNER],
          ['agent', true, OWNER],
          ['agent', false, null],
          ['lease', false, null],
        ].toSorted(),
      )
      const other = 'somebody@acme.example' as typeof OWNER
      expect(await listed(store, { owner: OWNER })).toHaveLength(6)
      expect(await listed(store, { owner: other })).toHaveLength(2)
    })

    it('are listed newest first, page after page, by every filter', async () => {
      const place = openPlace()
      const store = await place.open()
      const raised: AlertId[] = []
      for (let n = 0; n < 5; n += 1) {
        place.clock.at = later(T0, Math.floor(n / 2))
        raised.push(
          await raise(store, n === 0 ? { kind: 'audit.broken', severity: 'critical' } : {}),
        )
      }
      const seen: AlertId[] = []
      let cursor: string | null = null
      do {
        const page = await store.read((reads) =>
          reads.alerts({ tenant: DEFAULT_TENANT }, { limit: 2, cursor }),
        )
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen[0]).toBe(raised[4])
      expect(seen.toSorted()).toEqual(raised.toSorted())
      const first = [expect.objectContaining({ id: raised[0] })]
      expect(await listed(store, { kind: 'audit.broken' })).toEqual(first)
      expect(await listed(store, { severity: 'critical' })).toEqual(first)
      expect(await listed(store, { subject: TENANT })).toHaveLength(5)
      expect(await listed(store, { lease: newLeaseId() })).toEqual([])
    })

    it('are acknowledged once: the first who has seen one stays', async () => {
      const store = await openPlace().open()
      const id = await raise(store)
      const acknowledge = (by: string, tenant = DEFAULT_TENANT) =>
        decide(store, async (tx) => accept(await tx.acknowledgeAlert(tenant, id, by)))
      const first = await acknowledge('owner:a')
      const second = await acknowledge('owner:b')
      const by = { by: 'owner:a', at: T0 }
      expect(first.result).toMatchObject({ ok: true, value: { acknowledged: by } })
      expect(second.result).toMatchObject({ ok: true, value: { acknowledged: by } })
      expect((await acknowledge('owner:c', FOREIGN)).result).toEqual(accept(undefined))
      expect(await listed(store, { open: true })).toEqual([])
    })

    it('are forgotten after ALERTS_KEPT_SECONDS, acknowledged or not', async () => {
      const place = openPlace()
      const store = await place.open()
      await raise(store)
      place.clock.at = later(T0, ALERTS_KEPT_SECONDS)
      const young = await raise(store)
      place.clock.at = later(place.clock.at, 1)
      await store.sweep()
      expect((await listed(store)).map(({ id }) => id)).toEqual([young])
    })
  })
}
