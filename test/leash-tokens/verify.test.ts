import { randomBytes, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEASH_WINDOW_SECONDS } from '../../src/domain/limits.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'
import { envelopeOf, type LeashScene, MAIL, MAIL_SCOPE, openLeashScene } from './rig.ts'

let scene: LeashScene

beforeAll(async () => {
  scene = await openLeashScene()
})
afterAll(() => scene.site.close())

const partsOf = (leash: string) =>
  leash.split('.').map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer]
const payloadOf = (leash: string) => JSON.parse(partsOf(leash)[1].toString('utf8'))
const minted = async (lease?: string): Promise<string> =>
  (await scene.mint(lease ?? (await scene.lease()))).json.leash
const statusOf = (jti: string) => scene.site.nobody.ask('GET', `/v1/public/leash/status/${jti}`)
const reasonOf = async (envelope: unknown, audience?: string) => {
  const seen = await scene.verify(envelope, audience)
  return [seen.status, seen.json.accepted, seen.json.reason ?? null]
}

describe('a verification', () => {
  it('LEASHX-05: is eleven checks, all told, and spends a use of the lease', async () => {
    const lease = await scene.lease({ limits: { ...MAIL_SCOPE.limits, max_uses: 1 } })
    const leash = await minted(lease)
    const seen = await scene.verify(envelopeOf(leash, scene.key))
    expect(seen.json).toMatchObject({ accepted: true, lease, agent: scene.agent.uri })
    expect(seen.json.checks.map((check: { status: string }) => check.status)).toEqual(
      Array.from({ length: 11 }, () => 'pass'),
    )
    const again = await scene.verify(envelopeOf(leash, scene.key))
    expect([again.status, again.json.reason, again.json.code]).toEqual([
      200,
      'limit-reached',
      'uses_exhausted',
    ])
    expect(again.json.checks.at(-1).status).toBe('fail')
  })

  it('LEASHX-03, 15: an envelope proves once, at every later moment', async () => {
    const envelope = envelopeOf(await minted(), scene.key)
    const seen = await Promise.all(Array.from({ length: 8 }, () => reasonOf(envelope)))
    expect(seen.filter(([, accepted]) => accepted)).toHaveLength(1)
    expect(await reasonOf(envelope)).toEqual([200, false, 'replayed'])
    await scene.site.world.store.sweep()
    expect(await reasonOf(envelope)).toEqual([200, false, 'replayed'])
  })

  it('LEASHX-02, 15: only the newest grant of a lease is any', async () => {
    const lease = await scene.lease()
    const [first, second] = [await minted(lease), await minted(lease)]
    expect(payloadOf(second)['vettid:grant_version']).toBe(2)
    expect(await reasonOf(envelopeOf(first, scene.key))).toEqual([200, false, 'revoked'])
    expect(await reasonOf(envelopeOf(second, scene.key))).toEqual([200, true, null])
    expect((await statusOf(payloadOf(first).jti)).json).toMatchObject({
      revoked: true,
      reason: 'superseded',
    })
  })

  it('LEASHX-03: takes envelopes from a minute before to a minute after', async () => {
    const leash = await minted()
    const now = Math.floor(Date.now() / 1000)
    const at = (timestamp: number) => reasonOf(envelopeOf(leash, scene.key, { timestamp }))
    expect(await at(now - LEASH_WINDOW_SECONDS + 5)).toEqual([200, true, null])
    expect(await at(now + LEASH_WINDOW_SECONDS - 5)).toEqual([200, true, null])
    expect(await at(now - LEASH_WINDOW_SECONDS - 5)).toEqual([200, false, 'stale-envelope'])
    expect(await at(now + LEASH_WINDOW_SECONDS + 5)).toEqual([200, false, 'stale-envelope'])
  })

  it('LEASHX-03: is of the very request that was signed, by the key in the leash', async () => {
    const leash = await minted()
    const envelope = envelopeOf(leash, scene.key)
    const { privateKey } = freshEd25519()
    const nonce = randomBytes(16).toString('base64url')
    for (const forged of [
      envelopeOf(leash, privateKey),
      { ...envelope, nonce },
      { ...envelope, timestamp: envelope.timestamp + 1 },
      { ...envelope, request: { action: 'mail:read', args: { all: true } } },
      { ...envelope, agent_sig: Buffer.alloc(64).toString('base64url') },
    ]) {
      expect(await reasonOf(forged)).toEqual([200, false, 'pop-failed'])
    }
    expect(await reasonOf(envelope)).toEqual([200, true, null])
  })

  it('judges the words literally, and the arguments by the lease', async () => {
    const leash = await minted()
    const asked = (action: string, args = {}) =>
      reasonOf(envelopeOf(leash, scene.key, { action, args }))
    expect(await asked('mail.drafts:write', { to: 'bob@acme.example' })).toEqual([200, true, null])
    expect(await asked('mail.drafts:write', { to: 'eve@evil.example' })).toEqual([
      200,
      false,
      'scope-miss',
    ])
    expect(await asked('mail:write')).toEqual([200, false, 'scope-miss'])
    const star = (await scene.mint(await scene.lease(), { scope: ['mail:*'] })).json.leash
    const wider = envelopeOf(star, scene.key, { action: 'mail:read' })
    expect(await reasonOf(wider)).toEqual([200, false, 'scope-miss'])
  })

  it('names what is wrong with a leash that is none', async () => {
    const [header, payload, signature] = (await minted()).split('.') as [string, string, string]
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const kid = 'leash-attest-owner-v1'
    const head = (change: object) => encoded({ alg: 'EdDSA', typ: 'leash+jwt', kid, ...change })
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const table: readonly (readonly [string, string])[] = [
      ['x', 'malformed'],
      [`${header}.${payload}`, 'malformed'],
      [`${header}.${payload}.${signature}=`, 'malformed'],
      [`${head({ jwk: {} })}.${payload}.${signature}`, 'malformed'],
      [`${head({ typ: 'JWT' })}.${payload}.${signature}`, 'header-typ'],
      [`${head({ alg: 'none' })}.${payload}.${signature}`, 'header-alg'],
      [`${head({ alg: 'HS256' })}.${payload}.${signature}`, 'header-alg'],
      [`${head({ kid: 'leash-attest-owner-v99' })}.${payload}.${signature}`, 'issuer-unknown'],
      [`${header}.${encoded({ ...claims, exp: claims.exp + 1 })}.${signature}`, 'bad-sig'],
      [`${header}.${encoded({ ...claims, 'vettid:scope': [] })}.${signature}`, 'malformed'],
      [`${header}.${encoded({ ...claims, 'vettid:audience': null })}.${signature}`, 'malformed'],
    ]
    for (const [leash, reason] of table) {
      expect(await reasonOf(envelopeOf(leash, scene.key))).toEqual([200, false, reason])
    }
    expect(await reasonOf({ leash: 'x' })).toEqual([200, false, 'malformed'])
    expect(await reasonOf(null)).toEqual([200, false, 'malformed'])
  })

  it('a token for something else is no leash, and a leash is no token', async () => {
    const lease = await scene.lease()
    const body = { lease_id: lease, audience: MAIL }
    const call = (await scene.agent.ask('POST', '/v1/tokens', { body })).json.tokens[0].token
    expect(await reasonOf(envelopeOf(call, scene.key))).toEqual([200, false, 'header-typ'])
    const peer = { uri: scene.agent.uri, certificate_thumbprint: scene.agent.thumbprint }
    const request = { type: 'tool', server: MAIL, tool: 'mail:read', arguments: {} }
    const item = { token: await minted(lease), audience: MAIL, request, peer }
    const items = { body: { items: [item] } }
    const redeemed = await scene.party.ask('POST', '/v1/redemptions', items)
    expect(redeemed.json.items[0].ok).toBe(false)
  })

  it('is for an enforcement point of the audience, and of no other', async () => {
    const envelope = envelopeOf(await minted(), scene.key)
    expect((await scene.verify(envelope, 'https://other.example/')).status).toBe(401)
    const audiences = [MAIL, 'https://other.example/']
    const contract = { ...MAIL_SCOPE, audiences }
    const both = await scene.site.enroll('both', { role: 'enforcement', contract })
    const body = { audience: 'https://other.example/', envelope }
    const seen = await both.ask('POST', '/v1/leash/verify', { body })
    expect(seen.json.reason).toBe('audience-mismatch')
    expect((await scene.agent.ask('POST', '/v1/leash/verify', { body })).status).toBe(403)
  })

  it('I6, I9: ends with the revocation of the lease, of the key and of the agent', async () => {
    const revoke = (subject: string) =>
      scene.site.owner.ask('POST', '/v1/revocations', {
        body: { subject, effect: 'revoked', reason: 'a test' },
      })
    const lease = await scene.lease()
    const leash = await minted(lease)
    const { jti } = payloadOf(leash)
    expect((await statusOf(jti)).json).toMatchObject({ revoked: false, reason: null })
    expect((await revoke(`lease:${lease}`)).status).toBe(201)
    expect((await revoke(`lease:${lease}`)).status).toBe(201)
    expect(await reasonOf(envelopeOf(leash, scene.key))).toEqual([200, false, 'revoked'])
    const status = await statusOf(jti)
    expect(status.json).toMatchObject({ revoked: true, reason: 'revoked' })
    expect(status.json.revoked_at).toBeGreaterThan(0)
    expect(status.headers['cache-control']).toBe('public, max-age=30')
  })

  it('I10: every no after the signature held has its record, without the leash in it', async () => {
    const leash = await minted()
    await scene.verify(envelopeOf(leash, scene.key, { action: 'mail:write' }))
    const trail = (await scene.site.owner.ask('GET', '/v1/audit/export')).text
    expect(trail).toContain('scope_not_granted')
    expect(trail).not.toContain(leash)
    expect(scene.site.lines.join('')).not.toContain(leash)
  })

  it('the version of the format is looked at', async () => {
    const { world } = scene.site
    const [header, payload] = (await minted()).split('.') as [string, string]
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), 'vettid:v': 2 }
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    expect(kid).toMatch(/^leash-attest-owner-v\d$/)
    const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
    const signature = sign(null, Buffer.from(text), world.keys.active('leash').privateKey)
    const envelope = envelopeOf(`${text}.${signature.toString('base64url')}`, scene.key)
    expect(await reasonOf(envelope)).toEqual([200, false, 'unsupported-version'])
  })

  it('I9: dies with the certificate it was taken over, whoever has its key', async () => {
    const other = await openLeashScene()
    try {
      const { leash } = (await other.mint(await other.lease())).json
      const accepted = async () =>
        (await other.verify(envelopeOf(leash, other.key))).json.reason ?? 'accepted'
      expect(await accepted()).toBe('accepted')
      const subject = `certificate:${other.agent.thumbprint}`
      const body = { subject, effect: 'revoked', reason: 'stolen' }
      await other.site.owner.ask('POST', '/v1/revocations', { body })
      expect(await accepted()).toBe('revoked')
      const { jti } = payloadOf(leash)
      const status = await other.site.nobody.ask('GET', `/v1/public/leash/status/${jti}`)
      expect(status.json).toMatchObject({ revoked: true, reason: 'revoked' })
    } finally {
      await other.site.close()
    }
  })
})
