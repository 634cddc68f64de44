import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import {
  CALL,
  type Cast,
  castOf,
  delegateTo,
  mintFrom,
  openLease,
} from '../support/http-examples.ts'
import {
  ACCESS_TOKEN,
  claimsIn,
  DELEGATION,
  detailsOf,
  exchangeOf,
  form,
  fromLease,
  REVOKE,
  spend,
  TOKEN,
} from '../support/oauth.ts'

let site: Deployment
let cast: Cast
let planner: Peer
let worker: Peer
let stranger: Peer

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  planner = cast.planner
  worker = cast.worker
  stranger = await site.enroll('stranger')
})
afterAll(() => site.close())

const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const fresh = async () => delegateTo(planner, await openLease(planner), worker)

/** The error and our word for it. */
async function told(as: Peer, params: Parameters<typeof form>[2]) {
  const { json } = await form(as, TOKEN, params)
  return [json.error, json.code]
}

describe('who acts is whoever the connection proves', () => {
  it('I1: a stolen delegation token is of no use to another agent, and stays unspent', async () => {
    const token = await fresh()
    const thief = await told(stranger, exchangeOf(token))
    expect(thief).toEqual(['invalid_request', 'holder_binding_failed'])
    expect((await form(worker, TOKEN, exchangeOf(token))).status).toBe(200)
  })

  it('an actor token that names somebody else is refused, and the subject stays unspent', async () => {
    const token = await fresh()
    const others = (await mintFrom(planner, await openLease(planner))).token
    const actor_token = { actor_token: others, actor_token_type: ACCESS_TOKEN }
    const spliced = await told(worker, exchangeOf(token, actor_token))
    expect(spliced).toEqual(['invalid_request', 'holder_binding_failed'])
    const path = '/v1/audit/search?event=token.minted&outcome=holder_binding_failed'
    const trail = await site.owner.ask('GET', path)
    expect(JSON.parse(trail.json.items[0].body)).toMatchObject({ actor: worker.uri })
    const mine = { actor_token: token, actor_token_type: DELEGATION }
    expect((await form(worker, TOKEN, exchangeOf(token, mine))).status).toBe(200)
  })

  it('an actor token that is broken, spent, or comes without its type is refused', async () => {
    const lease = await openLease(planner)
    const spent = await mintFrom(planner, lease)
    await spend(cast.gateway, spent.token, planner, CALL)
    for (const actor_token of ['x', spent.token, `${spent.token}A`]) {
      const params = fromLease(lease, { actor_token, actor_token_type: JWT })
      expect((await told(planner, params))[1]).toBe('holder_binding_failed')
    }
    const alone = fromLease(lease, { actor_token: spent.token })
    expect(await told(planner, alone)).toEqual(['invalid_request', 'malformed'])
    const typeOnly = fromLease(lease, { actor_token_type: JWT })
    expect(await told(planner, typeOnly)).toEqual(['invalid_request', 'malformed'])
  })

  it('a client_id of another agent is no client at all', async () => {
    const params = exchangeOf(await fresh(), { client_id: planner.uri })
    const seen = await form(worker, TOKEN, params)
    expect([seen.status, seen.json.error]).toEqual([401, 'invalid_client'])
  })

  it('a second proof beside the certificate is refused', async () => {
    const lease = await openLease(planner)
    const headers = { authorization: `Bearer ${site.ownerToken}` }
    const seen = await form(planner, TOKEN, fromLease(lease), headers)
    expect([seen.status, seen.json.error]).toEqual([400, 'invalid_request'])
    const secret = fromLease(lease, { client_secret: 'x' })
    expect(await told(planner, secret)).toEqual(['invalid_request', 'malformed'])
  })

  it('I1: nobody takes a token from a lease of another, not even a holder above', async () => {
    const token = await fresh()
    const child = (await form(worker, TOKEN, exchangeOf(token))).json.lease_id
    expect(await told(stranger, fromLease(child))).toEqual(['invalid_request', 'not_found'])
    expect(await told(planner, fromLease(child))).toEqual(['unauthorized_client', 'forbidden'])
  })

  it('an enforcement point is no client of the token endpoint', async () => {
    const params = fromLease(await openLease(planner))
    expect(await told(cast.gateway, params)).toEqual(['unauthorized_client', 'forbidden'])
  })

  it('a revoked agent is no client any more', async () => {
    const gone = await site.enroll('gone')
    const subject = `agent:${gone.uri}`
    const body = { subject, effect: 'revoked', reason: 'x' }
    await site.owner.ask('POST', '/v1/revocations', { body })
    const seen = await form(gone, TOKEN, { grant_type: 'client_credentials' })
    expect([seen.status, seen.json.error, seen.json.code]).toEqual([
      401,
      'invalid_client',
      'revoked',
    ])
  })
})

