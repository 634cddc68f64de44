import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreFault } from '../../src/store/fault.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from '../support/http.ts'
import { mintFrom, openLease } from '../support/http-examples.ts'
import { detailsOf, form, fromLease, INTROSPECT, LEASE, REVOKE, TOKEN } from '../support/oauth.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

/** The error and our word for it. */
async function told(as: Peer, params: Parameters<typeof form>[2]) {
  const { json } = await form(as, TOKEN, params)
  return [json.error, json.code]
}

describe('a form says each thing once', () => {
  const twice = (name: string, value: string) => async () => {
    const lease = await openLease(planner)
    return [...Object.entries(fromLease(lease)), [name, value] as const]
  }

  it.each([
    ['subject_token', twice('subject_token', 'x'), 'invalid_request'],
    ['grant_type', twice('grant_type', 'client_credentials'), 'unsupported_grant_type'],
    ['resource', twice('resource', 'https://elsewhere.example'), 'invalid_target'],
    ['audience and resource that differ', twice('audience', 'https://x.example'), 'invalid_target'],
    ['subject_token_type', twice('subject_token_type', LEASE), 'invalid_request'],
  ])('%s twice is refused', async (_, params, error) => {
    expect(await told(planner, await params())).toEqual([error, 'malformed'])
  })

  it('parameters in the query, another media type and broken percent signs are refused', async () => {
    const params = fromLease(await openLease(planner))
    const query = await form(planner, `${TOKEN}?resource=x`, params)
    expect([query.status, query.json.error]).toEqual([400, 'invalid_request'])
    const json = await planner.ask('POST', TOKEN, { body: params })
    expect([json.status, json.json.code]).toEqual([415, 'media_type'])
    expect(json.json.error_description).toContain('x-www-form-urlencoded')
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const broken = await planner.ask('POST', TOKEN, { raw: 'grant_type=%zz', headers: type })
    expect([broken.status, broken.json.code]).toEqual([400, 'malformed'])
  })

  it('a missing parameter is invalid_request, an unknown one is ignored, an empty one absent', async () => {
    expect(await told(planner, {})).toEqual(['invalid_request', 'malformed'])
    const lease = await openLease(planner)
    const params = fromLease(lease, { surplus: '1', scope: '' })
    expect((await form(planner, TOKEN, params)).status).toBe(200)
  })

  it('I12: no answer repeats a name or value that nobody knows', async () => {
    const pairs = [
      ['wrt_secret', '1'],
      ['wrt_secret', '2'],
    ] as const
    const seen = await form(planner, TOKEN, pairs)
    expect(seen.status).toBe(400)
    expect(seen.text).not.toContain('wrt_secret')
    const key = 'sk_live_of_somebody_0123'
    const authorization_details = detailsOf({ ...NARROW, [key]: 1 })
    const lease = await openLease(planner)
    const named = await form(planner, TOKEN, fromLease(lease, { authorization_details }))
    expect(named.json.reasons[0].pointer).toBe('/authorization_details/0')
    expect(named.text).not.toContain(key)
  })
})

describe('errors in the words of OAuth', () => {
  it('a store that is away is 503 and never a yes', async () => {
    const { token } = await mintFrom(planner, await openLease(planner))
    for (const path of [INTROSPECT, REVOKE, TOKEN]) {
      site.faults.push(new StoreFault('status_unknown', 'away'))
      const seen = await form(planner, path, { token })
      expect([seen.status, seen.json.error, seen.json.code]).toEqual([
        503,
        'temporarily_unavailable',
        'status_unknown',
      ])
      expect(seen.headers['retry-after']).toBe('1')
    }
  })

  it('another method is told which one there is', async () => {
    const seen = await planner.ask('GET', TOKEN)
    expect([seen.status, seen.headers['allow'], seen.json.error]).toEqual([
      405,
      'POST',
      'invalid_request',
    ])
  })
})
