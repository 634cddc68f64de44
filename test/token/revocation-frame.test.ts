import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import type { FeedChange, FeedFrame } from '../../src/domain/feed.ts'
import { type AgentUri, DEFAULT_TENANT, type TenantId } from '../../src/domain/ids.ts'
import { FEED_FRAME_BYTES_MAX, REVOCATION_CHANGES_MAX } from '../../src/domain/limits.ts'
import type { KeySource } from '../../src/token/key.ts'
import { signRevocationFrame, verifyRevocationFrame } from '../../src/token/revocation-frame.ts'
import { compact, ISSUER, KEYS, leaseAt, NOW } from '../vectors/material.ts'

const keys: KeySource = {
  verification: (kid) => (kid === KEYS.feed.kid ? KEYS.feed.verification : undefined),
}
const expected = { keys, issuer: ISSUER }
const change: FeedChange = { seq: 8, subject: `lease:${leaseAt(1)}`, effect: 'revoked', at: NOW }
const common = { issuer: ISSUER, tenant: DEFAULT_TENANT, at: NOW, head: 9 }
const changes: FeedFrame = { kind: 'changes', after: 7, ...common, changes: [change] }
const snapshot: FeedFrame = { kind: 'snapshot', part: 1, parts: 2, ...common, changes: [change] }

describe('a frame of the revocation feed', () => {
  test.each([
    ['a snapshot', snapshot],
    ['a heartbeat', { ...changes, after: 9, changes: [] } as FeedFrame],
    ['the first change', { ...changes, after: 0 } as FeedFrame],
  ])('comes back as it was signed: %s', async (_name, frame) => {
    const text = await signRevocationFrame(KEYS.feed, frame)
    expect(await verifyRevocationFrame(text, expected)).toStrictEqual({ ok: true, value: frame })
  })

  test('says nothing beside what it is for', async () => {
    const told = { ...change, reason: 'my secret', tenant: 'x' }
    const text = await signRevocationFrame(KEYS.feed, { ...changes, changes: [told] })
    expect(decodeJwt(text)).toEqual({
      iss: ISSUER,
      tenant: DEFAULT_TENANT,
      at: NOW,
      kind: 'changes',
      after: 7,
      head: 9,
      changes: [change],
    })
  })

  const wrong: readonly [string, object, string][] = [
    ['another kind', { kind: 'heartbeat' }, '/kind'],
    ['a head that went back', { head: 6 }, '/after'],
    ['a part of changes', { part: 1 }, '/part'],
    ['a tenant that is none', { tenant: 'a b' }, '/tenant'],
    ['a moment with a fraction', { at: 1.5 }, '/at'],
    ['a negative head', { head: -1 }, '/head'],
    ['an unknown subject', { changes: [{ ...change, subject: 'thing:x' }] }, '/changes'],
    ['a subject with a bad id', { changes: [{ ...change, subject: 'lease:x' }] }, '/changes'],
    ['an unknown effect', { changes: [{ ...change, effect: 'gone' }] }, '/changes'],
    ['a reason', { changes: [{ ...change, reason: '' }] }, '/changes'],
    ['a number before', { changes: [{ ...change, seq: 7 }] }, '/changes'],
    ['a number beyond', { changes: [{ ...change, seq: 10 }] }, '/changes'],
    ['a number twice', { changes: [change, change] }, '/changes'],
    ['numbers out of order', { changes: [{ ...change, seq: 9 }, change] }, '/changes'],
    ['too many changes', { changes: Array(REVOCATION_CHANGES_MAX + 1).fill(change) }, '/changes'],
  ]
  const wrongSnapshot: readonly [string, object, string][] = [
    ['a place it follows on', { after: 1 }, '/after'],
    ['more than its parts', { part: 3 }, '/part'],
    ['part 0', { part: 0 }, '/part'],
    ['no parts', { parts: undefined }, '/parts'],
    ['a number beyond', { changes: [{ ...change, seq: 10 }] }, '/changes'],
  ]
  const table = [
    ...wrong.map((row) => ['changes', ...row, changes] as const),
    ...wrongSnapshot.map((row) => ['a snapshot', ...row, snapshot] as const),
  ]
  test.each(table)('%s with %s is malformed', async (_kind, _name, claims, pointer, sound) => {
    const payload = { ...decodeJwt(await signRevocationFrame(KEYS.feed, sound)), ...claims }
    const header = { alg: 'EdDSA', typ: 'writ-revocations+jwt', kid: KEYS.feed.kid }
    const text = compact(JSON.stringify(header), JSON.stringify(payload), KEYS.feed)
    expect(await verifyRevocationFrame(text, expected)).toMatchObject({
      refusal: { code: 'malformed', facts: { pointer } },
    })
  })

  test('is not signed when it has not its shape', async () => {
    const other = { ...changes, tenant: '' as TenantId }
    await expect(signRevocationFrame(KEYS.feed, other)).rejects.toThrow('/tenant')
  })

  test('is not taken from a checkpoint of the same key holder', async () => {
    const header = { alg: 'EdDSA', typ: 'writ-checkpoint+jwt', kid: KEYS.feed.kid }
    const text = compact(JSON.stringify(header), '{}', KEYS.feed)
    expect(await verifyRevocationFrame(text, expected)).toMatchObject({
      refusal: { code: 'token_kind' },
    })
  })

  test('holds as many changes as the limit says, of the longest subjects', async () => {
    const longest = `spiffe://${'d'.repeat(255)}/${'a'.repeat(2048 - 265)}` as AgentUri
    const most: FeedFrame = {
      ...changes,
      after: 0,
      head: Number.MAX_SAFE_INTEGER,
      changes: Array.from({ length: REVOCATION_CHANGES_MAX }, (_, index) => ({
        seq: Number.MAX_SAFE_INTEGER - REVOCATION_CHANGES_MAX + index,
        subject: `agent:${longest}`,
        effect: 'contract_moved',
        at: NOW,
      })),
    }
    const text = await signRevocationFrame(KEYS.feed, most)
    expect(text.length).toBeLessThan(FEED_FRAME_BYTES_MAX)
    expect(await verifyRevocationFrame(text, expected)).toEqual({ ok: true, value: most })
    const tooLarge = 'x'.repeat(FEED_FRAME_BYTES_MAX + 1)
    expect(await verifyRevocationFrame(tooLarge, expected)).toMatchObject({
      refusal: { code: 'too_large' },
    })
  })
})
