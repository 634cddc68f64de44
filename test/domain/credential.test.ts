import { describe, expect, it } from 'vitest'
import type { Placement, TokenEndpoint } from '../../src/domain/credential.ts'
import {
  type CredentialTerms,
  checkCredential,
  isCredentialName,
  isOrigin,
  isReference,
} from '../../src/domain/credential-checks.ts'
import { CREDENTIAL_ORIGINS_MAX } from '../../src/domain/limits.ts'

const TERMS: CredentialTerms = {
  name: 'github',
  environment: 'production',
  kind: 'bearer',
  category: 'api_key',
  origins: ['https://api.github.com'],
  placement: undefined,
  token: null,
  backend: 'embedded',
}
const TOKEN: TokenEndpoint = {
  url: 'https://issuer.example/oauth/token',
  clientId: 'writ',
  clientAuth: 'basic',
  scope: null,
  audience: null,
  privateNet: false,
}

describe('names of credentials', () => {
  it.each(['github', 'payments/stripe', 'a/b/c/d', '0.x_y-z'])('%s is one', (name) => {
    expect(isCredentialName(name)).toBe(true)
  })
  it.each(['', '/', 'a/', '/a', 'a//b', 'A', 'a/b/c/d/e', '../a', 'a/..', '.a', 'a b', 'a/**'])(
    '%j is none',
    (name) => {
      expect(isCredentialName(name)).toBe(false)
    },
  )
})

describe('origins', () => {
  it.each([
    'https://api.github.com',
    'https://api.github.com:8443',
    'http://10.0.0.7:8080',
    'https://[2001:db8::1]',
  ])('%s is one', (origin) => {
    expect(isOrigin(origin)).toBe(true)
  })
  it.each([
    'https://api.github.com/',
    'https://api.github.com:443',
    'http://api.github.com:80',
    'https://API.github.com',
    'https://*.github.com',
    'https://u@api.github.com',
    'https://api.github.com.',
    'https://api.github.com:0',
    'https://api.github.com:70000',
    'https://0x7f.1',
    'https://localhost',
    'ftp://api.github.com',
    'api.github.com',
    'https://api.github.com?x',
  ])('%s is none', (origin) => {
    expect(isOrigin(origin)).toBe(false)
  })
})

describe('KS-17: where a secret goes unless its owner says', () => {
  it.each([
    ['api_key', { in: 'header', name: 'x-api-key', prefix: '' }],
    ['bearer', { in: 'bearer' }],
    ['header', { in: 'header', name: 'authorization', prefix: '' }],
    ['connection_string', { in: 'none' }],
    ['custom', { in: 'none' }],
  ] as const)('%s', (kind, placement) => {
    const checked = checkCredential({ ...TERMS, kind })
    expect(checked.ok && checked.value.placement).toEqual(placement)
  })
  it('oauth_client: its access token as a bearer', () => {
    const checked = checkCredential({ ...TERMS, kind: 'oauth_client', token: TOKEN })
    expect(checked.ok && checked.value.placement).toEqual({ in: 'bearer' })
  })
})

const header = (name: string, prefix = ''): Placement => ({ in: 'header', name, prefix })
const refused: readonly (readonly [string, Partial<CredentialTerms>, string])[] = [
  ['a name in capitals', { name: 'GitHub' }, '/name'],
  ['an environment of two words', { environment: 'pre prod' }, '/environment'],
  ['an unknown kind', { kind: 'ssh' as 'basic' }, '/kind'],
  ['an unknown category', { category: 'x' as 'other' }, '/category'],
  ['basic without a user', { kind: 'basic' }, '/placement'],
  ['a query without a name', { kind: 'query' }, '/placement'],
  [
    'a connection string in a header',
    { kind: 'connection_string', placement: header('x') },
    '/placement',
  ],
  ['bearer in a query', { placement: { in: 'query', name: 'token' } }, '/placement'],
  ['a secret as the host', { kind: 'header', placement: header('Host') }, '/placement/name'],
  [
    'a secret as the length',
    { kind: 'header', placement: header('content-length') },
    '/placement/name',
  ],
  [
    'a header that is left out of such requests',
    { kind: 'header', placement: header('Range') },
    '/placement/name',
  ],
  [
    'a header that we write ourselves',
    { kind: 'header', placement: header('X-Request-Id') },
    '/placement/name',
  ],
  ['a header of two lines', { kind: 'header', placement: header('x\r\ny') }, '/placement/name'],
  ['a prefix of two lines', { kind: 'header', placement: header('x', 'a\n') }, '/placement/prefix'],
  [
    'a user with a colon',
    { kind: 'basic', placement: { in: 'basic', username: 'a:b' } },
    '/placement/username',
  ],
  ['a short placeholder', { placement: { in: 'placeholder', text: 'TOKEN' } }, '/placement/text'],
  ['no origin', { origins: [] }, '/origins'],
  ['an origin twice', { origins: ['https://a.example', 'https://a.example'] }, '/origins'],
  [
    'an origin with a path',
    { origins: ['https://a.example', 'https://b.example/x'] },
    '/origins/1',
  ],
  ['a token endpoint of a bearer', { token: TOKEN }, '/token'],
  ['an oauth_client without one', { kind: 'oauth_client' }, '/token'],
  [
    'one in the clear',
    { kind: 'oauth_client', token: { ...TOKEN, url: 'http://a.example/t' } },
    '/token/url',
  ],
  [
    'one with a query',
    { kind: 'oauth_client', token: { ...TOKEN, url: 'https://a.example/t?x=1' } },
    '/token/url',
  ],
  [
    'one with dots',
    { kind: 'oauth_client', token: { ...TOKEN, url: 'https://a.example/../t' } },
    '/token/url',
  ],
  [
    'one without a path',
    { kind: 'oauth_client', token: { ...TOKEN, url: 'https://a.example' } },
    '/token/url',
  ],
  [
    'a client id with a space',
    { kind: 'oauth_client', token: { ...TOKEN, clientId: 'a b' } },
    '/token/client_id',
  ],
]

describe('terms of a credential', () => {
  it.each(refused)('%s is refused', (_name, change, pointer) => {
    expect(checkCredential({ ...TERMS, ...change })).toMatchObject({ ok: false, pointer })
  })

  it('as many origins as CREDENTIAL_ORIGINS_MAX, and no more', () => {
    const origins = (count: number) =>
      Array.from({ length: count }, (_, index) => `https://a${index}.example`)
    const most = checkCredential({ ...TERMS, origins: origins(CREDENTIAL_ORIGINS_MAX) })
    const more = checkCredential({ ...TERMS, origins: origins(CREDENTIAL_ORIGINS_MAX + 1) })
    expect([most.ok, more.ok]).toEqual([true, false])
  })
})

describe('references into other backends', () => {
  it.each(['stripe', 'payments/stripe', 'stripe.toml', 'a/b#token'])('%s is one', (text) => {
    expect(isReference(text)).toBe(true)
  })
  it.each(['', '../x', 'a/../b', '/etc/passwd', 'a//b', '.hidden', 'a#', 'a#b#c', 'a?x', 'a%2e'])(
    '%j is none',
    (text) => {
      expect(isReference(text)).toBe(false)
    },
  )
})
