import * as oauth from 'oauth4webapi'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { PROOF_NONCE_SECONDS } from '../../src/domain/limits.ts'
import type { HttpGrant, ScopeRequest } from '../../src/domain/scope/types.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { createProofNonces } from '../../src/gateway/proof-nonces.ts'
import { newProver } from '../support/dpop.ts'
import type { Peer } from '../support/http.ts'
import { openProvenSite, type ProvenSite, RESOURCE } from '../support/proven-site.ts'

describe('nonces of the gateway', () => {
  it('are asked for where that is set, and a foreign client finds its way by itself', async () => {
    const asking = await openProvenSite({ 'gateway.dpop_nonce': 'true' })
    const agent = new Agent({ connect: { ca: asking.site.rootPem } })
    try {
      const contract = asking.scope() as never
      const terms = { key_only_tokens: true }
      const holder = await asking.site.enroll('planner', { contract, terms })
      const pair = await oauth.generateKeyPair('ES256')
      const handle = oauth.DPoP({}, pair)
      const held = await asking.lease(holder)
      const minted = await oauthMint(asking, holder, { lease: held, pair })
      const ask = () =>
        oauth.protectedResourceRequest(
          minted,
          'GET',
          new URL(`${asking.dpop}/up/a/1?x=1`),
          new Headers(),
          null,
          {
            DPoP: handle,
            [oauth.customFetch]: (url, init) => fetchOver(agent, url, init),
          },
        )
      const refused = await ask().catch((error: unknown) => error)
      expect(oauth.isDPoPNonceError(refused)).toBe(true)
      const answered = await ask()
      expect([answered.status, await answered.text()]).toEqual([200, 'GET /a/1?x=1'])
    } finally {
      await agent.close()
      await asking.close()
    }
  })

  it('I7: a token is not spent by a call whose nonce a gateway elsewhere refused', async () => {
    const world = await openProvenSite()
    try {
      const contract = world.scope() as never
      const holder = await world.site.enroll('planner', { contract })
      const point = await world.site.enroll('edge', { role: 'enforcement', contract })
      const prover = newProver()
      const minted = await world.mint(holder, await world.lease(holder), prover)
      const [{ token }] = minted.json.tokens
      const [grant] = (contract as ScopeRequest).grants as HttpGrant[]
      const url = `${world.dpop}/up/a/1`
      const { uri, thumbprint: certificate_thumbprint } = holder
      const redeem = (more: object) => {
        const proof = { jwt: prover.prove({ method: 'GET', url, token }), method: 'GET', url }
        const target = `http://${grant?.hosts[0]}:${grant?.ports[0]}/a/1`
        const request = { type: 'http', method: 'GET', target }
        const peer = { uri, certificate_thumbprint }
        const body = { token, audience: RESOURCE, request, peer, proof: { ...proof, ...more } }
        return point.ask('POST', '/v1/tokens/redeem', { body })
      }
      const refused = await redeem({ nonce_refused: true })
      expect([refused.status, refused.json.code]).toEqual([401, 'nonce_required'])
      expect((await redeem({})).status).toBe(200)
    } finally {
      await world.close()
    }
  })

  it('count for a while, and only those of this process', () => {
    let now = 1_800_000_000
    const clock = { now: () => epochSeconds(now) }
    const nonces = createProofNonces(clock)
    const nonce = nonces.issue()
    expect(createProofNonces(clock).counts(nonce)).toBe(false)
    now += PROOF_NONCE_SECONDS
    expect(nonces.counts(nonce)).toBe(true)
    now += PROOF_NONCE_SECONDS
    expect(nonces.counts(nonce)).toBe(false)
    expect(nonces.counts('')).toBe(false)
  })
})

/** Mints with a proof that oauth4webapi made: it signs whatever request it is given. */
async function oauthMint(
  asking: ProvenSite,
  holder: Peer,
  {
    lease: held,
    pair,
  }: { readonly lease: string; readonly pair: Awaited<ReturnType<typeof oauth.generateKeyPair>> },
): Promise<string> {
  const handle = oauth.DPoP({}, pair)
  let proof = ''
  const url = new URL(`https://127.0.0.1:${asking.site.agentsPort}/v1/tokens`)
  await oauth.pushedAuthorizationRequest(
    { issuer: url.origin, pushed_authorization_request_endpoint: url.href },
    { client_id: 'x' },
    oauth.None(),
    {},
    {
      DPoP: handle,
      [oauth.customFetch]: async (_url, init) => {
        proof = new Headers(init.headers).get('dpop') ?? ''
        return new Response('{}')
      },
    },
  )
  const body = { bind: 'key' }
  const seen = await asking.mint(holder, held, undefined, { proof, body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.tokens[0].token
}

/** The fetch of a foreign client, over our own trust and nothing else. */
async function fetchOver(
  dispatcher: Agent,
  url: string,
  init: { readonly method: string; readonly headers: Record<string, string> },
): Promise<Response> {
  const { method, headers } = init
  const answer = await request(url, { dispatcher, method: method as 'GET', headers })
  const told = new Headers()
  for (const [name, value] of Object.entries(answer.headers)) {
    if (typeof value === 'string') told.set(name, value)
  }
  return new Response(await answer.body.text(), { status: answer.statusCode, headers: told })
}
