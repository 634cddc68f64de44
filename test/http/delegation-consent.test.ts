import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readPolicySet } from '../../src/policy/read-set.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import { approve } from '../support/approvals.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

const rule = (agent: string, mode: string) => `
[[policy]]
name = "${agent}"
match.agents = ["spiffe://acme.example/agent/${agent}"]
approval.mode = "${mode}"
allow = "contract"
`
const FREE = rule('planner', 'auto') + rule('worker', 'auto')
const ASKED = rule('planner', 'auto') + rule('worker', 'prompt')
let site: Deployment
let planner: Peer
let worker: Peer
let set: PolicySet

/** From now on this decides. */
function put(text: string): void {
  const read = readPolicySet([{ name: 'a.toml', text }])
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  set = read.set
}

beforeAll(async () => {
  put(FREE)
  const policies = {
    current: () => set,
    loadedAt: () => site.world.clock.now(),
    problems: () => [],
    onChange: () => () => undefined,
  }
  site = await openDeployment({}, { policies })
  planner = await site.enroll('planner')
  worker = await site.enroll('worker')
})
afterAll(() => site.close())
beforeEach(() => site.advance(400))

const delegate = (lease: string, more: object = {}) =>
  planner.ask('POST', '/v1/delegations', {
    body: { lease_id: lease, delegate: worker.uri, scope: NARROW, ...more },
  })
const redeem = (token: string) => worker.ask('POST', '/v1/delegations/redeem', { body: { token } })

describe('a policy that asks people for what a delegate takes', () => {
  it('is not passed by a token from before it asked', async () => {
    put(FREE)
    const made = await delegate(await openLease(planner))
    expect(made.status).toBe(201)
    put(ASKED)
    expect((await redeem(made.json.token)).json.code).toBe('approval_required')
    put(FREE)
    expect((await redeem(made.json.token)).status).toBe(201)
  })

  it('lets a token go that was made with a yes to this very delegation', async () => {
    put(ASKED)
    const lease = await openLease(planner)
    const asked = await delegate(lease)
    expect(asked.status).toBe(202)
    await approve(site.owner, asked.json.approval)
    const made = await delegate(lease, { approval: asked.json.approval.id })
    expect(made.status).toBe(201)
    expect((await redeem(made.json.token)).status).toBe(201)
  })

  it('asks for as many yeses as it does now', async () => {
    put(ASKED)
    const lease = await openLease(planner)
    const asked = await delegate(lease)
    await approve(site.owner, asked.json.approval)
    const made = await delegate(lease, { approval: asked.json.approval.id })
    put(ASKED.replace('approval.mode = "prompt"', 'approval.mode = "prompt"\napproval.quorum = 2'))
    expect((await redeem(made.json.token)).json.code).toBe('approval_required')
  })
})
