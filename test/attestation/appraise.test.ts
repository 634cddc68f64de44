import { createHash, type KeyObject, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAppraiser, type Evidence } from '../../src/attestation/appraise.ts'
import { readReleaseKey, releaseStatement } from '../../src/attestation/signed-code.ts'
import { CERTIFICATE, NOW, WORKER } from '../domain/samples.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'

const DIGEST = createHash('sha256').update('release 1.0').digest('base64url')
const OTHER_DIGEST = createHash('sha256').update('release 1.1').digest('base64url')

/** The points of small order that Node imports as if they were keys (RFC 8032 §5.1.3 forms). */
const WEAK = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]

function pair() {
  const { privateKey, publicKey } = freshEd25519()
  return { privateKey, raw: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32) }
}

const release = pair()
const stranger = pair()

function appraiser() {
  const key = readReleaseKey('ci', release.raw)
  if (!key.ok) throw new Error('the release key is sound')
  return createAppraiser({ verifier: 'https://authority.example', releaseKeys: [key.value] })
}

function appraise(evidence: Evidence) {
  return appraiser()(evidence, { uri: WORKER, requestHash: CERTIFICATE }, NOW)
}

function signed(changed: Partial<Record<'digest' | 'releaseKey' | 'signature', string>> = {}) {
  const signature = signatureOver(releaseStatement(DIGEST))
  return { method: 'signed-code', digest: DIGEST, releaseKey: 'ci', signature, ...changed } as const
}

function signatureOver(statement: Uint8Array, key: KeyObject = release.privateKey): string {
  return sign(null, statement, key).toString('base64url')
}

describe('evidence is appraised, and what was found is vouched for', () => {
  it.each([
    ['none', { method: 'none' }, 'none', `sha-256:${CERTIFICATE}`],
    ['mtls', { method: 'mtls' }, 'warning', `sha-256:${CERTIFICATE}`],
    ['signed-code', signed(), 'affirming', `sha-256:${DIGEST}`],
  ] as const)('%s', async (method, evidence, tier, evidenceHash) => {
    const verifier = 'https://authority.example'
    const code = method === 'signed-code' ? { code: `release:${evidenceHash}` } : {}
    expect(await appraise(evidence)).toEqual({
      ok: true,
      value: { attestation: { tier, method, verifier, evidenceHash, at: NOW, ...code } },
    })
  })

  it('an enclave is known, and never accepted: there is no verifier', async () => {
    expect(await appraise({ method: 'enclave' })).toMatchObject({
      refusal: {
        code: 'attestation_failed',
        reasons: [{ detail: 'There is no verifier for enclaves here.' }],
      },
    })
  })

  it('a process that somebody else speaks for is not measured', async () => {
    const facts = { process: 'no connection of its own' }
    expect(await appraise({ method: 'process', nonce: 'n' })).toMatchObject({
      refusal: { code: 'attestation_failed', facts },
    })
  })

  it('the statement that is signed can not mean anything else', () => {
    expect(releaseStatement(DIGEST).toString('latin1')).toBe(`writ release v1\n${DIGEST}`)
  })
})

describe('signed code that proves nothing is refused: attestation_failed', () => {
  const bare = Buffer.from(DIGEST, 'ascii')
  const good = signed().signature
  const cases: readonly (readonly [string, Evidence, string])[] = [
    ['another digest', signed({ digest: OTHER_DIGEST }), 'signature'],
    ['a signature over the digest alone', signed({ signature: signatureOver(bare) }), 'signature'],
    [
      'a signature of another key',
      signed({ signature: signatureOver(releaseStatement(DIGEST), stranger.privateKey) }),
      'signature',
    ],
    ['a signature of zeros', signed({ signature: 'A'.repeat(86) }), 'signature'],
    ['a key nobody trusts', signed({ releaseKey: 'mine' }), 'unknown release key'],
    ['a key without a name', signed({ releaseKey: '' }), 'unknown release key'],
    ['the name in another case', signed({ releaseKey: 'CI' }), 'unknown release key'],
    ['no digest', signed({ digest: '' }), 'shape'],
    ['a digest too short', signed({ digest: DIGEST.slice(1) }), 'shape'],
    ['a digest too long', signed({ digest: `${DIGEST}A` }), 'shape'],
    ['a digest with a line more', signed({ digest: `${DIGEST}\n` }), 'shape'],
    ['a digest with bits left over', signed({ digest: `${DIGEST.slice(0, -1)}B` }), 'shape'],
    ['no signature', signed({ signature: '' }), 'shape'],
    ['a signature too short', signed({ signature: good.slice(1) }), 'shape'],
    ['a signature too long', signed({ signature: `${good}A` }), 'shape'],
    ['a padded signature', signed({ signature: `${good}==` }), 'shape'],
    ['a signature with bits left over', signed({ signature: `${good.slice(0, -1)}B` }), 'shape'],
    ['standard base64', signed({ signature: `+${good.slice(1)}` }), 'shape'],
  ]

  it.each(cases)('%s', async (_sentence, evidence, reason) => {
    expect(await appraise(evidence)).toEqual({
      ok: false,
      refusal: { code: 'attestation_failed', facts: { reason }, reasons: [] },
    })
  })

  it('and so is everything where no release key is trusted', async () => {
    const trusting = createAppraiser({ verifier: 'x', releaseKeys: [] })
    const result = await trusting(signed(), { uri: WORKER, requestHash: CERTIFICATE }, NOW)
    expect(result).toMatchObject({ refusal: { code: 'attestation_failed' } })
  })
})

describe('a release key has to be sound', () => {
  it.each(WEAK)('%s is refused', (hex) => {
    expect(readReleaseKey('ci', Buffer.from(hex, 'hex'))).toMatchObject({ ok: false })
  })

  it.each([0, 31, 33])('%d bytes are refused', (length) => {
    expect(readReleaseKey('ci', new Uint8Array(length))).toMatchObject({ ok: false })
  })

  it('a sound one keeps its name', () => {
    const key = readReleaseKey('ci', release.raw)
    expect(key.ok && key.value.name).toBe('ci')
    expect(key.ok && key.value.publicKey.asymmetricKeyType).toBe('ed25519')
  })
})
