import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLeashWord } from '../../src/domain/leash.ts'
import {
  LEASH_TTL_SECONDS_DEFAULT,
  LEASH_TTL_SECONDS_MAX,
  LEASH_WORDS_MAX,
} from '../../src/domain/limits.ts'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { REASONS } from '../../src/leash-tokens/reasons.ts'
import { openDeployment } from '../support/http.ts'
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
const keysOf = (user: string) => scene.site.nobody.ask('GET', `/v1/public/leash/keys/${user}`)
const statusOf = (jti: string) => scene.site.nobody.ask('GET', `/v1/public/leash/status/${jti}`)
const reasonOf = async (envelope: unknown, audience?: string) => {
  const seen = await scene.verify(envelope, audience)
  return [seen.status, seen.json.accepted, seen.json.reason ?? null]
}

describe('a leash', () => {
  it('LEASHX-01, 02: has exactly that header and those claims, audience among them', async () => {
    const lease = await scene.lease()
    const seen = await scene.mint(lease)
    expect(seen.status).toBe(201)
    const [header] = partsOf(seen.json.leash)
    expect(header.toString()).toBe(
      '{"alg":"EdDSA","typ":"leash+jwt","kid":"leash-attest-owner-v1"}',
    )
    const claims = payloadOf(seen.json.leash)
    expect(Object.keys(claims)).toEqual([
      ...['iss', 'sub', 'iat', 'nbf', 'exp', 'jti', 'vettid:v', 'vettid:scope'],
      ...['vettid:grant_version', 'vettid:profile_version', 'vettid:agent_pubkey'],
      ...['vettid:revocation_url', 'vettid:audience'],
    ])
    expect(claims).toMatchObject({
      iss: 'https://writ.example',
      sub: `agent:${lease}`,
      'vettid:v': 1,
      'vettid:scope': ['mail.drafts:write', 'mail:read'],
      'vettid:grant_version': 1,
      'vettid:agent_pubkey': scene.pubkey,
      'vettid:audience': MAIL,
    })
    expect(claims.jti).toMatch(/^leash-[A-Za-z0-9_-]{22}$/)
    expect((await scene.mint(lease, { audience: undefined })).json.code).toBe('malformed')
  })

  it('is genuine to openssl and to Node by hand, with the published key', async () => {
    const leash = await minted()
    const [header, payload, signature] = leash.split('.') as [string, string, string]
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const keys = await keysOf('owner')
    expect(keys.headers['cache-control']).toBe('public, max-age=3600')
    const jwk = keys.json.keys.find((key: { kid: string }) => key.kid === kid)
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: jwk.x } })
    const bytes = Buffer.from(signature, 'base64url')
    expect(verify(null, Buffer.from(`${header}.${payload}`), key, bytes)).toBe(true)

    const file = (name: string) => join(scene.site.folder, name)
    writeFileSync(file('signed'), `${header}.${payload}`)
    writeFileSync(file('signature'), bytes)
    writeFileSync(file('key.pem'), key.export({ format: 'pem', type: 'spki' }))
    const words = ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', file('key.pem')]
    const more = ['-in', file('signed'), '-sigfile', file('signature')]
    expect(execFileSync('openssl', [...words, ...more], { encoding: 'utf8' })).toMatch(/success/i)
  })

  it('LEASHX-07: lives an hour unless asked, never past its lease, at most a day', async () => {
    const life = (leash: string) => payloadOf(leash).exp - payloadOf(leash).iat
    expect(life(await minted())).toBeLessThanOrEqual(LEASH_TTL_SECONDS_DEFAULT)
    const day = await scene.mint(await scene.lease(), { ttl_seconds: LEASH_TTL_SECONDS_MAX })
    expect(life(day.json.leash)).toBeLessThanOrEqual(3600)
    const more = { ttl_seconds: LEASH_TTL_SECONDS_MAX + 1 }
    expect((await scene.mint(await scene.lease(), more)).json.code).toBe('malformed')
  })

  it('LEASHX-07: has a key of its own that signs nothing else, and outlives its rotation', async () => {
    const leash = await minted()
    const { keys, store } = scene.site.world
    expect(keys.active('leash').kid).not.toBe(keys.active('token').kid)
    await keys.rotate('leash', store.now())
    expect((await keysOf('owner')).json.keys).toHaveLength(2)
    expect(await reasonOf(envelopeOf(leash, scene.key))).toEqual([200, true, null])
    const next = await minted()
    expect(partsOf(next)[0].toString()).toContain('leash-attest-owner-v2')
  })

  it('LEASHX-07: is not issued when its row can not be written', async () => {
    const lease = await scene.lease()
    const { store } = scene.site.world
    const decide = store.decide.bind(store)
    store.decide = () => Promise.reject(new Error('away on purpose'))
    const seen = await scene.mint(lease)
    store.decide = decide
    expect(seen.status).toBe(500)
    expect(payloadOf(await minted(lease))['vettid:grant_version']).toBe(1)
  })

  it.each([
    [['*:*']],
    [['*:read']],
    [[]],
    [['message:send']],
    [['mail']],
    [['read']],
    [['mail:read', 'mail:read']],
    [['mail:read:']],
    [['Mail:read']],
    [['mail..x:read']],
    [Array.from({ length: LEASH_WORDS_MAX + 1 }, (_, at) => `mail.n${at}:read`)],
  ])('LEASHX-04: is not minted for %j', async (scope) => {
    const seen = await scene.mint(await scene.lease(), { scope })
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
  })

  it('LEASHX-04: takes the words of the grammar, and only those the lease grants', async () => {
    const good = ['a:read', 'a.b.c:use', 'mail:*', 'k:sign:ed25519', 'mail.drafts:list:own']
    expect(good.filter((word) => !isLeashWord(word))).toEqual([])
    const seen = await scene.mint(await scene.lease(), { scope: ['mail:read', 'files:read'] })
    expect([seen.status, seen.json.code]).toEqual([403, 'scope_not_granted'])
    expect(seen.json.reasons[0].pointer).toBe('/scope/1')
  })

  it('is for the holder of the lease, with a key that is no weak one', async () => {
    const lease = await scene.lease()
    const other = await scene.site.enroll('other', { contract: MAIL_SCOPE })
    const body = {
      lease_id: lease,
      audience: MAIL,
      scope: ['mail:read'],
      agent_pubkey: scene.pubkey,
    }
    expect((await other.ask('POST', '/v1/leash/tokens', { body })).status).toBe(404)
    expect((await scene.party.ask('POST', '/v1/leash/tokens', { body })).status).toBe(403)
    const weak = { agent_pubkey: Buffer.alloc(32).fill(1, 0, 1).toString('base64url') }
    expect((await scene.mint(lease, weak)).json.reasons[0].code).toBe('weak_key')
  })
})

describe('status and keys', () => {
  it('LEASHX-06: an id that nobody knows is revoked', async () => {
    for (const jti of ['leash-AAAAAAAAAAAAAAAAAAAAAA', 'leash-x', 'x']) {
      const seen = await statusOf(jti)
      expect([seen.status, seen.json.revoked, seen.json.reason]).toEqual([200, true, 'unknown'])
    }
  })

  it('LEASHX-06: keys look alike for persons who are there and who are not', async () => {
    const [there, not] = [await keysOf('owner'), await keysOf('nobody')]
    expect(not.json.keys).toHaveLength(there.json.keys.length)
    expect(not.text).not.toContain('"d"')
  })

  it('a code of the table has one word of LEASH', () => {
    expect(Object.keys(REASONS).toSorted()).toEqual([...REFUSALS.keys()].toSorted())
  })

  it('without the setting there are no leashes', async () => {
    const site = await openDeployment()
    try {
      const agent = await site.enroll('agent')
      expect((await agent.ask('POST', '/v1/leash/tokens', { body: {} })).status).toBe(404)
      expect((await site.nobody.ask('GET', '/v1/public/leash/keys/owner')).status).toBe(404)
    } finally {
      await site.close()
    }
  })
})
