import { Agent, request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newProver, type ProofWanted, type Prover } from '../support/dpop.ts'
import type { Peer } from '../support/http.ts'
import { type MintMore, openProvenSite, type ProvenSite } from '../support/proven-site.ts'

const prover = newProver('ES256')
const other = newProver('EdDSA')
let world: ProvenSite
let planner: Peer
let strict: Peer
let lease: string
let open: Agent

beforeAll(async () => {
  world = await openProvenSite()
  const contract = world.scope() as never
  planner = await world.site.enroll('planner', { contract, terms: { key_only_tokens: true } })
  strict = await world.site.enroll('strict', { contract })
  lease = await world.lease(planner)
  open = new Agent({ connect: { ca: world.site.rootPem } })
})
afterAll(async () => {
  await open.close()
  await world.close()
})
beforeEach(() => world.arrived.splice(0))

async function tokenOf(holder = planner, key: Prover | undefined = prover, more: MintMore = {}) {
  const seen = await world.mint(holder, lease, key, more)
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.tokens[0].token as string
}
const keyOnly = { body: { bind: 'key' } }

/** One call; `as` shows its certificate at the listener of mutual TLS. */
async function call(
  token: string,
  how: {
    readonly as?: Peer
    readonly proof?: Partial<ProofWanted> | string[]
    readonly key?: Prover
    readonly bearer?: boolean
    readonly method?: 'GET' | 'POST'
    readonly path?: string
    readonly at?: string
  } = {},
) {
  const { as, key = prover, method = 'GET', path = '/up/a/1?x=2', proof = {} } = how
  const base = how.at ?? (as === undefined ? world.dpop : world.gateway)
  const url = `${base}${path}`
  const made = Array.isArray(proof) ? proof : [key.prove({ method, url, token, ...proof })]
  const { cert, key: privateKey } = as?.credential ?? {}
  const dispatcher =
    as === undefined
      ? open
      : new Agent({ connect: { ca: world.site.rootPem, cert: cert ?? '', key: privateKey ?? '' } })
  const answer = await request(url, {
    dispatcher,
    method,
    headers: {
      authorization: `${how.bearer === true ? 'Bearer' : 'DPoP'} ${token}`,
      ...(how.bearer === true ? {} : { dpop: made }),
    },
  })
  const text = await answer.body.text()
  if (as !== undefined) await dispatcher.close()
  const { headers } = answer
  return { status: answer.statusCode, refusal: headers['writ-refusal'], headers, text }
}
const outcomeOf = async (...how: Parameters<typeof call>) => {
  const { status, refusal } = await call(...how)
  return refusal ?? status
}

describe('a token bound to a proven key alone', () => {
  it('is used without a certificate, once, and never with another key', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    expect(await outcomeOf(token, { key: other })).toBe('holder_binding_failed')
    const { status, text, headers } = await call(token)
    expect([status, text]).toEqual([200, 'GET /a/1?x=2'])
    expect(headers['writ-receipt']).toMatch(/^ey/)
    expect(world.arrived[0]).not.toHaveProperty('dpop')
    expect(world.arrived[0]).not.toHaveProperty('authorization')
    expect(await outcomeOf(token)).toBe('token_used')
  })

  it('names the key in its record and in its receipt', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    const { headers } = await call(token)
    const [, claims = ''] = String(headers['writ-receipt']).split('.')
    const receipt = JSON.parse(Buffer.from(claims, 'base64url').toString())
    expect(receipt.cnf).toEqual({ jkt: prover.thumbprint })
    const trail = await world.site.owner.ask('GET', '/v1/audit/export')
    const spent = trail.text.split('\n').filter((line) => line.includes(receipt.jti))
    expect(spent.join()).toContain(prover.thumbprint)
    expect(spent.join()).not.toContain(planner.thumbprint)
  })

  it('is for the agent of the certificate, where one is shown', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    expect(await outcomeOf(token, { as: strict })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: planner })).toBe(200)
  })

  it('is refused as a bearer token', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    expect(await outcomeOf(token, { bearer: true })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { bearer: true, as: planner })).toBe('holder_binding_failed')
  })

  it('is not minted where the terms of a holder do not allow it', async () => {
    const own = await world.lease(strict)
    const seen = await world.mint(strict, own, prover, keyOnly)
    expect([seen.status, seen.json.code]).toEqual([403, 'forbidden'])
    const without = await world.mint(planner, lease, undefined, keyOnly)
    expect([without.status, without.json.code]).toEqual([401, 'proof_invalid'])
  })

  it('dies with its key: a key is a subject of revocation', async () => {
    const lost = newProver()
    const token = await tokenOf(planner, lost, keyOnly)
    const revoked = await world.site.owner.ask('POST', '/v1/revocations', {
      body: { subject: `key:${lost.thumbprint}`, effect: 'revoked', reason: 'lost' },
    })
    expect(revoked.status).toBeLessThan(300)
    expect(await outcomeOf(token, { key: lost })).toBe('revoked')
  })
})

