import { asker, type Member } from '../deployment.ts'
import type { Site } from '../site.ts'

const OPEN = [
  ...['/metrics', '/readyz', '/healthz', '/openapi.yaml', '/openapi.json'],
  ...['/.well-known/jwks.json', '/.well-known/writ-configuration', '/nowhere'],
]
const LISTS = [
  ...['operators', 'agents', 'registrations', 'leases', 'handles', 'approvals', 'revocations'],
  ...['credentials', 'credentials/bearer', 'policies', 'keys', 'alerts', 'webhooks'],
  ...['audit?limit=200', 'audit/checkpoints', 'audit/verify', 'audit/export', 'connection'],
  ...['revocations/feed?follow=false', 'approvals/stream?follow=false', 'agents/planner'],
].map((path) => `/v1/${path}`)

/** Reads everything that can be read, as everybody. */
export async function readEverything(site: Site, agent: Member): Promise<void> {
  const { witness, deployment, owner, around } = site
  const { at } = deployment
  const nobody = asker(witness, 'nobody', at.api, {})
  for (const path of [...OPEN, ...LISTS]) await nobody('GET', path)
  for (const path of LISTS) {
    await owner('GET', path)
    await agent.ask('GET', path)
  }
  for (const path of OPEN) await agent.ask('GET', path)
  const target = `${around.upstream.url}/x`
  const request = { type: 'http', method: 'GET', target }
  const asked = { action: 'call', audience: 'https://gateway.test/up', request }
  await owner('POST', '/v1/policy/explain', { body: { agent: agent.uri, asked } })
  await owner('POST', '/v1/security-events', { body: { maxEvents: 50 } })
}
