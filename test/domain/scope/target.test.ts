import { describe, expect, it } from 'vitest'
import { TARGET_CHARACTERS_MAX } from '../../../src/domain/limits.ts'
import { splitTarget, type Target } from '../../../src/domain/scope/target.ts'

const plain: Target = {
  scheme: 'https',
  host: 'a.example',
  port: 443,
  path: '/',
  encodedSlash: false,
  query: undefined,
}

describe('splitTarget keeps the bytes that will be forwarded', () => {
  const cases: readonly (readonly [string, Partial<Target>])[] = [
    ['https://a.example/', {}],
    ['http://a.example/', { scheme: 'http', port: 80 }],
    ['https://a.example:443/', {}],
    ['https://a.example:8443/', { port: 8443 }],
    ['http://a.example:443/', { scheme: 'http' }],
    ['https://a.example:65535/', { port: 65535 }],
    ['https://a.example:1/', { port: 1 }],
    ['https://AZ.EXAMPLE/', { host: 'az.example' }],
    ['https://a.example:9090/x:1', { port: 9090, path: '/x:1' }],
    ['https://a.example/?%09%9F%af%FA', { query: '%09%9F%af%FA' }],
    ['https://A.EXAMPLE/Path', { path: '/Path' }],
    ['https://a.example/x/y?z', { path: '/x/y', query: 'z' }],
    ['https://a.example/?', { query: '' }],
    ['https://a.example/?a=/?b', { query: 'a=/?b' }],
    ['https://a.example/?a=%2f%2F&b=%00', { query: 'a=%2f%2F&b=%00' }],
    ["https://a.example/?!$&'()*+,;=:@[]{}|^`~", { query: "!$&'()*+,;=:@[]{}|^`~" }],
    ['https://a.example/a%2Fb', { path: '/a%2Fb', encodedSlash: true }],
    ['https://8.8.8.8/', { host: '8.8.8.8' }],
    ['https://[::1]/', { host: '[::1]' }],
    ['https://[2001:DB8::1]:8080/', { host: '[2001:db8::1]', port: 8080 }],
  ]
  it.each(cases)('%s', (target, parts) => {
    expect(splitTarget(target)).toEqual({ ok: true, value: { ...plain, ...parts } })
  })
})

describe('splitTarget refuses', () => {
  const scheme = 'the target does not begin with https:// or http://'
  const host = 'the host is not a canonical host'
  const port = 'the port is not a canonical port'
  const query = 'the query has a broken escape or a character that has to be escaped'
  it.each([
    ['', scheme],
    ['/repos', scheme],
    ['//a.example/', scheme],
    ['HTTPS://a.example/', scheme],
    ['ftp://a.example/', scheme],
    ['https:/a.example/', scheme],
    ['https:\\\\a.example/', scheme],
    [' https://a.example/', scheme],
    ['javascript:alert(1)', scheme],
    ['https://a.example', 'the target has no path'],
    ['https://a.example?x', 'the target has no path'],
    ['https://a.example?x/', host],
    ['https://a.example#/', host],
    ['https:///', host],
    ['https://localhost/', host],
    ['https://a.example./', host],
    ['https://user@a.example/', host],
    ['https://user:pass@a.example/', host],
    ['https://a.example:443@b.example/', port],
    ['https://@a.example/', host],
    ['https://a.example\\@b.example/', host],
    ['https://a%2eexample/', host],
    ['https://a .example/', host],
    ['https://a.example\t/', host],
    ['https://ａ.example/', host],
    ['https://\u212a.example/', host],
    ['https://0x7f.1/', host],
    ['https://2130706433/', host],
    ['https://127.1/', host],
    ['https://0177.0.0.1/', host],
    ['https://[::1/', host],
    ['https://[::1/]', host],
    ['https://[::1/]:80/', host],
    ['https://[::1]a/', port],
    ['https://[0::1]/', host],
    ['https://[::ffff:127.0.0.1]/', host],
    ['https://[fe80::1%25eth0]/', host],
    ['https://::1/', host],
    ['https://a.example:/', port],
    ['https://a.example:0/', port],
    ['https://a.example:0443/', port],
    ['https://a.example:65536/', port],
    ['https://a.example:100000/', port],
    ['https://a.example:44x/', port],
    ['https://a.example:-1/', port],
    ['https://a.example:+1/', port],
    ['https://a.example: 1/', port],
    ['https://a.example:443:443/', port],
    ['https://[::1]:/', port],
    ['https://a.example//', 'the path has an empty segment'],
    ['https://a.example/http://b.example', 'the path has an empty segment'],
    ['https://a.example/../b', 'the path has a dot segment'],
    ['https://a.example/%2e%2e/b', 'the path has a broken or lowercase escape'],
    ['https://a.example/a#b', 'the path has a character that has to be escaped'],
    ['https://a.example/a\u0000', 'the path has a character that has to be escaped'],
    ['https://a.example/?a#b', query],
    ['https://a.example/?%', query],
    ['https://a.example/?%2', query],
    ['https://a.example/?%zz', query],
    ['https://a.example/?%2g', query],
    ['https://a.example/?%@0', query],
    ['https://a.example/?%0`', query],
    ['https://a.example/?a b', query],
    ['https://a.example/?a\\b', query],
    ['https://a.example/?a"b', query],
    ['https://a.example/?a<b', query],
    ['https://a.example/?a>b', query],
    ['https://a.example/?\u0000', query],
    ['https://a.example/?\u007f', query],
    ['https://a.example/?é', query],
    ['https://a.example/?a\r\nb', query],
  ])('%j: %s', (target, detail) => {
    expect(splitTarget(target)).toEqual({ ok: false, pointer: '/target', detail })
  })

  it('a target longer than the limit, and not one at it', () => {
    const target = (length: number) => `https://a.example/`.padEnd(length, 'a')
    expect(splitTarget(target(TARGET_CHARACTERS_MAX)).ok).toBe(true)
    expect(splitTarget(target(TARGET_CHARACTERS_MAX + 1))).toEqual({
      ok: false,
      pointer: '/target',
      detail: 'the target is too long',
    })
  })
})
