import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectToken } from '../../src/cli/inspect.ts'
import { CommandFailure } from '../../src/cli/outcome.ts'
import { runHere } from '../support/cli-here.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (claims: unknown) => `${part({ alg: 'EdDSA' })}.${part(claims)}.AAAA`

test('says what a token says, that it is not verified, and whether its time is past', () => {
  const exp = NOW.getTime() / 1_000
  expect(inspectToken(token({ iss: 'x', exp: exp + 1 }), NOW)).toEqual({
    verified: false,
    header: { alg: 'EdDSA' },
    claims: { iss: 'x', exp: exp + 1 },
    expires: { at: '2026-11-20T12:00:01.000Z', past: false },
  })
  expect(inspectToken(token({ exp }), NOW).expires?.past).toBe(true)
})

test('what a stranger wrote into it neither moves the cursor nor turns text around', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-inspect-'))
  try {
    const file = join(folder, 'token.jwt')
    const sub = 'a\u009b2K\u202eb\u{e0041}'
    writeFileSync(file, token({ sub }))
    for (const more of [[], ['--json']]) {
      const { stdout } = await runHere(['token', 'inspect', file, ...more], {})
      expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
      expect(JSON.parse(stdout).claims.sub).toBe(sub)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([{ exp: 'soon' }, { exp: 1.5 }, { exp: 1e15 }, {}, 'text'])(
  'does not guess the end of %j',
  (claims) => {
    expect(inspectToken(token(claims), NOW)).not.toHaveProperty('expires')
  },
)

describe('what is not a token', () => {
  test.each([
    ['two parts', 'a.b', ''],
    ['too long', 'a'.repeat(8_193), ''],
    ['header with padding', `${part({})}==.${part({})}.x`, '/0'],
    ['claims respelled', `${part({})}.${part({}).slice(0, -1)}1.x`, '/1'],
    [
      'claims with a member twice',
      `${part({})}.${Buffer.from('{"a":1,"a":2}').toString('base64url')}.x`,
      '/1/a',
    ],
  ])('%s is malformed, with a pointer to the part', (_name, text, pointer) => {
    try {
      inspectToken(text, NOW)
      expect.unreachable()
    } catch (failure) {
      expect(failure).toBeInstanceOf(CommandFailure)
      expect(failure).toMatchObject({ exit: 2, document: { error: 'malformed', pointer } })
    }
  })
})
