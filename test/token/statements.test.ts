import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import type { FeedFrame } from '../../src/domain/feed.ts'
import { type CertificateThumbprint, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { CHECKPOINT_BYTES_MAX, CHECKPOINT_CHAINS_MAX } from '../../src/domain/limits.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import {
  type SignedCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from '../../src/token/checkpoint.ts'
import type { KeySource, SigningKey } from '../../src/token/key.ts'
import { type Receipt, signReceipt, verifyReceipt } from '../../src/token/receipt.ts'
import { signRevocationFrame, verifyRevocationFrame } from '../../src/token/revocation-frame.ts'
import { signToken } from '../../src/token/sign.ts'
import {
  agentAt,
  bytesFor,
  callClaims,
  compact,
  ISSUER,
  jtiFor,
  KEYS,
  leaseAt,
  NOW,
  PUBLISHED_KEYS,
} from '../vectors/material.ts'

const published = [...PUBLISHED_KEYS, KEYS.feed.verification]
const keys: KeySource = { verification: (kid) => published.find((key) => key.kid === kid) }
const expected = { keys, issuer: ISSUER }
const hash = bytesFor('record').toString('base64url')

const receipt: Receipt = {
  issuer: ISSUER,
  issuedAt: NOW,
  jti: jtiFor('call 1'),
  lease: leaseAt(1),
  root: leaseAt(0),
  agent: agentAt(1),
  certificate: bytesFor('certificate').toString('base64url') as CertificateThumbprint,
  record: { chain: 'gateway-1', sequence: 42 },
  outcome: 'allowed',
  status: 200,
}
const { status: _status, ...unanswered } = receipt

const checkpoint: SignedCheckpoint = {
  issuer: ISSUER,
  issuedAt: NOW,
  chains: [
    { chain: 'authority-1', sequence: 7, hash },
    { chain: 'gateway-1', sequence: 42, hash },
  ],
  mark: epochSeconds(NOW - 1),
  previous: hash,
}

const frame: FeedFrame = {
  kind: 'changes',
  after: 7,
  issuer: ISSUER,
  tenant: DEFAULT_TENANT,
  at: NOW,
  head: 9,
  changes: [
    { seq: 8, subject: `lease:${leaseAt(1)}`, effect: 'released', at: NOW },
    { seq: 9, subject: `agent:${agentAt(1)}`, effect: 'revoked', at: NOW },
  ],
}

interface Statement {
  readonly name: 'receipt' | 'checkpoint' | 'revocations'
  readonly key: SigningKey
  readonly text: () => Promise<string>
  readonly verify: (text: string, expected: { keys: KeySource; issuer: string }) => Promise<unknown>
  readonly value: object
}
const statements: readonly Statement[] = [
  {
    name: 'receipt',
    key: KEYS.receipt,
    text: () => signReceipt(KEYS.receipt, receipt),
    verify: verifyReceipt,
    value: receipt,
  },
  {
    name: 'checkpoint',
    key: KEYS.checkpoint,
    text: () => signCheckpoint(KEYS.checkpoint, checkpoint),
    verify: verifyCheckpoint,
    value: checkpoint,
  },
  {
    name: 'revocations',
    key: KEYS.feed,
    text: () => signRevocationFrame(KEYS.feed, frame),
    verify: verifyRevocationFrame,
    value: frame,
  },
]

describe.each(statements)('a $name', ({ name, key, text, verify, value }) => {
  const header = { alg: 'EdDSA', typ: `writ-${name}+jwt`, kid: key.kid }
  const changed = async (claims: object): Promise<string> => {
    const payload = JSON.stringify({ ...decodeJwt(await text()), ...claims })
    return compact(JSON.stringify(header), payload, key)
  }

  test('comes back as it was signed', async () => {
    expect(decodeProtectedHeader(await text())).toEqual(header)
    expect(await verify(await text(), expected)).toStrictEqual({ ok: true, value })
    expect(await verify(await changed({}), expected)).toEqual({ ok: true, value })
  })

  test('is refused when it comes from another issuer', async () => {
    expect(await verify(await text(), { ...expected, issuer: `${ISSUER}/` })).toMatchObject({
      refusal: { code: 'issuer_mismatch', facts: { issuer: ISSUER } },
    })
  })

  test('is refused when its signature is not genuine, or its key not in force', async () => {
    const [head, body] = (await text()).split('.')
    const forged = `${head}.${body}.${'A'.repeat(86)}`
    const none = { ...expected, keys: { verification: () => undefined } }
    for (const answer of [await verify(forged, expected), await verify(await text(), none)]) {
      expect(answer).toMatchObject({ refusal: { code: 'signature_invalid' } })
    }
  })

  test('is not taken from a key for tokens', async () => {
    const payload = JSON.stringify(decodeJwt(await text()))
    const signed = compact(JSON.stringify({ ...header, kid: KEYS.token.kid }), payload, KEYS.token)
    expect(await verify(signed, expected)).toMatchObject({ refusal: { code: 'signature_invalid' } })
  })

  test('is no token, and a token is none', async () => {
    const token = await signToken(KEYS.token, callClaims())
    expect(await verify(token, expected)).toMatchObject({ refusal: { code: 'token_kind' } })
  })

  test('is not signed by a key for something else', async () => {
    await expect(signReceipt(KEYS.checkpoint, receipt)).rejects.toThrow('does not sign')
    await expect(signCheckpoint(KEYS.receipt, checkpoint)).rejects.toThrow('does not sign')
    await expect(signRevocationFrame(KEYS.token, frame)).rejects.toThrow('does not sign')
  })

  test.each([
    ['white space', ' '],
    ['a duplicate member', ',"iss":"x"'],
  ])('with %s is malformed', async (_name, extra) => {
    const payload = JSON.stringify(decodeJwt(await text())).replace(/\}$/, `${extra}}`)
    const signed = compact(JSON.stringify(header), payload, key)
    expect(await verify(signed, expected)).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer: '' } },
    })
  })

  test('with any member missing, null or unknown is malformed, at that place', async () => {
    const members = Object.keys(decodeJwt(await text()))
    for (const member of [...members, 'extra']) {
      const nullable = member === 'previous'
      const wrong = nullable ? {} : null
      expect(await verify(await changed({ [member]: wrong }), expected)).toMatchObject({
        refusal: { code: 'malformed', facts: { pointer: `/${member}` } },
      })
    }
    for (const member of members.filter((one) => one !== 'status')) {
      expect(await verify(await changed({ [member]: undefined }), expected)).toMatchObject({
        refusal: { code: 'malformed', facts: { pointer: `/${member}` } },
      })
    }
  })
})

