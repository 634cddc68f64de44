import { describe, expect, it } from 'vitest'
import {
  hasEncodedSlash,
  isPathPattern,
  pathCovers,
  pathMatches,
  pathMeet,
} from '../../../src/domain/scope/path.ts'
import { scanPath } from '../../../src/domain/scope/path-text.ts'
import { isIncluded, pathAutomaton } from '../../../src/domain/scope/prove-language.ts'

const scan = (path: string) => scanPath(path, 0, path.length)
const everyOther = "/AZaz09-._~!$&'()*+,=:@"

describe('scanPath accepts the one canonical spelling', () => {
  it.each([
    '/',
    '/a',
    '/a/',
    '/a/b/c',
    everyOther,
    '/.a',
    '/..a',
    '/a..',
    '/...',
    '/%20',
    '/%21%23%24%26%27%28%29%2A%2B%2C%3A%3D%3F%40%5B%5D%22%3C%3E%5E%60%7B%7C%7D',
    '/100%25',
    '/100%25x',
    '/%25/a',
    '/%25%20',
    '/%C2%80',
    '/%DF%BF',
    '/%E0%A0%80',
    '/%ED%9F%BF',
    '/%EE%80%80',
    '/%E2%82%AC/x',
    '/%F0%90%80%80',
    '/%F4%8F%BF%BF',
    '/caf%C3%A9',
  ])('%s', (path) => {
    expect(scan(path)).toEqual({ fault: undefined, encodedSlash: false })
  })

  it.each(['/a%2Fb', '/%2F', '/https%3A%2F%2Fx.example%2Fy', '/a%2F', '/.a%2Fb.'])(
    '%s, with an encoded slash',
    (path) => {
      expect(scan(path)).toEqual({ fault: undefined, encodedSlash: true })
    },
  )
})

describe('scanPath refuses everything else, and never repairs it', () => {
  const control = 'the path escapes a control, a backslash or a semicolon'
  const character = 'the path has a character that has to be escaped'
  const broken = 'the path has a broken or lowercase escape'
  const needless = 'the path escapes a character that needs no escape'
  const utf8 = 'the path has octets that are not UTF-8'
  it.each([
    ['', 'the path does not begin with a slash'],
    ['a', 'the path does not begin with a slash'],
    ['//', 'the path has an empty segment'],
    ['//a', 'the path has an empty segment'],
    ['/a//b', 'the path has an empty segment'],
    ['/a//', 'the path has an empty segment'],
    ['/.', 'the path has a dot segment'],
    ['/..', 'the path has a dot segment'],
    ['/./a', 'the path has a dot segment'],
    ['/../a', 'the path has a dot segment'],
    ['/a/..', 'the path has a dot segment'],
    ['/a/./b', 'the path has a dot segment'],
    ['/a%2F..', 'the path has a dot segment'],
    ['/..%2Fa', 'the path has a dot segment'],
    ['/a%2F.%2Fb', 'the path has a dot segment'],
    ['/a%2F../b', 'the path has a dot segment'],
    ['/a/..%2Fb', 'the path has a dot segment'],
    ['/%2e%2e/a', broken],
    ['/%2E%2E/a', needless],
    ['/%2E', needless],
    ['/.%2E/a', needless],
    ['/%41', needless],
    ['/%7E', needless],
    ['/%30', needless],
    ['/%2D', needless],
    ['/%5F', needless],
    ['/%', broken],
    ['/%2', broken],
    ['/a%2/', broken],
    ['/%zz', broken],
    ['/%G0', broken],
    ['/%2G', broken],
    ['/%u002f', broken],
    ['/%2f', broken],
    ['/%c3%a9', broken],
    ['/%C3%a9', utf8],
    ['/%00', control],
    ['/%01', control],
    ['/%0A', control],
    ['/%0D%0A', control],
    ['/%1F', control],
    ['/%7F', control],
    ['/%5C', control],
    ['/..%5Ca', control],
    ['/%3B', control],
    ['/..%3B/a', control],
    ['/%2525', 'the path is encoded twice'],
    ['/%252F', 'the path is encoded twice'],
    ['/%252f', 'the path is encoded twice'],
    ['/%252e%252e', 'the path is encoded twice'],
    ['/%25aF', 'the path is encoded twice'],
    ['/%C0%AF', utf8],
    ['/%C1%BF', utf8],
    ['/%C0%AE%C0%AE', utf8],
    ['/%80', utf8],
    ['/%BF', utf8],
    ['/%C3', utf8],
    ['/%C3a', utf8],
    ['/%C3%20', utf8],
    ['/%C3%C3', utf8],
    ['/%C3/%A9', utf8],
    ['/%E0%9F%BF', utf8],
    ['/%ED%A0%80', utf8],
    ['/%E2%82', utf8],
    ['/%E2%82%', utf8],
    ['/%E2%82%C0', utf8],
    ['/%F0%8F%BF%BF', utf8],
    ['/%F4%90%80%80', utf8],
    ['/%F0%90%80', utf8],
    ['/%F5%80%80%80', utf8],
    ['/%FF', utf8],
    ['/a;b', character],
    ['/a/..;/b', character],
    ['/a\\b', character],
    ['/a b', character],
    ['/a\tb', character],
    ['/a\u0000', character],
    ['/a\u007f', character],
    ['/é', character],
    ['/\uff0e\uff0e/', character],
    ['/a#b', character],
    ['/a?b', character],
    ['/a"b', character],
    ['/a<b', character],
    ['/a[b', character],
    ['/a^b', character],
    ['/a`b', character],
    ['/a{b', character],
    ['/a|b', character],
  ])('%j: %s', (path, fault) => {
    expect(scan(path)).toEqual({ fault })
  })

  it('scans only the part it is given', () => {
    expect(scanPath('x/a//', 1, 3)).toEqual({ fault: undefined, encodedSlash: false })
    expect(scanPath('/%2F', 0, 3)).toEqual({ fault: broken })
    expect(scanPath('/%C3%A9', 0, 6)).toEqual({ fault: utf8 })
    expect(scanPath('/%2541', 0, 5)).toEqual({ fault: undefined, encodedSlash: false })
  })
})