describe('a token bound to certificate and key', () => {
  it('needs both', async () => {
    const token = await tokenOf()
    expect(await outcomeOf(token)).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: planner, key: other })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: planner, bearer: true })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: strict })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: planner })).toBe(200)
  })

  it('is the only one that a scope with dpop allows', async () => {
    const bound = await world.lease(planner, { dpop: true })
    const without = await world.mint(planner, bound)
    expect([without.status, without.json.code]).toEqual([401, 'proof_invalid'])
    const seen = await world.mint(planner, bound, prover)
    expect(await outcomeOf(seen.json.tokens[0].token, { as: planner })).toBe(200)
  })
})

describe('a token bound to a certificate alone', () => {
  it('is refused under the scheme DPoP, whatever is proven', async () => {
    const seen = await world.mint(planner, lease)
    const { token } = seen.json.tokens[0]
    expect(await outcomeOf(token, { as: planner })).toBe('holder_binding_failed')
    expect(await outcomeOf(token)).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { bearer: true })).toBe('holder_binding_failed')
    expect(await outcomeOf(token, { as: planner, bearer: true })).toBe(200)
  })
})

describe('a proof that is not for this very call', () => {
  const wrong: readonly (readonly [string, Partial<ProofWanted>])[] = [
    ['another method', { claims: { htm: 'POST' } }],
    ['another address', { claims: { htu: 'https://127.0.0.1/up/a/1' } }],
    ['another path', { url: 'https://127.0.0.1/up/a/2' }],
    ['no hash of the token', { claims: { ath: undefined } }],
    ['the hash of another token', { token: 'another' }],
    ['an old time', { now: Math.floor(Date.now() / 1_000) - 120 }],
    ['alg none', { header: { alg: 'none' } }],
    ['alg HS256', { header: { alg: 'HS256' } }],
    ['a private key in it', { header: { jwk: prover.privateJwk } }],
    ['a key that did not sign it', { header: { jwk: newProver().jwk } }],
  ]

  it.each(wrong)('refuses and keeps the token: %s', async (_sentence, proof) => {
    const token = await tokenOf(planner, prover, keyOnly)
    const refused = await call(token, { proof })
    expect([refused.status, refused.refusal]).toEqual([401, 'proof_invalid'])
    expect(refused.headers['www-authenticate']).toContain(
      'DPoP algs="EdDSA ES256", error="invalid_dpop_proof", resource_metadata="https://127.0.0.1',
    )
    expect(world.arrived).toEqual([])
    expect(await outcomeOf(token)).toBe(200)
  })

  it('comes twice, or not at all', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    const proof = prover.prove({ method: 'GET', url: `${world.dpop}/up/a/1?x=2`, token })
    expect(await outcomeOf(token, { proof: [proof, proof] })).toBe('proof_invalid')
    expect(await outcomeOf(token, { proof: [] })).toBe('proof_invalid')
  })

  it('the proof of one token is not taken with another, and its id is not taken again', async () => {
    const jti = 'the-same-id-again-and-again'
    const [first, second] = [
      await tokenOf(planner, prover, keyOnly),
      await tokenOf(planner, prover, keyOnly),
    ]
    const proof = prover.prove({ method: 'GET', url: `${world.dpop}/up/a/1`, token: first })
    expect(await outcomeOf(second, { proof: [proof], path: '/up/a/1' })).toBe('proof_invalid')
    expect(await outcomeOf(first, { proof: { claims: { jti } } })).toBe(200)
    expect(await outcomeOf(second, { proof: { claims: { jti } } })).toBe('proof_invalid')
    expect(await outcomeOf(second)).toBe(200)
  })

  it('of two calls at once with one proof one is made', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    const url = `${world.dpop}/up/a/1?x=2`
    const proof = [prover.prove({ method: 'GET', url, token })]
    const both = await Promise.all([outcomeOf(token, { proof }), outcomeOf(token, { proof })])
    expect(both.map(String).sort()).toEqual(['200', 'token_used'])
  })

  it('a mint is proven once: its proof is not taken again', async () => {
    const url = `https://127.0.0.1:${world.site.agentsPort}/v1/tokens`
    const proof = prover.prove({ method: 'POST', url })
    expect((await world.mint(planner, lease, undefined, { proof })).status).toBe(201)
    const again = await world.mint(planner, lease, undefined, { proof })
    expect([again.status, again.json.code]).toEqual([401, 'proof_invalid'])
    const elsewhere = prover.prove({ method: 'POST', url: `${url}/introspect` })
    expect((await world.mint(planner, lease, undefined, { proof: elsewhere })).status).toBe(401)
  })
})