describe('a receipt', () => {
  const header = JSON.stringify({ alg: 'EdDSA', typ: 'writ-receipt+jwt', kid: KEYS.receipt.kid })
  const changed = async (claims: object): Promise<string> => {
    const sound = decodeJwt(await signReceipt(KEYS.receipt, receipt))
    return compact(header, JSON.stringify({ ...sound, ...claims }), KEYS.receipt)
  }

  test('without an answer of the upstream has no status', async () => {
    const text = await signReceipt(KEYS.receipt, { ...unanswered, outcome: 'upstream_timeout' })
    expect(Object.keys(decodeJwt(text)).join(' ')).toBe(
      'iss iat jti lease txn client_id cnf audit outcome',
    )
    expect(await verifyReceipt(text, expected)).toStrictEqual({
      ok: true,
      value: { ...unanswered, outcome: 'upstream_timeout' },
    })
  })

  test.each([
    [{ status: 99 }, '/status'],
    [{ status: 600 }, '/status'],
    [{ status: '200' }, '/status'],
    [{ outcome: 'denied' }, '/outcome'],
    [{ outcome: '' }, '/outcome'],
    [{ iat: 1.5 }, '/iat'],
    [{ iss: '' }, '/iss'],
    [{ iss: 'x'.repeat(1025) }, '/iss'],
    [{ jti: 'x' }, '/jti'],
    [{ lease: 'x' }, '/lease'],
    [{ txn: 'x' }, '/txn'],
    [{ client_id: 'x' }, '/client_id'],
    [{ cnf: {} }, '/cnf'],
    [{ cnf: { 'x5t#S256': 'x' } }, '/cnf'],
    [{ cnf: { 'x5t#S256': receipt.certificate, jkt: 'x' } }, '/cnf'],
    [{ cnf: { 'x5t#S256': receipt.certificate, kid: receipt.certificate } }, '/cnf'],
    [{ audit: { chain: 'a' } }, '/audit'],
    [{ audit: { chain: '', sequence: 1 } }, '/audit'],
    [{ audit: { chain: 'a', sequence: -1 } }, '/audit'],
    [{ audit: { chain: 'a', sequence: 1, hash } }, '/audit'],
  ])('with %j is malformed at %s', async (claims, pointer) => {
    expect(await verifyReceipt(await changed(claims), expected)).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer } },
    })
  })

  test.each([100, 599])('may tell status %i', async (status) => {
    const answer = await verifyReceipt(await changed({ status }), expected)
    expect(answer.ok && answer.value.status).toBe(status)
  })
})

