import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentUri, type CertificateThumbprint, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { readPolicySet } from '../../src/policy/read-set.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import { createHandleAdmission } from '../../src/usecases/handles/admit-handle.ts'
import { AUDIENCE, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { CALL, openLease } from '../support/http-examples.ts'

const PLAN = `
[[policy]]
name = "plan"
match.agents = ["spiffe://acme.example/agent/planner"]
approval.mode = "auto"
allow = "contract"
`
const EACH = PLAN.replace('"auto"', '"prompt"\napproval.on = ["token.mint"]')
const NO_TOKENS = `
[[policy]]
name = "stop"
match.actions = ["token.mint"]
approval.mode = "deny"
`
let site: Deployment
let planner: Peer
let set: PolicySet

/** From now on this decides. */
function put(text: string): void {
  const read = readPolicySet([{ name: 'a.toml', text }])
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  set = read.set
}

beforeAll(async () => {
  put(PLAN)
  const policies = {
    current: () => set,
    loadedAt: () => site.world.clock.now(),
    problems: () => [],
    onChange: () => () => undefined,
  }
  site = await openDeployment({}, { policies })
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

async function callUnder(text: string) {
  put(text)
  const body = { lease_id: await openLease(planner), label: 'ci' }
  const { handle: token } = (await planner.ask('POST', '/v1/handles', { body })).json
  const misses = async () => accept(undefined)
  const admit = createHandleAdmission(site.world, {
    tenant: DEFAULT_TENANT,
    audience: AUDIENCE,
    misses,
  })
  const peer = { uri: planner.uri as AgentUri, certificate: '' as CertificateThumbprint }
  return admit({ token, peer, request: CALL, requestId: site.world.ids.request() })
}

describe('a call by handle under policies', () => {
  it('goes where a token of the lease could be minted without asking anybody', async () => {
    expect((await callUnder(PLAN)).ok).toBe(true)
  })

  it('is refused under a rule that asks for each token, though its lease needed no yes', async () => {
    expect(await callUnder(EACH)).toMatchObject({ refusal: { code: 'request_mismatch' } })
  })

  it('is refused under a rule that denies tokens', async () => {
    expect(await callUnder(PLAN + NO_TOKENS)).toMatchObject({ refusal: { code: 'policy_denied' } })
  })
})
