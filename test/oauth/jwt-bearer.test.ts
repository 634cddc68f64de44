import { randomUUID } from 'node:crypto'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve } from '../support/approvals.ts'
import {
  JWT_BEARER,
  type PeopleIssuer,
  peopleIssuer,
  showAssertion,
} from '../support/assertions.ts'
import {
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
} from '../support/http.ts'
import { CALL, type Cast, castOf, delegateTo } from '../support/http-examples.ts'
import { claimsIn, detailsOf, form, fromLease, spend, TOKEN } from '../support/oauth.ts'
import { type MutualFetch, mutualFetch } from '../support/oauth-clients.ts'

type Claims = Readonly<Record<string, unknown>>

let site: Deployment
let cast: Cast
let planner: Peer
let people: PeopleIssuer
let asPlanner: MutualFetch

beforeAll(async () => {
  site = await openDeployment()
  cast = await castOf(site)
  planner = cast.planner
  people = await peopleIssuer(site, 'clients = { "0oa1b2c3" = "planner" }')
  asPlanner = mutualFetch(site, planner)
})
afterAll(async () => {
  await asPlanner.close()
  await people.stop()
  await site.close()
})

describe('a person vouched for by an issuer (RFC 7523, identity assertion grant)', () => {
  it('is the subject of a root lease, to openid-client as well, which knows nothing of us', async () => {
    const metadata = { use_mtls_endpoint_aliases: true }
    const config = await client.discovery(
      new URL(site.world.issuer),
      planner.uri,
      metadata,
      client.TlsClientAuth(),
      { algorithm: 'oauth2', [client.customFetch]: asPlanner.fetch },
    )
    expect(config.serverMetadata().grant_types_supported).toContain(JWT_BEARER)
    const tokens = await client.genericGrantRequest(config, JWT_BEARER, {
      assertion: await people.vouch(planner),
      resource: AUDIENCE,
      authorization_details: detailsOf(),
    })
    expect(claimsIn(tokens.access_token)).toMatchObject({
      sub: `${people.issuer}#dana`,
      client_id: planner.uri,
      act: { sub: planner.uri },
      cnf: { 'x5t#S256': planner.thumbprint },
    })
    const call = await spend(cast.gateway, tokens.access_token, planner, CALL)
    expect(call.status).toBe(200)
  })

  it('is known by the client id that the issuer has for the agent, where that is set up', async () => {
    const seen = await showAssertion(planner, await people.vouch({ uri: '0oa1b2c3' }))
    expect(seen.status).toBe(200)
    const other = await showAssertion(cast.worker, await people.vouch({ uri: '0oa1b2c3' }))
    expect(other.json).toMatchObject({ error: 'invalid_grant', code: 'holder_binding_failed' })
  })

  it('stays the subject below: of the next token, of a delegation and of its child', async () => {
    const seen = await showAssertion(planner, await people.vouch(planner))
    const subject = `${people.issuer}#dana`
    const next = await form(planner, TOKEN, fromLease(seen.json.lease_id))
    expect(claimsIn(next.json.access_token).sub).toBe(subject)
    const token = await delegateTo(planner, seen.json.lease_id, cast.worker)
    const born = await cast.worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    expect([born.status, born.json.subject]).toEqual([201, subject])
  })

  it('gets no more than the assertion grants, nor elsewhere', async () => {
    const vouch = (claims: object) => people.vouch(planner, { ...claims })
    const granted = { authorization_details: [{ ...NARROW, limits: { max_uses: 3 } }] }
    const own = { authorization_details: '' }
    const seen = await showAssertion(planner, await vouch(granted), own)
    expect(seen.json.authorization_details).toMatchObject([{ limits: { max_uses: 3 } }])
    const wider = await showAssertion(planner, await vouch(granted), {
      authorization_details: detailsOf({ ...NARROW, limits: { max_uses: 4 } }),
    })
    expect(wider.json).toMatchObject({ code: 'not_narrower' })
    const within = await showAssertion(planner, await vouch(granted), {
      authorization_details: detailsOf({ ...NARROW, limits: { max_uses: 2 } }),
    })
    expect(within.json.authorization_details).toMatchObject([{ limits: { max_uses: 2 } }])
    const nothing = await showAssertion(planner, await vouch({}), own)
    expect(nothing.json).toMatchObject({ error: 'invalid_request', code: 'malformed' })
    const elsewhere = await showAssertion(planner, await vouch({ resource: ['https://a.example'] }))
    expect(elsewhere.json).toMatchObject({ error: 'invalid_target', code: 'audience_mismatch' })
    const there = await showAssertion(planner, await vouch({ resource: AUDIENCE }))
    expect(there.status).toBe(200)
  })

  it('gets no more than the contract of the agent, and a refusal leaves it unspent', async () => {
    const assertion = await people.vouch(planner)
    const wide = { type: 'urn:writ:scope:v1', grants: [{ type: 'http', methods: ['DELETE'] }] }
    const wider = await showAssertion(planner, assertion, {
      authorization_details: detailsOf(wide),
    })
    expect(wider.json).toMatchObject({ code: 'not_narrower' })
    expect((await showAssertion(planner, assertion)).status).toBe(200)
  })

  it('is revoked as a principal, and so is the owner who answers for it', async () => {
    const lone = await site.enroll('lone')
    const [kim, owner] = [`principal:${people.issuer}#kim`, 'principal:owner']
    const seen = await showAssertion(lone, await people.vouch(lone, { sub: 'kim' }))
    const told = { suspended: [] as string[] }
    for (const subject of [kim, owner]) {
      const body = { subject, effect: 'suspended', reason: 'test' }
      expect((await site.owner.ask('POST', '/v1/revocations', { body })).status).toBe(201)
      const call = await spend(cast.gateway, seen.json.access_token, lone, CALL)
      const again = await showAssertion(lone, await people.vouch(lone, { sub: 'kim' }))
      told.suspended.push(call.json.code, again.json.code)
      await site.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(subject)}`)
    }
    expect(told.suspended).toEqual(['suspended', 'suspended', 'suspended', 'suspended'])
    const call = await spend(cast.gateway, seen.json.access_token, lone, CALL)
    expect(call.status).toBe(200)
    expect(call.json.subjects).toEqual(expect.arrayContaining([kim, owner]))
  })

  it('decides nothing: the owner of the agent is asked, and a question spends no assertion', async () => {
    const terms = { approval_mode: 'per_request' }
    const asking = await site.enroll('asking', { contract: CONTRACT, terms })
    const assertion = await people.vouch(asking)
    const pending = await showAssertion(asking, assertion)
    expect(pending.json.error).toBe('authorization_pending')
    const { approval_id } = pending.json
    await approve(site.owner, (await site.owner.ask('GET', `/v1/approvals/${approval_id}`)).json)
    const other = await showAssertion(asking, await people.vouch(asking, { sub: 'eve' }), {
      approval_id,
    })
    expect(other.json).toMatchObject({ error: 'access_denied', code: 'approval_denied' })
    const seen = await showAssertion(asking, assertion, { approval_id })
    expect(seen.status).toBe(200)
  })
})

describe('an assertion that is not accepted', () => {
  const now = Math.floor(Date.now() / 1000)
  const cases: readonly (readonly [string, string, Claims, Claims?])[] = [
    ['for another authority', 'audience_mismatch', { aud: 'https://other.example' }],
    ['for two', 'audience_mismatch', { aud: ['http://127.0.0.1:9441', 'https://b.example'] }],
    ['an id token', 'token_kind', {}, { typ: 'JWT' }],
    ['without a type', 'token_kind', {}, { typ: undefined }],
    ['of another spelling of the type', 'token_kind', {}, { typ: 'OAUTH-ID-JAG+JWT' }],
    ['of an unknown issuer', 'issuer_mismatch', { iss: 'https://evil.example' }],
    ['of an unknown key', 'signature_invalid', {}, { kid: '../../etc/passwd' }],
    ['that brings its key', 'malformed', {}, { jwk: { kty: 'oct', k: 'AA' } }],
    ['that says where its key is', 'malformed', {}, { jku: 'https://evil.example/keys' }],
    ['that lives long', 'expired', { exp: now + 3_600 }],
    ['that is over', 'expired', { iat: now - 290, nbf: now - 290, exp: now - 1 }],
    ['that is from the future', 'expired', { iat: now + 200, exp: now + 400 }],
    ['without jti', 'malformed', { jti: undefined }],
    ['without sub', 'malformed', { sub: undefined }],
    ['of a subject with a space', 'malformed', { sub: 'a b' }],
    ['without client_id', 'malformed', { client_id: undefined }],
    ['of another client', 'holder_binding_failed', { client_id: 'spiffe://x/agent/other' }],
    ['bound to another key', 'holder_binding_failed', { cnf: { jkt: 'A'.repeat(43) } }],
    ['bound by unknown means', 'holder_binding_failed', { cnf: { kid: 'a' } }],
    ['with scope words', 'malformed', { scope: 'read' }],
    ['with an actor', 'malformed', { act: { sub: 'x' } }],
    ['with details of others', 'malformed', { authorization_details: [{ type: 'other' }] }],
  ]
  it.each(cases)('%s: %s', async (_what, code, claims, header = {}) => {
    const assertion = await people.vouch(planner, claims as Claims, header as Claims)
    const seen = await showAssertion(planner, assertion)
    expect(seen.json).toMatchObject({ error: 'invalid_grant', code })
    expect(seen.status).toBe(400)
    expect(seen.text).not.toContain(people.issuer)
  })

  it('unsigned, or signed with the public key as a secret', async () => {
    const sound = await people.vouch(planner)
    const [, claims = ''] = sound.split('.')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const typ = 'oauth-id-jag+jwt'
    const none = `${part({ alg: 'none', typ, kid: people.kid() })}.${claims}.`
    expect((await showAssertion(planner, none)).json).toMatchObject({ error: 'invalid_grant' })
    const { createHmac, createPublicKey } = await import('node:crypto')
    const secret = createPublicKey(people.key()).export({ type: 'spki', format: 'pem' })
    const input = `${part({ alg: 'HS256', typ, kid: people.kid() })}.${claims}`
    const mac = createHmac('sha256', secret).update(input).digest('base64url')
    const forged = await showAssertion(planner, `${input}.${mac}`)
    expect(forged.json).toMatchObject({ error: 'invalid_grant', code: 'signature_invalid' })
  })

  it('I7: shown twice, also at once and signed anew with the same jti, it counts once', async () => {
    const jti = randomUUID()
    const shown = await Promise.all(
      Array.from({ length: 8 }, async () =>
        showAssertion(planner, await people.vouch(planner, { jti })),
      ),
    )
    const won = shown.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status, json } of shown.filter((seen) => !won.includes(seen))) {
      expect(status).toBe(400)
      expect(json).toMatchObject({ error: 'invalid_grant', code: 'token_used' })
    }
  })

  it('names no owner, whatever its subject and its hints say', async () => {
    const claims = { sub: 'owner', aud_sub: 'owner' }
    const seen = await showAssertion(planner, await people.vouch(planner, claims))
    expect(claimsIn(seen.json.access_token).sub).toBe(`${people.issuer}#owner`)
  })

  it('is no way in for a deployment that takes nobody’s word', async () => {
    const { assertions } = site.world
    Object.assign(site.world, { assertions: undefined })
    const seen = await showAssertion(planner, await people.vouch(planner))
    Object.assign(site.world, { assertions })
    expect(seen.json).toMatchObject({ error: 'unsupported_grant_type', code: 'malformed' })
  })

  it('leaves a record of each refusal, with the person only once it is believed', async () => {
    const bad = await people.vouch(planner, { sub: 'mallory', aud: 'https://other.example' })
    await showAssertion(planner, bad)
    const audit = await site.owner.ask('GET', '/v1/audit/search?event=lease.opened&limit=5')
    expect(audit.text).toContain('audience_mismatch')
    expect(audit.text).not.toContain('mallory')
  })

  it('is not decided while its issuer is away', async () => {
    const answer = people.answer
    people.answer = { status: 500, body: '' }
    const other = await peopleIssuer(site)
    other.answer = { status: 500, body: '' }
    const seen = await showAssertion(planner, await other.vouch(planner))
    people.answer = answer
    await other.stop()
    expect([seen.status, seen.json.code]).toEqual([503, 'status_unknown'])
  })
})
