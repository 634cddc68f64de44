import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleIssuer, showAssertion } from '../support/assertions.ts'
import { newProver } from '../support/dpop.ts'
import { AUDIENCE, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { type Cast, castOf, delegateTo, openLease } from '../support/http-examples.ts'
import { claimsIn, detailsOf, exchangeOf, form, fromLease, TOKEN } from '../support/oauth.ts'

const key = newProver('ES256')
let site: Deployment
let cast: Cast
let planner: Peer
let worker: Peer

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  planner = cast.planner
  worker = cast.worker
})
afterAll(() => site.close())

function proofFor(change: { url?: string; method?: string } = {}) {
  const url = `https://127.0.0.1:${site.agentsPort}${TOKEN}`
  return { dpop: key.prove({ method: 'POST', url, now: site.world.store.now(), ...change }) }
}
const openStrict = { scope: { ...NARROW, requires: { dpop: true } } }
const ofClient = {
  grant_type: 'client_credentials',
  resource: AUDIENCE,
  authorization_details: detailsOf(openStrict.scope),
}
const codeOf = ({ json }: { json: { error?: string; code?: string } }) => [json.error, json.code]

describe('RFC 9449 §5: a proof at the token endpoint', () => {
  it('binds the token to its key beside the certificate, in every grant', async () => {
    const lease = await openLease(planner)
    const delegation = await delegateTo(planner, lease, worker)
    const seen = [
      await form(planner, TOKEN, ofClient, proofFor()),
      await form(planner, TOKEN, fromLease(lease), proofFor()),
      await form(worker, TOKEN, exchangeOf(delegation), proofFor()),
    ]
    for (const [index, { json }] of seen.entries()) {
      const { thumbprint } = index === 2 ? worker : planner
      expect(json.token_type).toBe('DPoP')
      expect(claimsIn(json.access_token).cnf).toEqual({
        'x5t#S256': thumbprint,
        jkt: key.thumbprint,
      })
    }
  })

  it('is good once, for this address and method, and never passed over', async () => {
    const lease = await openLease(planner)
    const once = proofFor()
    expect((await form(planner, TOKEN, fromLease(lease), once)).status).toBe(200)
    const wrong = [
      'x',
      '',
      proofFor({ method: 'GET' }).dpop,
      proofFor({ url: 'https://a.b/' }).dpop,
    ]
    for (const dpop of [once.dpop, ...wrong]) {
      const seen = await form(planner, TOKEN, fromLease(lease), { dpop })
      expect(codeOf(seen)).toEqual(['invalid_dpop_proof', 'proof_invalid'])
    }
  })

  it('a proof that is refused leaves a delegation unspent and opens no lease', async () => {
    const delegation = await delegateTo(planner, await openLease(planner), worker)
    const refused = await form(worker, TOKEN, exchangeOf(delegation), { dpop: 'x' })
    expect([...codeOf(refused), refused.json.lease_id]).toEqual([
      'invalid_dpop_proof',
      'proof_invalid',
      undefined,
    ])
    expect((await form(worker, TOKEN, exchangeOf(delegation))).status).toBe(200)
  })

  it('is the key that an assertion about a person may be bound to', async () => {
    const people = await peopleIssuer(site)
    const bound = () => people.vouch(planner, { cnf: { jkt: key.thumbprint } })
    const without = await showAssertion(planner, await bound())
    expect(codeOf(without)).toEqual(['invalid_grant', 'holder_binding_failed'])
    const proven = await showAssertion(planner, await bound(), {}, proofFor())
    expect([proven.status, proven.json.token_type]).toEqual([200, 'DPoP'])
    await people.stop()
  })
})
