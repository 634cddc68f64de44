import { describe, expect, it } from 'vitest'
import { matchesClaim, ruleHolds } from '../../../src/attestation/oidc/claim-rules.ts'
import { readIssuers } from '../../../src/attestation/oidc/issuers.ts'
import {
  FOREIGN_TOKEN_AGE_SECONDS_DEFAULT,
  FOREIGN_TOKEN_AGE_SECONDS_MAX,
} from '../../../src/domain/limits.ts'

const LINES: Readonly<Record<string, string>> = {
  name: '"cluster"',
  issuer: '"https://issuer.example"',
  jwks_url: '"https://issuer.example/keys"',
  audience: '"https://authority.example"',
  binding: '"nonce"',
}
const RULE = '[[issuer.rule]]\nagent = "ci"\nclaims = { sub = "a" }'

function read(change: Readonly<Record<string, string | undefined>> = {}, rule = RULE) {
  const lines = Object.entries({ ...LINES, ...change })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${value}`)
  const text = `[[issuer]]\n${lines.join('\n')}\n${rule}`
  return readIssuers({ name: 'issuers.toml', text })
}

describe('the file of issuers', () => {
  it('has defaults that are the strict ones', () => {
    const found = read()
    expect(found.ok && found.issuers.get('https://issuer.example')).toMatchObject({
      algs: ['RS256'],
      tier: 'warning',
      ageSecondsMax: FOREIGN_TOKEN_AGE_SECONDS_DEFAULT,
    })
  })

  it.each([
    ['an unknown key', { trust: 'true' }, 'there is no key trust'],
    ['a name of its own kind', { name: '"Cluster 1"' }, 'name has to be'],
    ['an issuer without TLS', { issuer: '"http://issuer.example"' }, 'issuer has to be'],
    ['keys without TLS', { jwks_url: '"http://issuer.example/keys"' }, 'jwks_url has to be'],
    ['keys behind a password', { jwks_url: '"https://a:b@c.example/k"' }, 'jwks_url has to be'],
    ['no keys', { jwks_url: undefined }, 'one of jwks_url and jwks_file'],
    ['keys twice', { jwks_file: '"keys.json"' }, 'one of jwks_url and jwks_file'],
    [
      'a CA without an address',
      { jwks_url: undefined, jwks_file: '"k"', ca_file: '"c"' },
      'ca_file',
    ],
    ['no audience', { audience: undefined }, 'audience has to be'],
    ['an audience with the separator', { audience: '"a#b"' }, 'audience has to be'],
    ['no binding', { binding: undefined }, 'binding has to be'],
    ['a symmetric algorithm', { algs: '["RS256", "HS256"]' }, 'algs has to be'],
    ['no algorithm', { algs: '[]' }, 'algs has to be'],
    ['an algorithm twice', { algs: '["RS256", "RS256"]' }, 'algs has to be'],
    ['an unknown tier', { tier: '"high"' }, 'tier has to be'],
    ['much worth without a nonce', { binding: '"single-use"', tier: '"affirming"' }, 'single-use'],
    ['any age', { max_age_seconds: String(FOREIGN_TOKEN_AGE_SECONDS_MAX + 1) }, 'max_age_seconds'],
    ['no age', { max_age_seconds: '0' }, 'max_age_seconds'],
  ])('refuses %s', (_name, change, problem) => {
    const found = read(change)
    expect(found.ok ? 'accepted' : found.problem).toContain(problem)
  })

  it.each([
    ['no rule', '', 'at least one [[issuer.rule]]'],
    ['a rule without claims', '[[issuer.rule]]\nagent = "ci"', 'claims has to be'],
    ['empty claims', '[[issuer.rule]]\nagent = "ci"\nclaims = {}', 'claims has to be'],
    ['an empty table', '[[issuer.rule]]\nagent = "ci"\nclaims = { a = {} }', 'claims has to be'],
    ['an empty choice', '[[issuer.rule]]\nagent = "ci"\nclaims = { a = [] }', 'claims has to be'],
    ['a number', '[[issuer.rule]]\nagent = "ci"\nclaims = { a = 1 }', 'claims has to be'],
    ['no agent', '[[issuer.rule]]\nclaims = { a = "b" }', 'agent has to be'],
    [
      'a star for an agent',
      '[[issuer.rule]]\nagent = "*"\nclaims = { a = "b" }',
      'agent has to be',
    ],
    ['two claims', '[[issuer.rule]]\nagent = "{a}{b}"\nclaims = { a = "b" }', 'agent has to be'],
    [
      'a way with a gap',
      '[[issuer.rule]]\nagent = "{a//b}"\nclaims = { a = "b" }',
      'agent has to be',
    ],
    ['more', `${RULE}\nwhen = "now"`, 'there is no key when'],
    [
      'an issuer twice',
      `${RULE}\n[[issuer]]\n${Object.entries(LINES)
        .map(([k, v]) => `${k} = ${v}`)
        .join('\n')}\n${RULE}`,
      'stands twice',
    ],
  ])('refuses %s', (_name, rule, problem) => {
    const found = read({}, rule)
    expect(found.ok ? 'accepted' : found.problem).toContain(problem)
  })

  it('tells where it is no TOML', () => {
    const found = readIssuers({ name: 'issuers.toml', text: '[[issuer]\n' })
    expect(found.ok ? '' : found.problem).toMatch(/^issuers\.toml:1:\d+: this is not TOML\.$/)
  })
})

describe('patterns of claims', () => {
  it.each([
    ['acme/app', 'acme/app', true],
    ['acme/app', 'acme/apple', false],
    ['acme/app', 'acme/app/', false],
    ['acme/*', 'acme/app', true],
    ['acme/*', 'acme/', false],
    ['acme/*', 'acme/app/x', false],
    ['acme/*', 'acme/app:x', false],
    ['acme/*', 'evil/app', false],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/x:ref:refs/heads/main', true],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/x:environment:y:ref:refs/heads/main', false],
    ['refs/heads/**', 'refs/heads/a/b', true],
    ['refs/heads/**', 'refs/heads/', false],
    ['refs/heads/**', 'refs/heads', false],
    ['**', 'anything:at/all', true],
    ['**', '', false],
    ['a/**/b', 'a/x/b', false],
    ['rel*', 'release', false],
    ['a:b', 'a/b', false],
  ])('%s and %s: %s', (pattern, value, holds) => {
    expect(matchesClaim(pattern, value)).toBe(holds)
  })

  it('a claim that is missing, inherited or no text matches nothing', () => {
    const rule = (claims: object) => ({
      agent: { before: 'ci', pointer: undefined, after: '' },
      claims: claims as Record<string, string[]>,
    })
    expect(ruleHolds(rule({ sub: ['**'] }), 'ci', { sub: 'x' })).toBe(true)
    expect(ruleHolds(rule({ run: ['7'] }), 'ci', { run: 7 })).toBe(true)
    for (const claims of [{}, { sub: null }, { sub: ['x'] }, { sub: { x: 'x' } }]) {
      expect(ruleHolds(rule({ sub: ['**'] }), 'ci', claims)).toBe(false)
    }
    expect(ruleHolds(rule({ constructor: ['**'] }), 'ci', {})).toBe(false)
    expect(ruleHolds(rule({ sub: { x: ['**'] } }), 'ci', { sub: 'x' })).toBe(false)
  })

  it('an agent’s name is the claim’s value, between two texts, and nothing near it', () => {
    const agent = { before: 'ci-', pointer: ['k8s', 'name'], after: '-eu' }
    const rule = { agent, claims: { sub: ['x'] } }
    const named = (name: unknown) => ({ sub: 'x', k8s: { name } })
    expect(ruleHolds(rule, 'ci-a-eu', named('a'))).toBe(true)
    for (const [agentName, value] of [
      ['ci-a-eu', 'b'],
      ['ci--eu', ''],
      ['ci-7-eu', 7],
      ['ci-undefined-eu', undefined],
    ] as const) {
      expect(ruleHolds(rule, agentName, named(value))).toBe(false)
    }
    expect(ruleHolds(rule, 'ci-a-eu', { sub: 'x', k8s: 'a' })).toBe(false)
  })
})
