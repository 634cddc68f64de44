import { afterAll, beforeAll, expect, it } from 'vitest'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../src/domain/scope/types.ts'
import {
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
} from '../support/http.ts'

let site: Deployment
let worker: Peer
beforeAll(async () => {
  site = await openDeployment()
  worker = await site.enroll('worker')
})
afterAll(() => site.close())

let planners = 0

/** A planner with a root lease, and the contract it is given afterwards. */
async function planner(): Promise<{
  peer: Peer
  lease: string
  set: (c: ScopeRequest) => Promise<void>
}> {
  planners += 1
  const name = `planner-${planners}`
  const peer = await site.enroll(name)
  const opened = await peer.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
  return {
    peer,
    lease: opened.json.id,
    async set(contract) {
      const path = `/v1/agents/${name}/contract`
      const seen = await site.owner.ask('PUT', path, { body: { contract } })
      expect(seen.status, seen.text).toBe(200)
    },
  }
}

const delegation = { allowed: true, delegates: CONTRACT.delegation?.delegates ?? [] }
const limits = CONTRACT.limits ?? {}

it.each<[string, ScopeRequest, string]>([
  [
    'allows no delegation',
    { ...CONTRACT, delegation: { ...delegation, allowed: false } },
    'delegation_not_permitted',
  ],
  ['allows no depth', { ...CONTRACT, limits: { ...limits, max_depth: 0 } }, 'depth_exceeded'],
  ['grants nothing', { ...CONTRACT, grants: [] }, 'not_narrower'],
])(
  'a new contract that %s counts for delegations made and redeemed from now on',
  async (_what, contract, code) => {
    const { peer, lease, set } = await planner()
    const body = { lease_id: lease, delegate: worker.uri, scope: NARROW }
    const before = await peer.ask('POST', '/v1/delegations', { body })
    expect(before.status, before.text).toBe(201)
    await set(contract)
    expect((await peer.ask('POST', '/v1/delegations', { body })).json.code).toBe(code)
    const { token } = before.json
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    // The token says everything, so it is also wider than the contract, which the table puts first.
    expect(born.json.code).toBe('not_narrower')
  },
)

it('a new contract counts for renewals from now on', async () => {
  const { peer, lease, set } = await planner()
  await set({ ...CONTRACT, limits: { ...limits, ttl_seconds: 700 } })
  const renew = (ttl_seconds: number) =>
    peer.ask('POST', `/v1/leases/${lease}/renew`, { body: { ttl_seconds } })
  expect((await renew(701)).json.code).toBe('not_narrower')
  expect((await renew(700)).status).toBe(200)
})

it('a child that may not even be where it is, is not promised', async () => {
  const { peer, lease } = await planner()
  const scope = { ...NARROW, limits: { max_depth: 0 } }
  const body = { lease_id: lease, delegate: worker.uri, scope }
  expect((await peer.ask('POST', '/v1/delegations', { body })).json.code).toBe('depth_exceeded')
})

it('I4: a token says what the lease and the contracts of now share, and no more', async () => {
  const { peer, lease, set } = await planner()
  const mint = (scope?: ScopeRequest) =>
    peer.ask('POST', '/v1/tokens', { body: { lease_id: lease, audience: AUDIENCE, scope } })
  const before = scopeOf((await mint()).json.tokens[0])
  const [wide] = CONTRACT.grants
  const less = { ...wide, type: 'http' as const, methods: ['GET'] }
  await set({ ...CONTRACT, grants: [less] })
  const after = scopeOf((await mint()).json.tokens[0])
  expect(before.grants).not.toEqual(after.grants)
  expect(after.grants).toEqual([{ ...before.grants[0], methods: ['GET'] }])
  expect((await mint({ type: SCOPE_TYPE, grants: before.grants })).json.code).toBe('not_narrower')
})

it('I4: no token for an audience that a contract of now leaves out', async () => {
  const { peer, lease, set } = await planner()
  await set({ ...CONTRACT, audiences: ['https://elsewhere.example'] })
  const minted = await peer.ask('POST', '/v1/tokens', {
    body: { lease_id: lease, audience: AUDIENCE },
  })
  expect(minted.json.code).toBe('not_narrower')
})

function scopeOf({ token }: { readonly token: string }): Scope {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(payload).authorization_details[0]
}
