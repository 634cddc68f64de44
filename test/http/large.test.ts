import { afterAll, beforeAll, expect, it } from 'vitest'
import { LEASE_DEPTH_MAX } from '../../src/domain/limits.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { AUDIENCE, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { TRUST_DOMAIN } from '../support/pki.ts'

/** A scope near the largest there may be. */
const WIDE: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'http',
      hosts: ['api.github.com'],
      methods: ['GET'],
      paths: Array.from({ length: 44 }, (_, at) => `/repos/acme/${'x'.repeat(80)}-${at}/**`),
    },
  ],
  audiences: [AUDIENCE],
  limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: LEASE_DEPTH_MAX },
  delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
}

let site: Deployment
beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

it('a token too large for any verifier is refused before it is promised, not a fault', async () => {
  const name = (at: number) => `agent-${at}-${'n'.repeat(40)}`
  let holder: Peer = await site.enroll(name(0), { contract: WIDE })
  const opened = await holder.ask('POST', '/v1/leases', { body: { scope: WIDE } })
  expect(opened.status).toBe(201)
  let lease: string = opened.json.id
  for (let at = 1; at <= LEASE_DEPTH_MAX; at += 1) {
    const delegate = await site.enroll(name(at), { contract: WIDE })
    const body = {
      lease_id: lease,
      delegate: delegate.uri,
      scope: { type: WIDE.type, grants: WIDE.grants },
    }
    const made = await holder.ask('POST', '/v1/delegations', { body })
    if (made.status !== 201) {
      expect([made.status, made.json.code]).toEqual([413, 'too_large'])
      return
    }
    const { token } = made.json
    const born = await delegate.ask('POST', '/v1/delegations/redeem', { body: { token } })
    lease = born.json.id
    holder = delegate
  }
  expect.unreachable('the tree became as deep as it may with tokens of any size')
})
