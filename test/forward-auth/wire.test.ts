import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { STATUS_TOLD } from '../../src/forward-auth/status.ts'
import { handAuthority, TRUST_DOMAIN } from '../support/pki.ts'
import { askEnvoy, askNginx, envoyLines, escaped, nginxLines, raw } from './questions.ts'
import { openScene, REPORTS, RESOURCE, type Scene } from './rig.ts'

let scene: Scene

beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.site.close())

const nginx = (change = {}) => askNginx(scene, change)
const envoy = (line: string, change = {}, sent = '') => askEnvoy(scene, line, change, sent)

describe('who asks', () => {
  it('is an enforcement point that is configured, in its own words alone', async () => {
    const plain = await scene.site.enroll('edge-other', { role: 'enforcement', contract: REPORTS })
    const lines = await nginxLines(scene)
    expect((await raw(scene, plain, 'GET /authz', lines)).code).toBe('forbidden')
    expect((await raw(scene, scene.agent, 'GET /authz', lines)).code).toBe('forbidden')
    expect((await raw(scene, scene.caddy, 'GET /authz', lines)).code).toBe('malformed')
    expect((await raw(scene, scene.envoy, 'GET /authz', lines)).code).toBe('forbidden')
    const behind = await envoyLines(scene)
    expect((await raw(scene, scene.nginx, 'GET /authz/envoy/weekly/7', behind)).code).toBe(
      'forbidden',
    )
    expect((await raw(scene, scene.nginx, 'GET /authz', lines)).status).toBe(200)
  })

  it('is told apart from its client: what stands against a proxy is never 401', async () => {
    const gone = await scene.site.enroll('edge-gone', { role: 'enforcement', contract: REPORTS })
    const body = { subject: `agent:${gone.uri}`, effect: 'revoked', reason: 'a test' }
    await scene.site.owner.ask('POST', '/v1/revocations', { body })
    const seen = await raw(scene, gone, 'GET /authz', await nginxLines(scene))
    expect([seen.status, seen.code]).toEqual([403, 'revoked'])
    expect(seen.header('www-authenticate')).toBeUndefined()
    expect(JSON.parse(seen.body).reasons[0].code).toBe('proxy')
  })

  it('keeps the request id of a client in our grammar, and no other text', async () => {
    const chosen = 'req_CAAAAAAAAAAAAAAAAAAAAA'
    const seen = await nginx({ 'x-request-id': chosen })
    expect([seen.status, seen.header('x-request-id')]).toEqual([200, chosen])
    const other = await nginx({ 'x-request-id': 'chosen' })
    expect(other.header('x-request-id')).toMatch(/^req_[\w-]{22}$/)
  })

  it('nobody can ask on the plain listener, or where no proxy is configured', async () => {
    expect((await scene.site.owner.ask('GET', '/authz')).status).toBe(404)
  })

  it('I7: a token that one proxy has spent is spent for all of them', async () => {
    const lines = await nginxLines(scene)
    expect((await raw(scene, scene.nginx, 'GET /authz', lines)).status).toBe(200)
    const authorization = lines.find(([name]) => name === 'authorization')?.[1]
    const again = await envoy('GET /authz/envoy/weekly/7', { authorization })
    expect([again.status, again.code]).toEqual([401, 'token_used'])
  })
})

