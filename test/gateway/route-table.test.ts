import { describe, expect, it } from 'vitest'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { routeToml } from '../support/gateway.ts'

const read = (text: string) => readRouteTable({ name: 'routes.toml', text })
const problemOf = (text: string) => {
  const table = read(text)
  return table.ok ? 'accepted' : table.problem
}
const upstream = (url: string) => problemOf(routeToml('a', url))

describe('a route table is canonical or refused', () => {
  it('reads routes with and without a base path', () => {
    const table = read(
      routeToml('github', 'https://api.github.com') +
        routeToml('local', 'http://127.0.0.1:8080/v1/api'),
    )
    if (!table.ok) throw new Error(table.problem)
    expect(table.routes.get('github')).toMatchObject({
      name: 'github',
      origin: 'https://api.github.com',
      basePath: '',
      resource: 'urn:test:github',
    })
    expect(table.routes.get('local')).toMatchObject({
      origin: 'http://127.0.0.1:8080',
      basePath: '/v1/api',
    })
  })

  it('reads what a call costs, exactly, and nothing that is no cost', () => {
    const costing = (cost: string) => routeToml('a', 'https://a.test', `cost = ${cost}`)
    const table = read(costing('[{ unit = "USD", decimals = 2, amount = 1 }]'))
    if (!table.ok) throw new Error(table.problem)
    expect(table.routes.get('a')?.costs).toEqual([{ unit: 'USD', decimals: 2, amount: 1 }])
    const cent = '{ unit = "USD", decimals = 2, amount = 1 }'
    expect(problemOf(costing(`[${cent}, ${cent}]`))).toBe(
      'routes.toml: route 1: cost/1: the unit is there twice.',
    )
    for (const odd of [
      '1',
      '[{ unit = "USD" }]',
      '[{ unit = "USD", decimals = 2, amount = 0.5 }]',
    ]) {
      expect(problemOf(costing(odd))).toMatch(/route 1: cost/)
    }
  })

  it('reads which credential goes into requests, and how answers are labelled', () => {
    const more = 'credential = "payments/stripe"\nresponse = ["no-store", "no-model"]'
    const table = read(routeToml('a', 'https://a.test', more))
    if (!table.ok) throw new Error(table.problem)
    expect(table.routes.get('a')).toMatchObject({
      credential: { name: 'payments/stripe', environment: 'production' },
      handling: 'no-store, no-model',
    })
    for (const odd of [
      'credential = ""',
      'credential = ["github"]',
      'credential = "GitHub"',
      'credential = "github"\nenvironment = ""',
      'environment = "staging"',
      'credential = "github"\nmode = "detached"',
      'response = "no-store"\nresource2 = 1',
      'response = ["no-cache"]',
      'response = ["no-store", "no-store"]',
    ]) {
      expect(problemOf(routeToml('a', 'https://a.test', odd)), odd).toMatch(/route 1: /)
    }
  })

  it('takes no routes at all', () => {
    expect(problemOf('')).toBe('accepted')
  })

  it('names the file, the place and the reason', () => {
    expect(problemOf('[[route]')).toMatch(/^routes\.toml:1:\d+: this is not TOML\.$/)
    expect(problemOf('port = 1')).toBe('routes.toml: there is no setting port.')
    expect(problemOf('route = 1')).toBe('routes.toml: write routes as [[route]].')
    expect(problemOf('route = [1]')).toBe('routes.toml: route 1: write routes as [[route]].')
    expect(problemOf(routeToml('a', 'https://a.test', 'timeout = 5'))).toBe(
      'routes.toml: route 1: there is no key timeout.',
    )
    expect(problemOf(routeToml('a', 'https://a.test') + routeToml('a', 'https://b.test'))).toBe(
      'routes.toml: route 2: the name a is taken.',
    )
  })

  it.each(['', 'A', '-a', 'a-', 'a/b', '.well-known', 'a.b', 'a'.repeat(65)])(
    'refuses the name "%s"',
    (name) => {
      expect(problemOf(routeToml(name, 'https://a.test'))).toMatch(/route 1: name has to be/)
    },
  )

  it.each(['', 'github', 'https://a test', 'urn:a"b', 'urn:'])(
    'refuses the resource %s',
    (resource) => {
      const quoted = JSON.stringify(resource)
      const text = `[[route]]\nname = "a"\nupstream = "https://a.test"\nresource = ${quoted}`
      expect(problemOf(text)).toMatch(/resource has to be/)
    },
  )

  it.each([
    'https://user@a.test',
    'https://user:pw@a.test',
    'https://a.test:443',
    'http://a.test:80',
    'https://A.test',
    'https://a.test/',
    'https://a.test/v1/',
    'https://a.test?x=1',
    'https://a.test#x',
    'https://a.test/a/../b',
    'https://a.test/a//b',
    'https://a.test/%61',
    'https://a.test/a;b',
    'https://a.test.',
    'https://0x7f.1',
    'https://2130706433',
    'https://ａ.test',
    'https:\\\\a.test',
    'https:a.test',
    'ftp://a.test',
    'file:///etc/passwd',
    'a.test',
  ])('refuses the upstream %s', (url) => {
    expect(upstream(url.replaceAll('\\', '\\\\'))).toMatch(/upstream has to be/)
  })

  it('refuses headers that may never pass, however they are written', () => {
    const headers = (list: string) =>
      problemOf(routeToml('a', 'https://a.test', `headers = ${list}`))
    expect(headers('["x-github-*", "x-api-version"]')).toBe('accepted')
    for (const name of ['authorization', 'cookie', 'x-forwarded-for', 'proxy-x', 'writ-receipt']) {
      expect(headers(`["${name}"]`)).toMatch(`the header ${name} never passes the gateway.`)
    }
    for (const list of ['"x-a"', '[1]', '["X-A"]', '["x-*-a"]', '["*"]', '[""]', '["a b"]']) {
      expect(headers(list)).toMatch(/headers has to be a list/)
    }
  })
})
