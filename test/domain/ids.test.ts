import { describe, expect, it } from 'vitest'
import {
  type AgentUri,
  DEFAULT_TENANT,
  parseAgentUri,
  parseCertificateThumbprint,
  parseJti,
  parseKeyThumbprint,
  parseLeaseId,
  parsePrincipalId,
  parseRequestId,
  trustDomainOf,
} from '../../src/domain/ids.ts'

const RANDOM = 'aB3_-xyzXYZ0123456789Q'
const DIGEST = 'aB3_-xyzXYZ0123456789aB3_-xyzXYZ01234567890'

/** Spellings that decode to the same bytes in a lenient reader, or that carry something along. */
function respelled(canonical: string): readonly string[] {
  return [
    '',
    canonical.slice(0, -1),
    canonical.slice(1),
    `${canonical}A`,
    `A${canonical}`,
    `${canonical}=`,
    `${canonical}==`,
    `${canonical} `,
    ` ${canonical}`,
    `${canonical}\n`,
    `\n${canonical}`,
    `${canonical}\u0000`,
    `${canonical}\n${canonical}`,
    canonical.replace('_', '/'),
    canonical.replace('-', '+'),
    canonical.replace('a', '\u0430'),
    canonical.replace('a', '\uff41'),
    canonical.replace('a', '%61'),
    `${canonical.slice(0, 10)}.${canonical.slice(11)}`,
    `${canonical.slice(0, 10)} ${canonical.slice(11)}`,
  ]
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('ids of 128 random bits', () => {
  const kinds = [
    { name: 'parseLeaseId', parse: parseLeaseId, prefix: 'lease_' },
    { name: 'parseRequestId', parse: parseRequestId, prefix: 'req_' },
    { name: 'parseJti', parse: parseJti, prefix: '' },
  ]

  describe.each(kinds)('$name', ({ parse, prefix }) => {
    it('takes the canonical spelling as it is', () => {
      expect(parse(`${prefix}${RANDOM}`)).toBe(`${prefix}${RANDOM}`)
    })

    it('takes exactly the last characters that leave no bit over', () => {
      const taken = [...BASE64URL].filter((last) => parse(`${prefix}${'A'.repeat(21)}${last}`))
      expect(taken).toEqual(['A', 'Q', 'g', 'w'])
    })

    it.each(respelled(RANDOM))('refuses the respelling %j', (text) => {
      expect(parse(`${prefix}${text}`)).toBeUndefined()
    })
  })

  it.each([
    RANDOM,
    `LEASE_${RANDOM}`,
    `Lease_${RANDOM}`,
    `lease-${RANDOM}`,
    `lease_lease_${RANDOM}`,
    `req_${RANDOM}`,
    ` lease_${RANDOM}`,
    `lease_${RANDOM.slice(0, 21)}`,
    'lease_',
    `aaaaaa${RANDOM}`,
  ])('%j is no lease id', (text) => {
    expect(parseLeaseId(text)).toBeUndefined()
  })

  it.each([RANDOM, `REQ_${RANDOM}`, `lease_${RANDOM}`, `aaaa${RANDOM}`, 'req_'])(
    '%j is no request id',
    (text) => {
      expect(parseRequestId(text)).toBeUndefined()
    },
  )
})

describe.each([
  { name: 'parseCertificateThumbprint', parse: parseCertificateThumbprint },
  { name: 'parseKeyThumbprint', parse: parseKeyThumbprint },
])('$name reads 32 bytes', ({ parse }) => {
  it('takes the canonical spelling as it is', () => {
    expect(parse(DIGEST)).toBe(DIGEST)
  })

  it('takes exactly the last characters that leave no bit over', () => {
    const taken = [...BASE64URL].filter((last) => parse(`${'A'.repeat(42)}${last}`))
    expect(taken.join('')).toBe('AEIMQUYcgkosw048')
  })

  it.each(respelled(DIGEST))('refuses the respelling %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('refuses a digest in hexadecimal', () => {
    expect(parse('0'.repeat(64))).toBeUndefined()
  })
})

describe('principals', () => {
  it.each(['a', 'user:alice', 'alice@example.com', '!', '~', `${'p'.repeat(255)}`])(
    'takes %j',
    (text) => {
      expect(parsePrincipalId(text)).toBe(text)
    },
  )

  it.each([
    '',
    ' ',
    'a b',
    'a\n',
    '\na',
    'a\u007f',
    'a\u0000',
    'a\t',
    'ålice',
    'a\u200b',
    'p'.repeat(256),
  ])('refuses %j', (text) => {
    expect(parsePrincipalId(text)).toBeUndefined()
  })

  it('compares byte by byte: case is kept', () => {
    expect(parsePrincipalId('Alice')).toBe('Alice')
  })
})

describe('agent ids follow the SPIFFE grammar', () => {
  it.each([
    'spiffe://acme.example/agent/planner',
    'spiffe://a/b',
    'spiffe://a-b_c.d0/A-Z.a_z-09',
    'spiffe://a/...',
    'spiffe://a/.b',
    'spiffe://a/b./c',
    `spiffe://${'d'.repeat(255)}/a`,
    `spiffe://a/${'s'.repeat(2048 - 'spiffe://a/'.length)}`,
  ])('takes %j', (text) => {
    expect(parseAgentUri(text)).toBe(text)
  })

  it.each([
    '',
    'spiffe://',
    'spiffe:///agent/x',
    'spiffe://acme.example',
    'spiffe://acme.example/',
    'spiffe://acme.example/agent/',
    'spiffe://acme.example//agent',
    'spiffe://acme.example/agent//x',
    'spiffe://acme.example/.',
    'spiffe://acme.example/..',
    'spiffe://acme.example/agent/../owner',
    'spiffe://acme.example/./agent',
    'spiffe://Acme.example/agent/x',
    'SPIFFE://acme.example/agent/x',
    'Spiffe://acme.example/agent/x',
    'spiffe:/acme.example/agent/x',
    ' spiffe://acme.example/agent/x',
    'spiffe://acme.example/agent/x ',
    'spiffe://acme.example/agent/x\n',
    'spiffe://acme.example/agent/x\u0000',
    'spiffe://acme.example:443/agent/x',
    'spiffe://user@acme.example/agent/x',
    'spiffe://acme.example/agent/x?y',
    'spiffe://acme.example/agent/x#y',
    'spiffe://acme.example/agent/%78',
    'spiffe://acme.example/agent/x;y',
    'spiffe://acme.example/agent/x*',
    'spiffe://acme.example/agent/**',
    'spiffe://acme.example/agent/\u0430',
    'spiffe://\u0430cme.example/agent/x',
    'spiffe://acme.example\\agent/x',
    'https://acme.example/agent/x',
    'xspiffe://acme.example/agent/x',
    `spiffe://${'d'.repeat(256)}/a`,
    `spiffe://a/${'s'.repeat(2049 - 'spiffe://a/'.length)}`,
  ])('refuses %j', (text) => {
    expect(parseAgentUri(text)).toBeUndefined()
  })

  it.each([
    ['spiffe://acme.example/agent/planner', 'acme.example'],
    ['spiffe://a/b', 'a'],
    ['spiffe://a/b/c/d', 'a'],
  ])('the trust domain of %s is %s', (uri, domain) => {
    expect(trustDomainOf(uri as AgentUri)).toBe(domain)
  })
})

it('a deployment that does not separate tenants has one, named default', () => {
  expect(DEFAULT_TENANT).toBe('default')
})
