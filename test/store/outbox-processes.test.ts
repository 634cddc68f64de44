import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type WebhookId } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { subjectOf } from '../../src/domain/revocation.ts'
import type { Store } from '../../src/store/ports.ts'
import { postgresPlace, sharedCluster } from '../support/postgres.ts'
import { testPlace } from '../support/store.ts'
import { decide, OWNER, T0, thumbprint } from '../support/store-facts.ts'
import { type StoreProcess, startStoreProcess } from '../support/store-process.ts'

const ALERTS = 30
const processes: StoreProcess[] = []
afterAll(() => Promise.all(processes.map((one) => one.kill())))

async function opened(place: object): Promise<readonly StoreProcess[]> {
  const started = [startStoreProcess(), startStoreProcess(), startStoreProcess()]
  processes.push(...started)
  const order = { do: 'open', at: T0, ...place } as Parameters<StoreProcess['order']>[0]
  await Promise.all(started.map((one) => one.order(order)))
  return started
}

/** One receiver, and alerts that wait for it. */
async function waiting(store: Store): Promise<void> {
  const tenant = DEFAULT_TENANT
  await decide(store, async (tx) => {
    const person = { tenant, name: OWNER, role: 'owner' } as const
    const dates = { createdAt: T0, revokedAt: null }
    await tx.insertRoleCredential({
      ...person,
      ...dates,
      tokenHash: thumbprint(OWNER),
      certificate: null,
    })
    const id = 'hook_AAAAAAAAAAAAAAAAAAAAAA' as WebhookId
    const at = { url: 'https://alerts.acme.example/', kinds: 'any', privateNet: false } as const
    const state = { createdAt: T0, failingSince: null, secret: 'v1.sealed' }
    await tx.insertWebhook({ id, tenant, owner: OWNER, ...at, ...state })
    for (let n = 0; n < ALERTS; n += 1) {
      const subject = subjectOf('tenant', tenant)
      const about = { subject, lease: null, facts: { n } }
      await tx.raiseAlert({ tenant, kind: 'anomaly.burst', severity: 'info', ...about })
    }
    return accept(undefined)
  })
  await store.outbox.tell()
}

async function claims(started: readonly StoreProcess[]): Promise<readonly string[]> {
  const all = await Promise.all(
    started.map((one) => one.order<string[]>({ do: 'claim-deliveries' })),
  )
  return all.flat()
}

describe('processes that deliver from one outbox', () => {
  it('claim each delivery once, on SQLite', async () => {
    const place = testPlace()
    await waiting(await place.open())
    const claimed = await claims(await opened({ path: place.path, keysDir: place.keysDir }))
    expect([claimed.length, new Set(claimed).size]).toEqual([ALERTS, ALERTS])
  })

  it('claim each delivery once, on PostgreSQL', async () => {
    await sharedCluster()
    const place = postgresPlace()
    await waiting(await place.open())
    const { keysDir } = place
    const databaseUrl = await place.databaseUrl()
    const claimed = await claims(await opened({ path: '', keysDir, databaseUrl }))
    expect([claimed.length, new Set(claimed).size]).toEqual([ALERTS, ALERTS])
  })
})
