import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Admitted } from '../../src/admission/ports.ts'
import { type CertificateThumbprint, DEFAULT_TENANT, type LeaseId } from '../../src/domain/ids.ts'
import { spendMessage } from '../../src/usecases/tokens/spend-message.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, openLease } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let worker: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
})
afterAll(() => site.close())

/** A WebSocket of the worker under a root with these limits: as the gateway knows it. */
async function socketUnder(limits: { readonly max_uses: number }) {
  const root = (await openLease(planner, limits)) as LeaseId
  const token = await delegateTo(planner, root, worker)
  const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
  const lease = born.json.id as LeaseId
  const minted = await worker.ask('POST', '/v1/tokens', {
    body: { lease_id: lease, audience: born.json.scope.audiences[0] },
  })
  const jti = minted.json.tokens[0].jti
  const admitted = {
    claims: {
      jti,
      agent: worker.uri,
      audience: born.json.scope.audiences[0],
      lease: { id: lease, lineage: [root, lease] },
    },
    peer: { uri: worker.uri, certificate: worker.thumbprint as CertificateThumbprint },
  } as unknown as Admitted
  const send = () =>
    spendMessage(site.world, DEFAULT_TENANT, { admitted, request: site.world.ids.request() })
  return { root, lease, jti, send }
}

const usesOf = async (lease: string) =>
  (await planner.ask('GET', `/v1/leases/${lease}`)).json.uses_spent

describe('CDPX-37: a message of a WebSocket', () => {
  it('I11: is a use of its lease and of every lease above, however many come at once', async () => {
    const { root, lease, send } = await socketUnder({ max_uses: 3 })
    const sent = await Promise.all(Array.from({ length: 8 }, send))
    expect(sent.filter(({ ok }) => ok)).toHaveLength(3)
    const refusals = sent.flatMap((one) => (one.ok ? [] : [one.refusal.code]))
    expect(refusals).toEqual(Array(5).fill('uses_exhausted'))
    expect([await usesOf(root), await usesOf(lease)]).toEqual([3, 3])
  })

  it('I10: has a record, which names the token that opened the socket', async () => {
    const { lease, jti, send } = await socketUnder({ max_uses: 3 })
    await send()
    const rows = await site.world.store.read((reads) => reads.auditRows({}, 1_000))
    const records = rows
      .map(({ body }) => JSON.parse(body))
      .filter((record) => record.lease === lease && record.event === 'token.redeemed')
    expect(records.map(({ facts }) => facts)).toMatchObject([{ message_of: jti }])
  })

  it('I9: is refused once anything above it is revoked', async () => {
    const { root, send } = await socketUnder({ max_uses: 3 })
    expect((await send()).ok).toBe(true)
    await planner.ask('POST', `/v1/leases/${root}/revoke`, { body: { reason: 'over' } })
    expect(await send()).toMatchObject({ ok: false, refusal: { code: 'revoked' } })
  })

  it('is refused when a contract has moved: it can not be judged again', async () => {
    const { send } = await socketUnder({ max_uses: 3 })
    const { contract } = (await site.owner.ask('GET', '/v1/agents/worker')).json
    await site.owner.ask('PUT', '/v1/agents/worker/contract', { body: { contract } })
    expect(await send()).toMatchObject({ ok: false, refusal: { code: 'scope_not_granted' } })
  })
})