describe('isPathPattern', () => {
  it.each([
    '/',
    '/*',
    '/**',
    '/a/*',
    '/a/**',
    '/*/*',
    '/*/b',
    '/a/*/',
    '/*/**',
    '/a/%2A',
    '/a%2Fb',
  ])('%s', (pattern) => {
    expect(isPathPattern(pattern)).toBe(true)
  })

  it.each([
    '',
    '*',
    '**',
    'a',
    '/a*',
    '/*a',
    '/a*b',
    '/***',
    '/a**',
    '/**/a',
    '/**/',
    '/**/**',
    '/a/**/b',
    '//',
    '/a/../b',
    '/a?b',
    '/[ab]',
    '/{a,b}',
    '/a;b',
    '/%2e',
    '/é',
  ])('not %j', (pattern) => {
    expect(isPathPattern(pattern)).toBe(false)
  })
})

describe('pathMatches', () => {
  it.each([
    ['/orders', '/orders', true],
    ['/orders', '/Orders', false],
    ['/orders', '/ordersX', false],
    ['/orders', '/orders/', false],
    ['/orders/', '/orders', false],
    ['/orders/', '/orders/', true],
    ['/orders/*', '/orders/1', true],
    ['/orders/*', '/orders/', false],
    ['/orders/*', '/orders', false],
    ['/orders/*', '/orders/1/2', false],
    ['/orders/*', '/orders/1/', false],
    ['/orders/**', '/orders/', true],
    ['/orders/**', '/orders/1', true],
    ['/orders/**', '/orders/1/2/', true],
    ['/orders/**', '/orders', false],
    ['/orders/**', '/ordersX/1', false],
    ['/**', '/', true],
    ['/**', '/a/b', true],
    ['/*', '/', false],
    ['/*', '/a', true],
    ['/*/b', '/a/b', true],
    ['/*/b', '/a/c', false],
    ['/*/b', '/b', false],
    ['/*/', '/a/', true],
    ['/*/', '/a', false],
    ['/a/*/**', '/a/b', false],
    ['/a/*/**', '/a/b/', true],
    ['/', '/', true],
    ['/', '/a', false],
    ['/a', '/', false],
    ['/*', '/*', true],
    ['/*', '/**', true],
    ['/a', '/*', false],
  ])('%s and %s: %s', (pattern, path, matches) => {
    expect(pathMatches(pattern, path)).toBe(matches)
  })
})

describe('pathCovers (T-05: real containment, not equal texts)', () => {
  it.each([
    ['/repos/**', '/repos/a/pulls', true],
    ['/a/**', '/a/**', true],
    ['/a/**', '/a/*', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a', false],
    ['/a/**', '/ab', false],
    ['/a/**', '/a/b/**', true],
    ['/a/**', '/**', false],
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/*', true],
    ['/a/*', '/a/', false],
    ['/a/*', '/a/b/c', false],
    ['/a/*', '/a/**', false],
    ['/a/*/c', '/a/b/c', true],
    ['/a/b', '/a/*', false],
    ['/*/**', '/a/**', true],
    ['/*/**', '/**', false],
    ['/*/**', '/*/*', true],
    ['/**', '/', true],
    ['/', '/', true],
    ['/*', '/**', false],
    ['/*/*', '/a/**', false],
    ['/a/*/**', '/a/**', false],
    ['/a', '/a/**', false],
  ])('%s over %s: %s', (parent, child, covers) => {
    expect(pathCovers(parent, child)).toBe(covers)
    expect(isIncluded(pathAutomaton(child), pathAutomaton(parent))).toBe(covers)
  })
})

describe('pathMeet', () => {
  it.each([
    ['/a/*', '/*/b', '/a/b'],
    ['/a/**', '/*/b', '/a/b'],
    ['/a/**', '/**', '/a/**'],
    ['/**', '/a/*', '/a/*'],
    ['/*/**', '/a/**', '/a/**'],
    ['/a', '/a', '/a'],
    ['/a', '/b', undefined],
    ['/a/', '/a/*', undefined],
    ['/a/*', '/a/', undefined],
    ['/a/**', '/a', undefined],
    ['/a', '/a/b', undefined],
    ['/**', '/', '/'],
  ])('%s with %s: %s', (a, b, met) => {
    expect(pathMeet(a, b)).toBe(met)
    expect(pathMeet(b, a)).toBe(met)
  })
})

it('hasEncodedSlash sees %2F and no other escape', () => {
  expect(['/a%2Fb', '/a%20b', '/a/b'].map(hasEncodedSlash)).toEqual([true, false, false])
})
