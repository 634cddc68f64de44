import { describe, expect, it } from 'vitest'
import {
  hostCovers,
  hostMatches,
  isAddressLiteral,
  isHost,
  isHostPattern,
} from '../../../src/domain/scope/host.ts'
import { hostAutomaton, isIncluded } from '../../../src/domain/scope/prove-language.ts'

const label63 = 'a'.repeat(63)
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`

describe('isHost knows one spelling of a host', () => {
  it.each([
    'example.com',
    'a.b',
    'a-b.c--d.e',
    'xn--bcher-kva.example',
    '0.example',
    '1.2.3.a',
    'a.b1',
    'a.1b',
    'a.0xg',
    'a.x0',
    `${label63}.com`,
    name253,
    '127.0.0.1',
    '8.8.8.8',
    '[::1]',
    '[2001:db8::1]',
  ])('%s', (host) => {
    expect(isHost(host)).toBe(true)
    expect(isHostPattern(host)).toBe(true)
  })

  it.each([
    '',
    '.',
    'localhost',
    'com',
    'example.com.',
    '.example.com',
    'a..b',
    'a.z{',
    '`.a',
    `${name253}a`,
    'Example.com',
    'example.COM',
    'ex ample.com',
    'ex_ample.com',
    '-a.com',
    'a-.com',
    'a.com-',
    'a.-com',
    'bücher.example',
    'ｅxample.com',
    'example。com',
    'a%2e.com',
    'user@example.com',
    'example.com:443',
    'example.com/',
    'a*.example.com',
    `${label63}a.com`,
    `a${name253}`,
    '0x7f.1',
    '127.1',
    '2130706433',
    '017700000001',
    '1.2.3',
    '1.2.3.4.5',
    '127.0.0.01',
    '256.0.0.1',
    'a.1',
    'a.007',
    'a.0x1f',
    'a.0x',
    '[::1',
    '::1',
    '[::1]a',
    '[0:0:0:0:0:0:0:1]',
    '[2001:DB8::1]',
    '[2001:db8:0::1]',
    '[::ffff:1.2.3.4]',
    '[fe80::1%25eth0]',
    '[]',
    '[v1.x]',
  ])('not %j', (host) => {
    expect(isHost(host)).toBe(false)
  })
})

describe('isHostPattern', () => {
  it.each(['*.example.com', '**.example.com', '*.a.b', '**.xn--p1ai.example'])('%s', (pattern) => {
    expect(isHostPattern(pattern)).toBe(true)
    expect(isHost(pattern)).toBe(false)
  })

  it.each([
    '*',
    '**',
    '*.',
    '*.com',
    '**.com',
    '***.example.com',
    '*.*.example.com',
    '**.*.example.com',
    'a.*.example.com',
    '*example.com',
    '*a.example.com',
    '*.Example.com',
    '*.example.com.',
    '*.127.0.0.1',
    '**.0.0.1',
    '*.[::1]',
    '*.a.1',
    '?.example.com',
  ])('not %j', (pattern) => {
    expect(isHostPattern(pattern)).toBe(false)
  })
})

describe('hostMatches', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'www.example.com', false],
    ['example.com', 'evilexample.com', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*.example.com', 'a.evilexample.com', false],
    ['*.example.com', 'a.example.org', false],
    ['**.example.com', 'a.example.com', true],
    ['**.example.com', 'a.b.c.example.com', true],
    ['**.example.com', 'example.com', false],
    ['**.example.com', 'evilexample.com', false],
    ['**.example.com', 'example.com.evil.org', false],
    ['8.8.8.8', '8.8.8.8', true],
    ['8.8.8.8', '8.8.8.81', false],
    ['[::1]', '[::1]', true],
    ['[::1]', '[::2]', false],
  ])('%s and %s: %s', (pattern, host, matches) => {
    expect(hostMatches(pattern, host)).toBe(matches)
  })
})

describe('hostCovers, and the second checker', () => {
  it.each([
    ['**.example.com', '*.example.com', true],
    ['**.example.com', '**.example.com', true],
    ['**.example.com', '*.a.example.com', true],
    ['**.example.com', '**.a.b.example.com', true],
    ['**.example.com', 'a.example.com', true],
    ['**.example.com', '**.evilexample.com', false],
    ['**.a.example.com', '**.example.com', false],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', '**.example.com', false],
    ['*.example.com', '*.a.example.com', false],
    ['*.example.com', 'a.example.com', true],
    ['a.example.com', '*.example.com', false],
    ['a.example.com', '**.example.com', false],
    ['example.com', 'example.com', true],
    ['example.com', 'com.example', false],
    ['[::1]', '[::1]', true],
    ['[::1]', '[::2]', false],
    ['*.a.b', '10.0.a.b', false],
  ])('%s over %s: %s', (parent, child, covers) => {
    expect(hostCovers(parent, child)).toBe(covers)
    expect(isIncluded(hostAutomaton(child), hostAutomaton(parent))).toBe(covers)
  })
})

describe('isAddressLiteral', () => {
  it.each([
    ['127.0.0.1', true],
    ['[::1]', true],
    ['a.b1', false],
    ['example.com', false],
  ])('%s: %s', (host, literal) => {
    expect(isAddressLiteral(host)).toBe(literal)
  })
})
