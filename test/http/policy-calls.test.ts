import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type WatchedPolicies, watchPolicies } from '../../src/policy/source.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { mintFrom, redemptionOf } from '../support/http-examples.ts'
import { freshFolder } from '../support/pki.ts'

const folder = join(freshFolder(), 'policies')
let policies: WatchedPolicies
let site: Deployment
let planner: Peer
let gateway: Peer

/** Puts one file into the folder, and has it read. */
async function put(text: string): Promise<void> {
  writeFileSync(join(folder, 'a.toml'), text, { mode: 0o600 })
  await policies.reload()
  expect(policies.problems()).toEqual([])
}

const rule = (name: string, agent: string, lines: string): string => `
[[policy]]
name = "${name}"
match.agents = ["spiffe://acme.example/agent/${agent}"]
${lines}
`
const ALLOW = `approval.mode = "auto"
[policy.allow]
hosts = ["api.github.com"]
methods = ["GET"]
paths = ["/repos/acme/x/**"]
ttl_seconds = 300
max_requests = 7
`
const BOTH = [
  rule('plan', 'planner', `${ALLOW}delegation = { allowed = true, max_depth = 1 }\n`),
  rule('work', 'worker', ALLOW.replace('max_requests = 7', 'max_requests = 3')),
].join('')
const STOP = `
[[policy]]
name = "stop"
match = "any"
approval.mode = "deny"
`

beforeAll(async () => {
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.toml'), BOTH, { mode: 0o600 })
  const news = { loaded: () => undefined, refused: () => undefined }
  const now = () => site.world.clock.now()
  policies = await watchPolicies(folder, {
    now: () => (site === undefined ? (0 as ReturnType<typeof now>) : now()),
    news,
    pollMs: 60_000,
  })
  site = await openDeployment({}, { policies })
  planner = await site.enroll('planner')
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterAll(async () => {
  await policies.close()
  await site.close()
})
beforeEach(() => put(BOTH))

async function open(holder: Peer, scope: object = NARROW) {
  return holder.ask('POST', '/v1/leases', { body: { scope } })
}

async function lease(holder: Peer): Promise<string> {
  const seen = await open(holder)
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.id
}

describe('what the other end of a call is, and what is asked of its response', () => {
  const redeemFrom = async (address: string | undefined) => {
    const { token } = await mintFrom(planner, await lease(planner))
    const { uri, thumbprint: certificate_thumbprint } = planner
    const named = { uri, certificate_thumbprint, ...(address === undefined ? {} : { address }) }
    const body = { ...redemptionOf(token, planner), peer: named }
    return gateway.ask('POST', '/v1/tokens/redeem', { body })
  }

  it('a rule by address stops calls from there, and those from nobody knows where', async () => {
    await put(
      `${BOTH}${STOP.replace('match = "any"', 'match.addresses = ["192.0.2.0/24", "2001:db8::/32"]')}`,
    )
    expect((await redeemFrom('10.1.2.3')).status).toBe(200)
    expect((await redeemFrom('192.0.2.7')).json.code).toBe('policy_denied')
    expect((await redeemFrom('2001:db8::7')).json.code).toBe('policy_denied')
    expect((await redeemFrom(undefined)).json.code).toBe('policy_denied')
  })

  it('PROXY-37: the labels of the rule that decided are in the answer', async () => {
    const labelled = BOTH.replaceAll(
      '[policy.allow]',
      'response = { log = false, reuse = false }\n[policy.allow]',
    )
    await put(labelled)
    expect((await redeemFrom(undefined)).json.response_handling).toEqual(['no-log', 'no-tools'])
    await put(BOTH)
    expect((await redeemFrom(undefined)).json.response_handling).toEqual([])
  })
})