describe('who records what', () => {
  it('somebody without the key is a stranger in the trail, and not the agent of the token', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    const [, claims = ''] = token.split('.')
    const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    await outcomeOf(token, { key: other })
    const trail = await world.site.owner.ask('GET', '/v1/audit/export')
    const line = trail.text.split('\n').find((one) => one.includes(jti)) ?? ''
    expect(line).toContain('holder_binding_failed')
    expect(line).toContain('stranger')
  })

  it('I12: neither proof nor token is in the trail or the log', async () => {
    const token = await tokenOf(planner, prover, keyOnly)
    const url = `${world.dpop}/up/a/1`
    const proof = prover.prove({ method: 'GET', url, token })
    await outcomeOf(token, { proof: [proof], path: '/up/a/1' })
    await outcomeOf(token, { proof: [proof], path: '/up/a/2' })
    const trail = await world.site.owner.ask('GET', '/v1/audit/export')
    const told = `${trail.text}${world.site.lines.join('')}`
    for (const secret of [proof, token]) expect(told).not.toContain(secret)
  })
})

describe('contracts are live', () => {
  it('a token bound to a key alone is nothing once the terms of a holder do not allow it', async () => {
    const contract = world.scope() as never
    const terms = { key_only_tokens: true }
    const holder = await world.site.enroll('loose', { contract, terms })
    const held = await world.lease(holder)
    const mint = async () => (await world.mint(holder, held, prover, keyOnly)).json.tokens[0].token
    const [first, second] = [await mint(), await mint()]
    expect((await call(first)).status).toBe(200)
    const body = { contract, terms: { key_only_tokens: false } }
    await world.site.owner.ask('PUT', '/v1/agents/loose/contract', { body })
    const refused = await call(second)
    expect([refused.status, refused.refusal]).toEqual([403, 'scope_not_granted'])
    await world.site.owner.ask('PUT', '/v1/agents/loose/contract', { body: { contract, terms } })
    expect((await call(second)).status).toBe(200)
  })
})
