import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LABELS_MAX } from '../../src/domain/limits.ts'
import { approve } from '../support/approvals.ts'
import { CONTRACT, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
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

const open = (labels: unknown, more: object = {}, as = planner) =>
  as.ask('POST', '/v1/leases', { body: { scope: CONTRACT, labels, ...more } })

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('labels of a tree', () => {
  it('are told when it is opened, and are those of everything below it', async () => {
    const labels = { workspace: '/home/planner/site', project: 'apollo' }
    const root = await open(labels)
    expect([root.status, root.json.labels]).toEqual([201, labels])
    const token = await delegateTo(planner, root.json.id, worker)
    const child = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect([child.status, child.json.labels]).toEqual([201, labels])
    const tree = await site.operator.ask('GET', `/v1/leases/${root.json.id}/tree`)
    for (const { labels: told } of tree.json.items) expect(told).toEqual(labels)
    const record = await site.owner.ask('GET', '/v1/audit?limit=200')
    expect(record.text).toContain('project=apollo workspace=/home/planner/site')
  })

  it('ride in call tokens, in no delegation token, and are left out where there are none', async () => {
    const root = (await open({ project: 'apollo' })).json.id
    const call = claimsOf((await mintFrom(planner, root)).token)
    expect(call.lease).toEqual({ id: root, lineage: [root], labels: { project: 'apollo' } })
    const delegation = claimsOf(await delegateTo(planner, root, worker))
    expect(delegation.lease).toEqual({ id: root, lineage: [root] })
    const plain = (await open(undefined)).json
    expect(plain.labels).toEqual({})
    expect(claimsOf((await mintFrom(planner, plain.id)).token).lease).not.toHaveProperty('labels')
  })

  it('find leases, and so does a part of them, for whoever may see those', async () => {
    const root = (await open({ project: 'hermes' })).json.id
    const found = async (query: string, as = planner) =>
      (await as.ask('GET', `/v1/leases?${query}`)).json.items.map(({ id }: { id: string }) => id)
    expect(await found('label=project%3Dhermes')).toEqual([root])
    expect(await found('text=ject%3Dherm')).toEqual([root])
    expect(await found('label=project%3Dherme')).toEqual([])
    expect(await found('label=project%3Dhermes', worker)).toEqual([])
    const bad = await planner.ask('GET', '/v1/leases?label=project')
    expect([bad.status, bad.json.code]).toEqual([400, 'malformed'])
  })

  it.each<[string, string, string]>([
    ['a prototype', '{"__proto__":{"project":"apollo"}}', '/labels'],
    ['other letters', '{"project":"аpollo"}', '/labels/project'],
    ['an escape of a control', '{"project":"a\\u0000b"}', '/labels/project'],
    ['one key twice', '{"project":"a","project":"b"}', ''],
    ['a list', '["project=apollo"]', '/labels'],
    [
      'one too many',
      JSON.stringify(
        Object.fromEntries([...Array(LABELS_MAX + 1).keys()].map((n) => [`k${n}`, 'v'])),
      ),
      '/labels',
    ],
    [
      'thousands',
      JSON.stringify(Object.fromEntries([...Array(5_000).keys()].map((n) => [`k${n}`, 'v']))),
      '/labels',
    ],
  ])('are refused: %s', async (_name, labels, pointer) => {
    const raw = `{"scope":${JSON.stringify(NARROW)},"labels":${labels}}`
    const seen = await planner.ask('POST', '/v1/leases', { raw })
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    if (pointer !== '') expect(seen.json.reasons[0].pointer).toBe(pointer)
  })

  it('I5: nobody below gives a tree others: not who delegates, redeems, renews or mints', async () => {
    const root = (await open({ project: 'apollo' })).json.id
    const labels = { project: 'zeus' }
    const token = await delegateTo(planner, root, worker)
    const tries = [
      await worker.ask('POST', '/v1/delegations/redeem', { body: { token, labels } }),
      await planner.ask('POST', '/v1/delegations', {
        body: { lease_id: root, delegate: worker.uri, scope: NARROW, labels },
      }),
      await planner.ask('POST', `/v1/leases/${root}/renew`, { body: { ttl_seconds: 700, labels } }),
    ]
    expect(tries.map(({ status }) => status)).toEqual([400, 400, 400])
  })

  it('make another request: a key of idempotency is not good for other labels', async () => {
    const headers = { 'idempotency-key': 'labels' }
    const ask = (labels: object) =>
      planner.ask('POST', '/v1/leases', { body: { scope: NARROW, labels }, headers })
    const first = await ask({ project: 'apollo' })
    const again = await ask({ project: 'apollo' })
    expect([first.status, again.json.id]).toEqual([201, first.json.id])
    const other = await ask({ project: 'zeus' })
    expect([other.status, other.json.code]).toEqual([409, 'conflict'])
  })

  it('are part of what an owner says yes to', async () => {
    const asking = await site.enroll('asking', { terms: { approval_mode: 'per_request' } })
    const seen = await open({ project: 'apollo' }, {}, asking)
    expect([seen.status, seen.json.approval.labels]).toEqual([202, { project: 'apollo' }])
    await approve(site.owner, seen.json.approval)
    const yes = { approval: seen.json.approval.id }
    for (const labels of [{ project: 'zeus' }, {}, undefined]) {
      const other = await open(labels, yes, asking)
      expect([other.status, other.json.code]).toEqual([403, 'approval_denied'])
    }
    expect((await open({ project: 'apollo' }, yes, asking)).status).toBe(201)
  })
})
