import { describe, expect, it } from 'vitest'
import {
  AAT_AUDIENCES_MAX,
  AAT_CHAIN_BYTES_MAX,
  AAT_CLAUSES_MAX,
  AAT_IAT_SKEW_SECONDS,
  AAT_ID_CHARACTERS_MAX,
  AAT_JSON_NESTING_MAX,
  AAT_LIFETIME_SECONDS_MAX,
  AAT_TOKEN_BYTES_MAX,
  AAT_TOOL_CHARACTERS_MAX,
  AAT_TOOLS_MAX,
  SCOPE_NESTING_MAX,
} from '../../src/domain/limits.ts'
import {
  type Built,
  type Call,
  ISSUER,
  prove,
  root,
  signedInput,
  VECTOR_NOW,
} from '../support/aat.ts'
import { verdictOf } from '../support/aat-verdict.ts'

const READ: Call = { tool: 'read_file', args: { path: '/x' } }
const WILD = { constraint_type: 'wildcard' }
const HEADER = { alg: 'Ed25519', typ: 'aat+jwt' }
const shown = (built: Built) => verdictOf(built.chain, prove(built, READ), READ)

describe('huge chains', () => {
  it('a token or a chain beyond its bytes is refused before any cryptography', async () => {
    expect(await verdictOf(['a'.repeat(AAT_TOKEN_BYTES_MAX + 1)], '', READ)).toBe('2a')
    const part = 'a'.repeat(AAT_TOKEN_BYTES_MAX)
    const parts = Math.floor(AAT_CHAIN_BYTES_MAX / AAT_TOKEN_BYTES_MAX) + 1
    expect(
      await verdictOf(
        Array.from({ length: parts }, () => part),
        '',
        READ,
      ),
    ).toBe('2b')
  })

  const nested = (depth: number): object =>
    depth === 0 ? WILD : { constraint_type: 'all', constraints: [nested(depth - 1)] }
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_none, at) => [`tool${at}`, {}]))
  const clauses = (count: number) => ({
    constraint_type: 'any',
    constraints: Array.from({ length: count }, () => ({ ...WILD })),
  })

  it.each([
    ['tools', 'permit', { ...many(AAT_TOOLS_MAX - 1), read_file: {} }],
    ['tools', '3m', { ...many(AAT_TOOLS_MAX), read_file: {} }],
    [
      'characters of a tool',
      '3m',
      { ['t'.repeat(AAT_TOOL_CHARACTERS_MAX + 1)]: {}, read_file: {} },
    ],
    ['clauses', 'permit', { read_file: { path: clauses(AAT_CLAUSES_MAX - 1) } }],
    ['clauses', '3n', { read_file: { path: clauses(AAT_CLAUSES_MAX) } }],
    ['nested constraints', 'permit', { read_file: { path: nested(SCOPE_NESTING_MAX - 1) } }],
    ['nested constraints', '3n', { read_file: { path: nested(SCOPE_NESTING_MAX) } }],
    ['nested JSON', '3b', { read_file: { path: nested(AAT_JSON_NESTING_MAX) } }],
  ])('%s: %s at and beyond the limit', async (_name, step, tools) => {
    expect(await shown(root({ tools }))).toBe(step)
  })

  it.each([
    ['an id', '3j', { jti: 'i'.repeat(AAT_ID_CHARACTERS_MAX + 1) }],
    ['audiences', '6c', { aud: Array.from({ length: AAT_AUDIENCES_MAX + 1 }, () => 'a') }],
    ['a life', '3h', { exp: VECTOR_NOW - 300 + AAT_LIFETIME_SECONDS_MAX + 1 }],
    ['a head start', '3f', { iat: VECTOR_NOW + AAT_IAT_SKEW_SECONDS + 1 }],
  ])('%s beyond its limit is refused', async (_name, step, claims) => {
    expect(await shown(root({ claims }))).toBe(step)
  })

  it('a payload of nothing but brackets does not exhaust the reader', async () => {
    const input = [JSON.stringify(HEADER), '['.repeat(40_000)]
      .map((text) => Buffer.from(text).toString('base64url'))
      .join('.')
    const token = signedInput(ISSUER, input)
    expect(await verdictOf([token], '', READ)).toBe('3b')
  })
})
