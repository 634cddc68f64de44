import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantId } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, mintFrom } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
let worker: Peer
beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
})
afterAll(() => site.close())

const open = (labels?: object) =>
  planner.ask('POST', '/v1/leases', { body: { scope: CONTRACT, labels } })
const stateOf = async (id: string) =>
  (await site.operator.ask('GET', `/v1/leases/${id}`)).json.state
const withdraw = (label: string, effect = 'revoked', as = site.owner) =>
  as.ask('POST', '/v1/revocations', {
    body: { subject: `label:${label}`, effect, reason: 'a test' },
  })
const preview = async (label: string, as = site.operator) =>
  as.ask('GET', `/v1/revocations/preview?subject=${encodeURIComponent(`label:${label}`)}`)

/** A labelled tree of two. */
async function family(labels: object) {
  const root = (await open(labels)).json.id as string
  const token = await delegateTo(planner, root, worker)
  const child = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
  return { root, child: child.json.id as string }
}

describe('a revocation by label', () => {
  it('I9: ends every tree that has it, with one row, one record and nothing else', async () => {
    const { root, child } = await family({ project: 'apollo' })
    const other = (await open({ project: 'apollo', team: 'b' })).json.id
    const near = (await open({ project: 'apollo2', team: 'b' })).json.id
    const plain = (await open()).json.id
    const waiting = await delegateTo(planner, other, worker)
    expect((await preview('project=apollo')).json).toEqual({
      ...{ leases: 3, live: 3, whole: true },
      holders: expect.arrayContaining([planner.uri, worker.uri]),
    })
    const done = await withdraw('project=apollo')
    expect([done.status, done.json.subject]).toEqual([201, 'label:project=apollo'])
    expect(done.json.record.sequence).toEqual(expect.any(Number))
    for (const id of [root, child, other]) expect(await stateOf(id)).toBe('revoked')
    for (const id of [near, plain]) expect(await stateOf(id)).toBe('live')
    const late = await worker.ask('POST', '/v1/delegations/redeem', { body: { token: waiting } })
    expect(late.json.code).toBe('revoked')
    const mint = { lease_id: child, audience: CONTRACT.audiences?.[0] }
    expect((await worker.ask('POST', '/v1/tokens', { body: mint })).json.code).toBe('revoked')
    expect((await preview('project=apollo')).json).toMatchObject({ leases: 3, live: 0 })
  })

  it('closes the label: as for a principal, nothing is opened under it any more', async () => {
    await withdraw('project=closed')
    const refused = await open({ project: 'closed' })
    expect([refused.status, refused.json.code]).toEqual([401, 'revoked'])
    expect((await open({ project: 'open' })).status).toBe(201)
  })

  it('suspends until an owner lifts it, and what was opened before lives again', async () => {
    const { root, child } = await family({ project: 'pause' })
    const { token } = await mintFrom(planner, root)
    await withdraw('project=pause', 'suspended', site.operator)
    expect([await stateOf(root), await stateOf(child)]).toEqual(['suspended', 'suspended'])
    expect((await open({ project: 'pause' })).json.code).toBe('suspended')
    const seen = await site.operator.ask('POST', '/v1/tokens/introspect', { body: { token } })
    expect(seen.json.active).toBe(false)
    const path = `/v1/revocations/${encodeURIComponent('label:project=pause')}`
    expect((await site.owner.ask('DELETE', path)).status).toBe(204)
    expect([await stateOf(root), await stateOf(child)]).toEqual(['live', 'live'])
  })

  it('is for owners and operators, and in their own tenant alone', async () => {
    const { root } = await family({ project: 'ours' })
    const asAgent = await withdraw('project=ours', 'revoked', planner)
    expect([asAgent.status, (await preview('project=ours', planner)).status]).toEqual([403, 403])
    // What the owner of another tenant writes stands under that tenant.
    await site.world.store.decide<void>(async (tx) => {
      const tenant = 'elsewhere' as TenantId
      const row = { subject: 'label:project=ours', effect: 'revoked', reason: '', at: tx.now }
      await tx.recordRevocation(tenant, row as Parameters<typeof tx.recordRevocation>[1])
      const record = { event: 'revocation.recorded', outcome: 'allowed', lease: null, facts: {} }
      return {
        result: accept(undefined),
        record: { ...(record as object), tenant, request: 'req_x', actor: 'authority' } as never,
      }
    })
    expect(await stateOf(root)).toBe('live')
    expect((await open({ project: 'ours' })).status).toBe(201)
  })

  it.each(['project', 'project=', '__proto__=x', 'project=а', 'project=*', 'Project=x', 'a=b=c'])(
    'names a label, byte for byte: not %j',
    async (label) => {
      const seen = await withdraw(label)
      expect([seen.status, seen.json.code, seen.json.reasons[0].pointer]).toEqual([
        ...[400, 'malformed', '/subject'],
      ])
      expect((await preview(label)).json.code).toBe('malformed')
    },
  )
})
