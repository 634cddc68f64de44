import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment, Peer } from '../support/http.ts'
import { mintFrom, redemptionOf } from '../support/http-examples.ts'
import { BOTH, lease, openPolicySite, type PolicySite, STOP } from '../support/policy-site.ts'

let stage: PolicySite
let site: Deployment
let planner: Peer
let gateway: Peer
const put = (text: string): Promise<void> => stage.put(text)

beforeAll(async () => {
  stage = await openPolicySite()
  site = stage.site
  planner = await site.enroll('planner')
  gateway = await site.enroll('gate', { role: 'enforcement' })
})
afterAll(() => stage.close())
beforeEach(() => put(BOTH))

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
