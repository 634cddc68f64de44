import { describe, expect, it } from 'vitest'
import { SERVER_NAMES_MAX } from '../../src/domain/limits.ts'
import { areServerNames, serverNameKind } from '../../src/domain/server-name.ts'

describe('a server name is canonical, or it is none', () => {
  it.each([
    ['localhost', 'dns'],
    ['gateway-1.acme.example', 'dns'],
    ['xn--bcher-kva.example', 'dns'],
    ['127.0.0.1', 'ip'],
    ['::1', 'ip'],
    ['2001:db8::5', 'ip'],
    ['', undefined],
    ['*.acme.example', undefined],
    ['Gateway.example', undefined],
    ['gateway.example.', undefined],
    ['a..b', undefined],
    ['-a.example', undefined],
    ['bücher.example', undefined],
    ['a b', undefined],
    ['a\0.example', undefined],
    ['gateway.example:9443', undefined],
    ['spiffe://acme.example/agent/a', undefined],
    ['127.1', undefined],
    ['0x7f.0.0.1', undefined],
    ['0x7f000001', undefined],
    ['2130706433', undefined],
    ['127.0.0.01', undefined],
    ['0:0:0:0:0:0:0:1', undefined],
    ['[::1]', undefined],
    ['fe80::1%eth0', undefined],
    [`${'a'.repeat(64)}.example`, undefined],
    [`${'a.'.repeat(126)}ab`, undefined],
  ] as const)('%s is %s', (text, kind) => {
    expect(serverNameKind(text)).toBe(kind)
  })

  it('a certificate has each of them once, and not too many', () => {
    const many = Array.from({ length: SERVER_NAMES_MAX }, (_, at) => `g${at}.example`)
    expect(areServerNames([])).toBe(true)
    expect(areServerNames(many)).toBe(true)
    expect(areServerNames([...many, 'more.example'])).toBe(false)
    expect(areServerNames(['a.example', 'a.example'])).toBe(false)
    expect(areServerNames(['a.example', '*.example'])).toBe(false)
  })
})
