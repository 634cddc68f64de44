import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askEnvoy, derOf, xfcc } from './questions.ts'
import { openScene, type Scene } from './rig.ts'

let scene: Scene

beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.site.close())

const envoy = (line: string, change = {}) => askEnvoy(scene, line, change)

// Envoy is not to be had from Debian: these are the requests its HTTP ext_authz filter writes.
describe('the wire shape of Envoy’s ext_authz over HTTP', () => {
  it('is the request’s own method, host and path behind a prefix', async () => {
    const seen = await envoy('POST /authz/envoy/weekly/7?q=1')
    expect([seen.status, seen.body]).toEqual([200, ''])
    expect(seen.header('writ-agent')).toBe(scene.agent.uri)
    expect(seen.header('x-envoy-auth-headers-to-remove')).toBe('authorization')
  })

  it('HEAD and OPTIONS are judged as what they are', async () => {
    expect((await envoy('HEAD /authz/envoy/weekly/7')).code).toBe('scope_not_granted')
    expect((await envoy('OPTIONS /authz/envoy/weekly/7')).status).toBe(200)
    expect((await envoy('PROPFIND /authz/envoy/weekly/7')).status).toBe(403)
    expect((await envoy('OPTIONS /authz/envoy*')).status).not.toBe(200)
  })

  it.each([
    ['/authz/envoy/../../healthz'],
    ['/authz/envoy/%2e%2e/%2E./healthz'],
    ['/authz/envoy/..%2f..%2fhealthz'],
    ['/authz/envoy/x/../../../v1/keys'],
    ['/authz/envoy/weekly/../weekly/7'],
    ['/authz/envoy/..\\..\\healthz'],
    ['/authz/envoy//weekly/7'],
    ['https://evil.example/authz/envoy/weekly/7'],
    ['https://evil.example/healthz'],
  ])('a path never leads to another address of the authority: %s', async (path) => {
    const seen = await envoy(`GET ${path}`)
    expect(seen.status).toBeGreaterThanOrEqual(400)
    expect(seen.status).toBeLessThan(500)
  })

  it('another host is another site, and its port and scheme count', async () => {
    expect((await envoy('GET /authz/envoy/weekly/7', { host: 'REPORTS.example:443' })).status).toBe(
      200,
    )
    for (const change of [
      { host: 'evil.example' },
      { host: 'reports.example:8443' },
      { 'x-forwarded-proto': 'http' },
    ]) {
      expect((await envoy('GET /authz/envoy/weekly/7', change)).code).toBe('misdirected')
    }
  })

  it('takes one element of x-forwarded-client-cert, whole and consistent', async () => {
    const { cert } = scene.agent.credential
    const hash = createHash('sha256').update(derOf(cert)).digest('hex')
    const by = 'By=spiffe://acme.example/gateway/edge-envoy;'
    const good = xfcc(cert, `${by}Hash=${hash};URI=${scene.agent.uri};Subject="";`)
    const seen = await envoy('GET /authz/envoy/weekly/7', { 'x-forwarded-client-cert': good })
    expect(seen.status).toBe(200)
    for (const bad of [
      `${xfcc(cert)},${xfcc(scene.other.credential.cert)}`,
      xfcc(cert, `Hash=${'0'.repeat(64)};`),
      xfcc(cert, `URI=${scene.other.uri};`),
      `${xfcc(cert)};${xfcc(scene.other.credential.cert)}`,
      `Hash=${hash};URI=${scene.agent.uri}`,
      xfcc(cert, 'Nonsense=1;'),
    ]) {
      const no = await envoy('GET /authz/envoy/weekly/7', { 'x-forwarded-client-cert': bad })
      expect([no.status, no.code]).toEqual([403, 'malformed'])
    }
  })
})
