import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Credential, Placement } from '../../src/domain/credential.ts'
import {
  CREDENTIAL_HEADER_CHARACTERS_MAX,
  SCRUBBED_SECRET_BYTES_MIN,
  SECRET_BACKSLASHES_MAX,
} from '../../src/domain/limits.ts'
import { injectSecret } from '../../src/gateway/injection/injection.ts'
import { intakeProblem, Secret } from '../../src/vault/envelope.ts'

const HOLE = '{{the-secret}}'
const HEADER: Placement = { in: 'header', name: 'x-api-key', prefix: '' }
const PLACEMENTS: readonly Placement[] = [
  HEADER,
  { in: 'bearer' },
  { in: 'basic', username: 'u' },
  { in: 'query', name: 'key' },
  { in: 'placeholder', text: HOLE },
]

const problemOf = (placement: Placement, text: string, kind: Credential['kind'] = 'api_key') =>
  intakeProblem({ kind, placement }, { value: Secret.of(text) })
/** Whether the gateway could put it into a request that is made for it. */
const isSent = (placement: Placement, text: string) =>
  injectSecret(placement, Buffer.from(text), {
    path: '/a',
    headers: ['accept', '*/*', 'x-place', HOLE],
    body: { text: JSON.stringify({ place: HOLE }), mediaType: 'application/json' },
  }).ok

describe('a secret that could never be sent is not taken in', () => {
  const many = 'x'.repeat(CREDENTIAL_HEADER_CHARACTERS_MAX)
  const few = 'x'.repeat(SCRUBBED_SECRET_BYTES_MIN)
  const slashes = '\\'.repeat(SECRET_BACKSLASHES_MAX)
  it.each([
    ['too short', few.slice(1), /characters/],
    ['too long', `${many}x`, /characters/],
    ['a line end within', 'canary-1\r\nx-evil: 1', /line ends/],
    ['a line end behind it', 'canary-one\n', /line ends/],
    ['a zero byte', 'canary\0one', /control/],
    ['a tab', 'canary\tone', /control/],
    ['letters beyond ASCII', 'canary-äöü', /ASCII/],
    ['a space around it', ' canary-one', /spaces around/],
    ['backslashes', `canary\\${slashes}`, /backslashes/],
  ])('%s, wherever it goes; and none of it is told', (_what, text, detail) => {
    for (const placement of PLACEMENTS) {
      expect(problemOf(placement, text), placement.in).toMatch(detail)
      expect(problemOf(placement, text)).not.toContain('canary')
      expect(isSent(placement, text)).toBe(false)
    }
  })

  it('a space is taken where it can stand', () => {
    const told = PLACEMENTS.map((placement) => problemOf(placement, 'Token abc def'))
    const no = 'A secret that goes there has no spaces.'
    expect(told).toEqual([undefined, no, undefined, no, no])
  })

  it('but the shortest, the longest, and what is not sent at all, are', () => {
    for (const placement of PLACEMENTS) {
      for (const text of [few, many]) expect(problemOf(placement, text)).toBeUndefined()
    }
    expect(problemOf({ in: 'none' }, '-----BEGIN\n…\n', 'custom')).toBeUndefined()
    expect(problemOf({ in: 'bearer' }, 'short', 'oauth_client')).toBeUndefined()
  })

  it('what is taken in can be sent, and what can not be sent is not taken in', () => {
    const characters = fc.constantFrom(...'aZ09-_~ "\\\t\n\0é%&+/='.split(''))
    const text = fc.oneof(fc.string(), fc.string({ unit: characters, minLength: 6, maxLength: 16 }))
    const law = fc.property(fc.constantFrom(...PLACEMENTS), text, (placement, secret) => {
      if (problemOf(placement, secret) === undefined) expect(isSent(placement, secret)).toBe(true)
      if (!isSent(placement, secret)) expect(problemOf(placement, secret)).toBeDefined()
    })
    fc.assert(law, { numRuns: 2_000 })
  })
})
