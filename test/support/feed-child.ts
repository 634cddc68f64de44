import type { PublishedKeys } from '../../src/token/jwks.ts'
import { openDeployment } from './http.ts'
import type { Credential } from './pki.ts'

/** What a forked authority says of itself. */
export interface FeedChildReady {
  readonly port: number
  readonly rootPem: string
  readonly credential: Credential
  readonly jwks: PublishedKeys
  readonly storePath: string
}

/** The program of a forked authority: serves the feed, and revokes what it is told to. */
async function main(): Promise<void> {
  const site = await openDeployment()
  const { credential } = await site.enroll('gate', { role: 'enforcement' })
  process.on('message', async (subject: string) => {
    const body = { subject, effect: 'revoked', reason: 'a test of latency' }
    const seen = await site.owner.ask('POST', '/v1/revocations', { body })
    const answeredAt = performance.timeOrigin + performance.now()
    process.send?.({ subject, answeredAt, status: seen.status })
  })
  process.on('disconnect', () => void site.close().finally(() => process.exit(0)))
  const ready: FeedChildReady = {
    port: site.agentsPort,
    rootPem: site.rootPem,
    credential,
    jwks: site.world.keys.jwks(),
    storePath: `${site.folder}/data/writ.db`,
  }
  process.send?.(ready)
}

await main()
