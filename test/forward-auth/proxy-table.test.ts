import { describe, expect, it } from 'vitest'
import { readProxyTable } from '../../src/forward-auth/proxy-table.ts'

const GOOD = `
[[proxy]]
agent = "spiffe://acme.example/gateway/edge"
headers = "original"
certificate = "escaped-pem"
[proxy.sites]
"https://reports.example" = "https://reports.example/"
"http://[::1]:8080" = "urn:reports"
`

const read = (text: string) => readProxyTable({ name: 'proxies.toml', text })

describe('the file of the proxies', () => {
  it('names who may ask, in which words, for which origins', () => {
    const table = read(GOOD)
    if (!table.ok) throw new Error(table.problem)
    const [proxy] = [...table.proxies.values()]
    expect(proxy).toMatchObject({ headers: 'original', certificate: 'escaped-pem' })
    expect([...(proxy?.sites ?? [])]).toEqual([
      ['https://reports.example', 'https://reports.example/'],
      ['http://[::1]:8080', 'urn:reports'],
    ])
  })

  it.each([
    ['other = 1', 'proxies.toml: there is no setting other.'],
    ['[[proxy', 'proxies.toml:1:3: this is not TOML.'],
    ['proxy = 1', 'proxies.toml: write proxies as [[proxy]].'],
    [GOOD + GOOD, 'proxies.toml: proxy 2: spiffe://acme.example/gateway/edge is there twice.'],
    [GOOD.replace('agent', 'agents'), 'proxies.toml: proxy 1: there is no key agents.'],
    [
      GOOD.replace('spiffe:', 'https:'),
      'proxies.toml: proxy 1: agent has to be the SPIFFE id of an enforcement point.',
    ],
    [
      GOOD.replace('"original"', '"both"'),
      'proxies.toml: proxy 1: headers has to be one of original, forwarded, envoy.',
    ],
    [
      GOOD.replace('"escaped-pem"', '"any"'),
      'proxies.toml: proxy 1: certificate has to be one of client-cert, escaped-pem, xfcc.',
    ],
    [
      GOOD.slice(0, GOOD.indexOf('"https')),
      'proxies.toml: proxy 1: sites has to name at least one origin and its audience.',
    ],
    ...['https://Reports.example', 'https://reports.example:443', 'https://reports.example/a'].map(
      (origin) => [
        GOOD.replace('https://reports.example"', `${origin}"`),
        `proxies.toml: proxy 1: ${origin} has to be scheme, host and port alone, in their canonical spelling.`,
      ],
    ),
    [
      GOOD.replace('"urn:reports"', '"reports"'),
      'proxies.toml: proxy 1: the audience of http://[::1]:8080 has to be an absolute URI.',
    ],
  ])('is refused with its reason: %#', (text, problem) => {
    expect(read(text)).toEqual({ ok: false, problem })
  })
})