describe('a checkpoint', () => {
  const wrong: readonly [string, Partial<SignedCheckpoint>, string][] = [
    ['chains out of order', { chains: checkpoint.chains.toReversed() }, '/chains'],
    ['a chain twice', { chains: checkpoint.chains.flatMap((head) => [head, head]) }, '/chains'],
    ['a chain without a name', { chains: [{ chain: '', sequence: 1, hash }] }, '/chains'],
    ['a negative sequence', { chains: [{ chain: 'a', sequence: -1, hash }] }, '/chains'],
    ['a hash that is none', { chains: [{ chain: 'a', sequence: 1, hash: 'x' }] }, '/chains'],
    ['too many chains', { chains: heads(CHECKPOINT_CHAINS_MAX + 1) }, '/chains'],
    ['previous that is no hash', { previous: '' }, '/previous'],
  ]

  function heads(count: number): SignedCheckpoint['chains'] {
    return Array.from({ length: count }, (_, index) => ({
      chain: `chain-${String(index).padStart(6, '0')}`,
      sequence: index,
      hash,
    }))
  }

  test.each(wrong)('with %s is neither signed nor read', async (_name, change, pointer) => {
    const statement = { ...checkpoint, ...change }
    const { issuer: iss, issuedAt: iat, chains, mark, previous } = statement
    const header = { alg: 'EdDSA', typ: 'writ-checkpoint+jwt', kid: KEYS.checkpoint.kid }
    const payload = JSON.stringify({ iss, iat, chains, mark, previous })
    const text = compact(JSON.stringify(header), payload, KEYS.checkpoint)
    expect(await verifyCheckpoint(text, expected)).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer } },
    })
    await expect(signCheckpoint(KEYS.checkpoint, statement)).rejects.toThrow(
      `This makes no checkpoint: ${pointer}.`,
    )
  })

  test('the first one has nothing before it, and may join no chain yet', async () => {
    const first = { ...checkpoint, chains: [], previous: null }
    const text = await signCheckpoint(KEYS.checkpoint, first)
    expect(await verifyCheckpoint(text, expected)).toEqual({ ok: true, value: first })
  })

  test('joins as many chains as the limit says, within its size', async () => {
    const most = { ...checkpoint, chains: heads(CHECKPOINT_CHAINS_MAX) }
    const text = await signCheckpoint(KEYS.checkpoint, most)
    expect(text.length).toBeLessThan(CHECKPOINT_BYTES_MAX)
    expect(await verifyCheckpoint(text, expected)).toEqual({ ok: true, value: most })
  })

  test('that is too large is not read', async () => {
    expect(await verifyCheckpoint('x'.repeat(CHECKPOINT_BYTES_MAX + 1), expected)).toMatchObject({
      refusal: { code: 'too_large' },
    })
  })

  test('takes nothing into its heads but chain, sequence and hash', async () => {
    const chains = [{ chain: 'a', sequence: 1, hash, secret: 'x' }]
    const text = await signCheckpoint(KEYS.checkpoint, { ...checkpoint, chains })
    expect(decodeJwt(text)['chains']).toEqual([{ chain: 'a', sequence: 1, hash }])
  })

  test('is named in the next one by the hash of its text', async () => {
    const text = await signCheckpoint(KEYS.checkpoint, checkpoint)
    const previous = createHash('sha256').update(text).digest('base64url')
    const next = { ...checkpoint, previous }
    const answer = await verifyCheckpoint(await signCheckpoint(KEYS.checkpoint, next), expected)
    expect(answer).toEqual({ ok: true, value: next })
  })
})
