import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, PIN, requiring } from '../support/approvals.ts'
import { newProver, type Prover } from '../support/dpop.ts'
import { AUDIENCE, CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'

let site: Deployment
let planner: Peer
const mine = newProver()
const other = newProver()

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner', { terms: { key_only_tokens: true } })
})
afterAll(() => site.close())

/** A lease of which each token is approved, and a way to ask for such a token. */
async function asking() {
  const opened = await planner.ask('POST', '/v1/leases', { body: { scope: requiring(CONTRACT) } })
  const body = { lease_id: opened.json.id as string, audience: AUDIENCE, pin: PIN }
  return (more: object = {}, prover?: Prover) => {
    const url = `https://127.0.0.1:${site.agentsPort}/v1/tokens`
    const now = site.world.store.now()
    const proof = prover && { dpop: prover.prove({ method: 'POST', url, now }) }
    return planner.ask('POST', '/v1/tokens', { body: { ...body, ...more }, headers: { ...proof } })
  }
}

describe('a yes to a token', () => {
  it('is for a token of the certificate, and for none of a key beside or instead', async () => {
    const ask = await asking()
    const { approval } = (await ask()).json
    expect(approval.bound_to).toBeUndefined()
    await approve(site.owner, approval)
    const yes = { approval: approval.id }
    for (const seen of [await ask(yes, mine), await ask({ ...yes, bind: 'key' }, mine)]) {
      expect([seen.json.code, seen.json.reasons[0]?.code]).toEqual(['approval_denied', 'changed'])
    }
    expect((await ask(yes)).status).toBe(201)
  })

  it('says which key it is for, and whether for that alone', async () => {
    const ask = await asking()
    const { approval } = (await ask({ bind: 'key' }, mine)).json
    expect(approval.bound_to).toEqual({ key_thumbprint: mine.thumbprint })
    await approve(site.owner, approval)
    const yes = { bind: 'key', approval: approval.id }
    expect((await ask(yes, other)).json.code).toBe('approval_denied')
    expect((await ask({ approval: approval.id }, mine)).json.code).toBe('approval_denied')
    expect((await ask(yes, mine)).status).toBe(201)
  })

  it('names key and certificate where the token has both', async () => {
    const ask = await asking()
    const { approval } = (await ask({}, mine)).json
    expect(approval.bound_to).toEqual({
      certificate_thumbprint: planner.thumbprint,
      key_thumbprint: mine.thumbprint,
    })
  })
})