describe('headers of the question', () => {
  it.each([
    ['a header of another family', { 'x-forwarded-uri': '/weekly/7' }],
    ['both families whole', { 'x-forwarded-uri': '/x', 'x-forwarded-method': 'GET' }],
    ['another word for the target', { 'x-rewrite-url': '/weekly/7' }],
    ['a method override', { 'x-http-method-override': 'DELETE' }],
    ['an upgrade', { upgrade: 'websocket' }],
    ['another form of certificate', { 'client-cert': ':AAAA:' }],
    ['no method', { 'x-original-method': undefined }],
    ['no scheme', { 'x-original-proto': undefined }],
    ['a method that is none', { 'x-original-method': 'GET /weekly' }],
    ['an absolute target', { 'x-original-uri': 'https://evil.example/weekly/7' }],
    ['an asterisk', { 'x-original-uri': '*' }],
    ['a host with a path', { 'x-original-host': 'reports.example/weekly' }],
    ['a host with a user', { 'x-original-host': 'reports.example@evil.example' }],
    ['a list of addresses', { 'x-real-ip': '10.0.0.1, 10.0.0.2' }],
    ['a certificate that is none', { 'x-ssl-client-cert': 'MIIB' }],
    ['a path that is not canonical', { 'x-original-uri': '/weekly//7' }],
    ['a path with dots', { 'x-original-uri': '/monthly/../weekly/7' }],
    ['a method in the query', { 'x-original-uri': '/weekly/7?%5Fmethod=DELETE' }],
  ])('are refused with %s', async (_sentence, change) => {
    const seen = await nginx(change)
    expect([seen.status, seen.code]).toEqual([403, 'malformed'])
  })

  it('are refused when one of them stands twice, also with the same value', async () => {
    for (const name of ['x-original-uri', 'x-original-host', 'x-ssl-client-cert', 'x-real-ip']) {
      const lines = await nginxLines(scene, { 'x-real-ip': '10.0.0.1' })
      const twice = lines.filter(([key]) => key === name)
      expect([
        name,
        (await raw(scene, scene.nginx, 'GET /authz', [...lines, ...twice])).code,
      ]).toEqual([name, 'malformed'])
    }
  })

  it('TRACE and CONNECT are never passed on', async () => {
    for (const method of ['TRACE', 'CONNECT']) {
      const seen = await nginx({ 'x-original-method': method })
      expect([seen.status, seen.code]).toEqual([403, 'method_not_allowed'])
    }
  })

  it('no certificate, and one that nobody here signed, are 401', async () => {
    const other = await handAuthority('CN=writ')
    const names = [{ type: 'url' as const, value: scene.agent.uri }]
    const forged = await other.issue({ names })
    expect((await nginx({ 'x-ssl-client-cert': escaped(forged) })).code).toBe('unauthenticated')
    expect((await nginx({ 'x-ssl-client-cert': '' })).code).toBe('unauthenticated')
    expect((await nginx({ 'x-ssl-client-cert': undefined })).code).toBe('unauthenticated')
    const root = escaped({ cert: scene.site.rootPem })
    expect((await nginx({ 'x-ssl-client-cert': root })).code).toBe('unauthenticated')
  })

  it('a body is refused: what is not judged is not sent', async () => {
    for (const framing of [{ 'content-length': '2' }, { 'transfer-encoding': 'chunked' }]) {
      const lines = await nginxLines(scene, framing)
      expect((await raw(scene, scene.nginx, 'GET /authz', lines, '0\r\n\r\n')).code).toBe(
        'malformed',
      )
    }
    const posted = await envoy('POST /authz/envoy/weekly/7', { 'content-length': '5' }, '{"a"}')
    expect(posted.code).toBe('malformed')
  })
})

describe('scopes that need what a proxy does not send', () => {
  it('rules on a body are refused plainly, and the token is kept', async () => {
    const [grant] = REPORTS.grants
    const rules = { max_bytes: 100, media_types: ['application/json'] }
    const grants = [{ ...grant, body: rules }] as unknown as typeof REPORTS.grants
    const token = await scene.token({ ...REPORTS, grants })
    const authorization = `Bearer ${token}`
    const seen = await nginx({ authorization, 'x-original-method': 'POST' })
    expect([seen.status, seen.code]).toEqual([403, 'request_mismatch'])
    expect(JSON.parse(seen.body).reasons[0].detail).toBe('The scope or the pin needs the body.')
    expect((await nginx({ authorization, 'x-original-method': 'POST' })).code).toBe(
      'request_mismatch',
    )
  })

  it('a pin on method and target holds, and one on a body is refused', async () => {
    const pin = { method: 'GET', target: 'https://reports.example/weekly/7' }
    const digest = createHash('sha256').digest('base64url')
    const bodily = await scene.token(REPORTS, { pin: { ...pin, body_digest: digest } })
    expect((await nginx({ authorization: `Bearer ${bodily}` })).code).toBe('request_mismatch')
    const pinned = await scene.token(REPORTS, { pin })
    const other = { authorization: `Bearer ${pinned}`, 'x-original-uri': '/weekly/8' }
    expect((await nginx(other)).code).toBe('request_mismatch')
    expect((await nginx({ authorization: `Bearer ${pinned}` })).status).toBe(200)
  })

  it('an audience that the site does not have is refused', async () => {
    const wider = await scene.site.enroll('wide', {
      contract: { ...REPORTS, audiences: [RESOURCE, 'https://other.example/'] },
    })
    const scope = { ...REPORTS, audiences: ['https://other.example/'] }
    const lease = await wider.ask('POST', '/v1/leases', { body: { scope } })
    const body = { lease_id: lease.json.id, audience: 'https://other.example/' }
    const minted = await wider.ask('POST', '/v1/tokens', { body })
    const seen = await nginx({
      authorization: `Bearer ${minted.json.tokens[0].token}`,
      'x-ssl-client-cert': escaped(wider.credential),
    })
    expect([seen.status, seen.code]).toEqual([401, 'audience_mismatch'])
  })
})

describe('the words of forward-auth', () => {
  it('are two statuses for every refusal there is', () => {
    expect(Object.keys(STATUS_TOLD).toSorted()).toEqual([...REFUSALS.keys()].toSorted())
    for (const [code, { http }] of REFUSALS) {
      expect([code, STATUS_TOLD[code]]).toEqual([code, http === 401 ? 401 : 403])
    }
  })

  it(`I12: no token is in the log of the authority at ${TRUST_DOMAIN}`, async () => {
    const token = await scene.token()
    await nginx({ authorization: `Bearer ${token}` })
    await nginx({ authorization: `Bearer ${token}`, 'x-original-uri': '/monthly' })
    expect(scene.site.lines.join('')).not.toContain(token)
  })
})
