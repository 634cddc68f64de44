import type { TenantId } from '../../src/domain/ids.ts'
import { createFeedClient } from '../../src/gateway/feed/feed-client.ts'
import { systemClock } from '../../src/system.ts'
import { type PublishedKeys, readPublishedKeys } from '../../src/token/jwks.ts'

/** An enforcement point without a store, as far as revocations go: tells its parent what it hears. */
interface Setup {
  readonly authority: string
  readonly certificate: string
  readonly privateKey: string
  readonly ca: string
  readonly issuer: string
  readonly tenant: TenantId
  readonly keys: PublishedKeys
}

process.once('message', async (setup: Setup) => {
  const { authority, certificate, privateKey, ca, issuer, tenant } = setup
  const keys = await readPublishedKeys(setup.keys)
  if (!keys.ok) throw new Error(`refused: ${keys.refusal.code}`)
  const client = createFeedClient({
    authorities: [authority],
    credentials: () => ({ certificate, privateKey, authorities: ca }),
    issuer,
    tenant,
    keys: keys.value,
    clock: systemClock,
    failed: (fault) => process.emitWarning(fault instanceof Error ? fault : String(fault)),
  })
  const ready = setInterval(() => {
    if (client.head === undefined) return
    clearInterval(ready)
    process.send?.({ ready: true })
  }, 10)
  client.onRevocation((changes) => {
    const at = performance.timeOrigin + performance.now()
    for (const { subject } of changes) process.send?.({ subject, at })
  })
})
process.on('disconnect', () => process.exit(0))
