import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, type Deployment, NARROW, type Peer } from '../support/http.ts'
import { CALL, delegateTo, mintFrom, redemptionOf } from '../support/http-examples.ts'
import { ALLOW, openPolicySite, type PolicySite, rule } from '../support/policy-site.ts'

/** What the rules of both agents allow, in one project and at one place. */
const within = (project: string, more = '') =>
  [
    rule('plan', 'planner', `match.projects = ["${project}"]\n${more}${DELEGATING}`),
    rule('work', 'worker', `match.projects = ["${project}"]\n${more}${ALLOW}`),
  ].join('')
const DELEGATING = `${ALLOW}delegation = { allowed = true, max_depth = 1 }\n`

let stage: PolicySite
let site: Deployment
let planner: Peer
let worker: Peer
let gateway: Peer
beforeAll(async () => {
  stage = await openPolicySite()
  site = stage.site
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterAll(() => stage.close())

const open = (labels?: object) =>
  planner.ask('POST', '/v1/leases', { body: { scope: NARROW, labels } })

const explain = (body: object) =>
  site.owner.ask('POST', '/v1/policy/explain', {
    body: {
      agent: planner.uri,
      asked: { action: 'call', audience: AUDIENCE, request: CALL },
      ...body,
    },
  })

describe('PROXY-14, PROXY-33: project and workspace are labels of the tree', () => {
  it('decide what is opened, passed on, redeemed, minted and called', async () => {
    await stage.put(within('apollo', 'match.workspaces = ["w1"]\n'))
    for (const labels of [
      undefined,
      { project: 'apollo' },
      { project: 'zeus', workspace: 'w1' },
      { project: 'Apollo', workspace: 'w1' },
      { constructor: 'apollo', workspace: 'w1' },
    ]) {
      const refused = await open(labels)
      expect([refused.status, refused.json.code]).toEqual([403, 'policy_denied'])
    }
    const root = await open({ project: 'apollo', workspace: 'w1' })
    expect(root.status).toBe(201)
    const token = await delegateTo(planner, root.json.id, worker)
    const child = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const call = await mintFrom(worker, child.json.id)
    const other = await mintFrom(worker, child.json.id)
    const redeem = (text: string) =>
      gateway.ask('POST', '/v1/tokens/redeem', { body: redemptionOf(text, worker) })
    expect((await redeem(call.token)).status).toBe(200)
    await stage.put(within('zeus'))
    expect((await redeem(other.token)).json.code).toBe('policy_denied')
    const body = { lease_id: child.json.id, audience: AUDIENCE }
    expect((await worker.ask('POST', '/v1/tokens', { body })).json.code).toBe('policy_denied')
  })

  it('nobody tells of a lease that is there what its labels do not', async () => {
    await stage.put(within('apollo'))
    const lease = (await open({ project: 'apollo' })).json.id
    await stage.put(within('zeus'))
    const told = { project: 'zeus', workspace: 'w1' }
    expect((await explain({ lease_id: lease, ...told })).json.effect).toBe('deny')
    expect((await explain(told)).json.effect).toBe('allow')
    await stage.put(within('apollo'))
    expect((await explain({ lease_id: lease, ...told })).json.effect).toBe('allow')
    await stage.put(within('apollo', 'match.workspaces = ["w1"]\n'))
    const { json } = await explain({ lease_id: lease, ...told })
    expect([json.effect, json.considered[0].unmet]).toEqual(['deny', ['workspaces']])
  })
})

it('CDP-40: decisions are held against other rules with the labels they had', async () => {
  const other = await openPolicySite()
  try {
    await other.put(within('apollo'))
    const holder = await other.site.enroll('planner')
    for (const labels of [{ project: 'apollo' }, { project: 'zeus' }, {}]) {
      await holder.ask('POST', '/v1/leases', { body: { scope: NARROW, labels } })
    }
    const replay = async (text: string) => {
      const body = { files: { 'a.toml': text } }
      const { json } = await other.site.owner.ask('POST', '/v1/policy/replay', { body })
      const { changes } = json as { changes: { before: string; after: string; count: number }[] }
      return changes.map(({ before, after, count }) => `${before} ${after} ${count}`).sort()
    }
    expect(await replay(within('apollo'))).toEqual([])
    expect(await replay(within('zeus'))).toEqual(['allow deny 1', 'deny allow 1'])
  } finally {
    await other.close()
  }
})