describe('what a token says comes from its lease', () => {
  it('subject, transaction and actor in the request change nothing', async () => {
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    const forged = { sub: 'mallory', txn: 'lease_AAAAAAAAAAAAAAAAAAAAAA', act: '{"sub":"x"}' }
    const seen = await form(worker, TOKEN, exchangeOf(token, forged))
    const claims = claimsIn(seen.json.access_token)
    expect([claims.sub, claims.txn]).toEqual(['owner', root])
    expect(claims.act).toEqual({ sub: worker.uri, act: { sub: planner.uri } })
  })

  it('a later token through the plainer form keeps act, depth and lineage', async () => {
    const first = await form(worker, TOKEN, exchangeOf(await fresh()))
    const later = await form(worker, TOKEN, fromLease(first.json.lease_id))
    const [one, two] = [first, later].map(({ json }) => claimsIn(json.access_token))
    for (const name of ['act', 'sub', 'txn', 'del_depth', 'del_max_depth', 'lease']) {
      expect(two[name]).toEqual(one[name])
    }
  })

  it('a call token is no subject token, so that nothing is refreshed', async () => {
    const { token } = await mintFrom(planner, await openLease(planner))
    for (const type of [JWT, DELEGATION]) {
      const params = { ...exchangeOf(token), subject_token_type: type }
      expect(await told(planner, params)).toEqual(['invalid_request', 'token_kind'])
    }
    const access = { ...exchangeOf(token), subject_token_type: ACCESS_TOKEN }
    expect(await told(planner, access)).toEqual(['invalid_request', 'malformed'])
    const refresh = { grant_type: 'refresh_token', refresh_token: token }
    expect(await told(planner, refresh)).toEqual(['unsupported_grant_type', 'malformed'])
  })

  it('I7: a delegation token is redeemed once, however many ask at once', async () => {
    const params = exchangeOf(await fresh())
    const answers = await Promise.all(Array.from({ length: 8 }, () => form(worker, TOKEN, params)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(400)])
    const lost = answers.filter(({ status }) => status !== 200)
    expect(new Set(lost.map(({ json }) => json.code))).toEqual(new Set(['token_used']))
  })

  it('I9: nothing comes of a delegation below a revoked lease', async () => {
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    await form(planner, REVOKE, { token: root })
    expect(await told(worker, exchangeOf(token))).toEqual(['invalid_grant', 'revoked'])
    expect(await told(planner, fromLease(root))).toEqual(['invalid_grant', 'revoked'])
  })
})

describe('what is asked for only narrows', () => {
  const wider = {
    ...NARROW,
    grants: [{ ...NARROW.grants[0], methods: ['GET', 'POST'] }],
  }

  it('I4: a wider scope is refused, and the delegation stays unspent', async () => {
    const token = await fresh()
    const params = exchangeOf(token, { authorization_details: detailsOf(wider) })
    const seen = await form(worker, TOKEN, params)
    expect([seen.json.error, seen.json.code]).toEqual([
      'invalid_authorization_details',
      'not_narrower',
    ])
    expect(seen.json.reasons[0].pointer).toBe('/grants/0/methods/1')
    expect((await form(worker, TOKEN, exchangeOf(token))).status).toBe(200)
  })

  it('another resource is no target, and the delegation stays unspent', async () => {
    const token = await fresh()
    for (const resource of ['https://elsewhere.example', `${AUDIENCE}/`, AUDIENCE.toUpperCase()]) {
      const params = { ...exchangeOf(token), resource }
      expect(await told(worker, params)).toEqual(['invalid_target', 'audience_mismatch'])
    }
    expect((await form(worker, TOKEN, exchangeOf(token))).status).toBe(200)
  })

  it('a contract that lacks the resource makes it no target for a root lease', async () => {
    const params = {
      grant_type: 'client_credentials',
      resource: 'https://elsewhere.example',
      authorization_details: detailsOf(),
    }
    expect(await told(planner, params)).toEqual(['invalid_target', 'not_narrower'])
    const audiences = detailsOf({ ...NARROW, audiences: [AUDIENCE] })
    const two = { ...params, authorization_details: audiences }
    expect(await told(planner, two)).toEqual(['invalid_target', 'audience_mismatch'])
  })

  it.each([
    ['no list', '{}'],
    ['an empty list', '[]'],
    ['two objects', JSON.stringify([NARROW, NARROW])],
    ['another type', '[{"type":"payment","grants":[]}]'],
    ['an unknown member', JSON.stringify([{ ...NARROW, surplus: 1 }])],
    ['a member twice', '[{"type":"urn:writ:scope:v1","grants":[],"grants":[]}]'],
    ['no JSON', '[{'],
  ])('authorization_details that are %s are refused', async (_, authorization_details) => {
    const params = fromLease(await openLease(planner), { authorization_details })
    expect(await told(planner, params)).toEqual(['invalid_authorization_details', 'malformed'])
  })

  it('scope words are refused, since they could only mean something else', async () => {
    const params = fromLease(await openLease(planner), { scope: 'read write' })
    expect(await told(planner, params)).toEqual(['invalid_scope', 'malformed'])
  })
})
