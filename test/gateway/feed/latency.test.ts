import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import type { RevocationSubject } from '../../../src/domain/revocation.ts'
import { createFeedClient, type FeedClient } from '../../../src/gateway/feed/feed-client.ts'
import { openSqliteStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/ports.ts'
import { systemClock } from '../../../src/system.ts'
import { readPublishedKeys } from '../../../src/token/jwks.ts'
import { until } from '../../support/feed.ts'
import type { FeedChildReady } from '../../support/feed-child.ts'
import { revoke } from '../../support/store-facts.ts'

const CHILD = fileURLToPath(new URL('../../support/feed-child.ts', import.meta.url))
const REVOKES = 100

let child: ChildProcess
let ready: FeedChildReady
let client: FeedClient
let store: Store
const heardAt = new Map<string, number>()

const now = () => performance.timeOrigin + performance.now()

beforeAll(async () => {
  child = fork(CHILD, { execArgv: ['--import', 'tsx'] })
  ready = (await once(child, 'message'))[0] as FeedChildReady
  const keys = await readPublishedKeys(JSON.parse(JSON.stringify(ready.jwks)))
  if (!keys.ok) throw new Error(keys.refusal.code)
  const { cert: certificate, key: privateKey } = ready.credential
  client = createFeedClient({
    authorities: [`https://127.0.0.1:${ready.port}`],
    credentials: () => ({ certificate, privateKey, authorities: ready.rootPem }),
    issuer: 'https://writ.example',
    tenant: DEFAULT_TENANT,
    keys: keys.value,
    clock: systemClock,
    failed: () => undefined,
  })
  client.onRevocation((changes) => {
    for (const { subject } of changes) heardAt.set(subject, now())
  })
  store = await openSqliteStore({ path: ready.storePath, clock: systemClock, verifyAtStart: false })
  await until(() => client.staleness() < 3)
}, 60_000)

afterAll(async () => {
  await client.close()
  await store.close()
  const gone = once(child, 'exit')
  child.disconnect()
  await gone
})

/** Milliseconds between the answer to a revocation and the moment the client knows. */
async function measure(revokeOne: (subject: RevocationSubject) => Promise<number>) {
  const waits: number[] = []
  for (let turn = 0; turn < REVOKES; turn += 1) {
    const subject: RevocationSubject = `principal:${revokeOne.name}-${turn}`
    const answeredAt = await revokeOne(subject)
    await until(() => heardAt.has(subject))
    expect(client.effect([subject])).toBe('revoked')
    waits.push((heardAt.get(subject) ?? Number.POSITIVE_INFINITY) - answeredAt)
  }
  const sorted = waits.sort((a, b) => a - b)
  return { p50: sorted[REVOKES / 2] ?? 0, p99: sorted[REVOKES - 2] ?? 0 }
}

describe('from the answer to a revocation until a gateway without a store knows', () => {
  const here = async (subject: RevocationSubject): Promise<number> => {
    const answer = once(child, 'message')
    child.send(subject)
    return ((await answer)[0] as { readonly answeredAt: number }).answeredAt
  }
  const elsewhere = async (subject: RevocationSubject): Promise<number> => {
    await revoke(store, subject)
    return now()
  }

  it.each([
    ['the authority it follows', here],
    ['another process on the store', elsewhere],
  ])(
    'I9: it takes a fraction of a second when it was revoked at %s',
    async (where, revokeOne) => {
      const { p50, p99 } = await measure(revokeOne)
      console.info(`feed, revoked at ${where}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
      expect(p99).toBeLessThan(2_000)
    },
    60_000,
  )
})
