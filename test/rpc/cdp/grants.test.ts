import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TOKEN_LIST_AGAIN_SECONDS, TOKEN_LIST_SECONDS } from '../../../src/domain/limits.ts'
import { macKey, openMasterKey } from '../../../src/vault/envelope.ts'
import {
  ASKED,
  type CdpClient,
  type CdpSite,
  cdpClient,
  contractAt,
  openCdpSite,
  registered,
  told,
  UPSTREAM_KEY,
} from '../../support/cdp-site.ts'
import { AUDIENCE } from '../../support/http.ts'

const hasCurl = spawnSync('curl', ['--version']).status === 0

let cdp: CdpSite
let client: CdpClient

beforeAll(async () => {
  cdp = await openCdpSite()
  client = await cdpClient(cdp)
})
afterAll(() => cdp.close())

describe('a lease of CDP through the proxy', () => {
  it('CDPX-10: is granted in the members of the specification and of the SDKs', async () => {
    const grant = await client.lease({ scope: { ...ASKED, ttl_seconds: 600, max_requests: 3 } })
    expect(grant).toMatchObject({
      status: 'granted',
      proxy: { type: 'http', url: `http://127.0.0.1:${cdp.port}/cdp/proxy` },
      proxy_port: cdp.port,
      granted_scope: { ...ASKED, max_requests: 3 },
      constraints: { max_requests: 3, max_renewals: 3, max_cumulative_ttl_seconds: 14_400 },
    })
    expect(grant.lease_token).toMatch(/^[0-9a-f]{64}$/)
    expect(grant.proxy.lease_token).toBe(`cdp_lt_${grant.lease_token}`)
    expect(grant.channel_binding_nonce).toMatch(/^[0-9a-f]{64}$/)
  })

  it('CDPX-12: gets an answer that the credential was needed for, and never sees it', async () => {
    const grant = await client.lease()
    const answer = await client.proxied(grant)
    expect(answer).toEqual({ status: 200, refusal: undefined, text: 'GET /repos/a' })
    expect(JSON.stringify([grant, answer])).not.toContain(UPSTREAM_KEY)
    const up = cdp.upstream.got.at(-1)?.request.headers ?? {}
    expect(Object.keys(up).filter((name) => name.startsWith('x-cdp'))).toEqual([])
  })

  it('is held to its scope and to its number of requests', async () => {
    const grant = await client.lease({ scope: { ...ASKED, max_requests: 1 } })
    const outside = await client.proxied(grant, `${cdp.upstream.origin}/users/a`)
    expect([outside.status, outside.refusal]).toEqual([403, 'scope_not_granted'])
    expect((await client.proxied(grant)).status).toBe(200)
    expect((await client.proxied(grant)).refusal).toBe('uses_exhausted')
  })

  it('CDPX-12: a stolen lease token without its channel binding is 403 and an alert', async () => {
    const grant = await client.lease()
    const stolen = { lease_token: grant.lease_token, channel_binding_nonce: 'f'.repeat(64) }
    expect(await client.proxied(stolen)).toMatchObject({
      status: 403,
      refusal: 'holder_binding_failed',
    })
    const answer = await request(`http://127.0.0.1:${cdp.port}/proxy/up/repos/a`, {
      headers: { authorization: `Bearer cdp_lt_${grant.lease_token}` },
    })
    expect([answer.statusCode, answer.headers['writ-refusal']]).toEqual([
      401,
      'holder_binding_failed',
    ])
    const alerts = await cdp.site.owner.ask('GET', '/v1/alerts?kind=handle.misused')
    // Twice in HANDLE_MISUSE_AGAIN_MS is told once.
    expect(alerts.json.items).toMatchObject([
      { subject: `lease:${grant.lease_id}`, severity: 'critical' },
    ])
    expect((await client.proxied(grant)).status).toBe(200)
  })

  it('with a channel binding of another lease is refused', async () => {
    const [one, other] = [await client.lease(), await client.lease()]
    const mixed = { ...one, channel_binding_nonce: other.channel_binding_nonce }
    expect(await client.proxied(mixed)).toMatchObject({
      status: 403,
      refusal: 'holder_binding_failed',
    })
  })

  it('an unknown lease token is 403, and a header that comes twice malformed', async () => {
    const unknown = { lease_token: '0'.repeat(64), channel_binding_nonce: '0'.repeat(64) }
    expect(await client.proxied(unknown)).toMatchObject({ status: 403, refusal: 'unauthenticated' })
    const grant = await client.lease()
    const away = { 'x-cdp-original-url': 'https://elsewhere.test/repos/a' }
    expect(await client.proxied(grant, undefined, away)).toMatchObject({ refusal: 'not_found' })
    const other = { 'x-cdp-original-url': `${cdp.upstream.origin}/repos/b` }
    expect(await client.proxied(grant, undefined, other)).toMatchObject({ refusal: 'malformed' })
  })

  it('I9: is dead once it is revoked, under either name of the method', async () => {
    for (const method of ['cdp.lease.revoke', 'cdp.revokeLease']) {
      const grant = await client.lease()
      const { result } = await client.ask(method, { lease_id: grant.lease_id, reason: 'done' })
      expect(result).toMatchObject({ lease_id: grant.lease_id, status: 'revoked' })
      expect(await client.proxied(grant)).toMatchObject({ status: 403, refusal: 'revoked' })
    }
  })

  it.skipIf(!hasCurl)('CDP-16: of a measured process is good from that process alone', async () => {
    const local = await cdp.site.enroll('local', {
      contract: contractAt(cdp.upstream.origin),
      terms: { categories: ['api_key'] },
    })
    const { nonce } = (await local.ask('POST', '/v1/nonces')).json
    const body = { evidence: { method: 'process', nonce } }
    expect((await local.ask('POST', '/v1/agents/self/attestation', { body })).status).toBe(200)
    const session_token = await registered(cdp, local)
    const params = { session_token, credential_ref: 'github', scope: ASKED, mode: 'http_proxy' }
    const { result } = await client.ask('cdp.lease.request', params, local)
    expect((await client.proxied(result)).status).toBe(200)
    const headers = [
      `X-CDP-Lease-Token: ${result.proxy.lease_token}`,
      `X-CDP-Channel-Binding: ${result.channel_binding_nonce}`,
    ].flatMap((header) => ['-H', header])
    const url = `${result.proxy.base_url}/repos/a`
    const stolen = spawn('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...headers, url])
    const [status] = await once(stolen.stdout, 'data')
    expect(String(status)).toBe('403')
  })

  it('CDPX-11: its token is the HMAC of lease, fingerprint and binding by length', async () => {
    const grant = await client.lease()
    const master = await openMasterKey(join(cdp.site.folder, 'keys'), {})
    const mac = createHmac('sha256', macKey(master, 'cdp-gate')).update('cdp-lease-v1\0')
    for (const part of [
      Buffer.from(grant.lease_id),
      Buffer.from(cdp.planner.thumbprint, 'base64url'),
      Buffer.from(grant.channel_binding_nonce, 'hex'),
    ]) {
      mac.update(Buffer.from([0, 0, 0, 0, 0, 0, 0, part.length])).update(part)
    }
    expect(grant.lease_token).toBe(mac.digest('hex'))
  })
})

describe('what CDP refuses before there is a lease to open', () => {
  it('I10, I12: has its record, which repeats no reference that nobody knows', async () => {
    const records = async (outcome: string) => {
      const path = `/v1/audit/search?event=lease.opened&outcome=${outcome}`
      return (await cdp.site.owner.ask('GET', path)).json.items
    }
    const credential_ref = 'sk_live_in_the_wrong_place'
    const unknown = await client.ask('cdp.lease.request', { credential_ref, scope: ASKED })
    expect(told(unknown)).toEqual([-32002, 'not_found'])
    const [seen, ...others] = await records('not_found')
    expect(others).toEqual([])
    expect(JSON.stringify(seen)).not.toContain(credential_ref)
    const elsewhere = { ...ASKED, hosts: ['elsewhere.test'] }
    await client.ask('cdp.lease.request', { credential_ref: 'github', scope: elsewhere })
    expect(await records('scope_not_granted')).toHaveLength(1)
    const wide = { credential_ref: 'github', scope: { ...ASKED, max_requests: 2 } }
    const before = (await records('not_narrower')).length
    await client.ask('cdp.lease.request', wide)
    expect(await records('not_narrower')).toHaveLength(before + 1)
  })
})

describe('a lease of CDP for elsewhere', () => {
  it('CDPX-30: is one token for one request, for 300 seconds at most', async () => {
    const { result } = await client.ask('cdp.lease.request', {
      credential_ref: 'github',
      scope: ASKED,
    })
    expect(result).toMatchObject({
      status: 'granted',
      token: { format: 'jwt', single_use: true },
      constraints: { audience: AUDIENCE, max_requests: 1 },
    })
    expect(result.ttl_seconds).toBeLessThanOrEqual(300)
    const introspected = await cdp.planner.ask('POST', '/v1/tokens/introspect', {
      body: { token: result.token.value },
    })
    expect(introspected.json.active).toBe(true)
    for (const scope of [
      { ...ASKED, ttl_seconds: 301 },
      { ...ASKED, max_requests: 2 },
    ]) {
      const wide = await client.ask('cdp.lease.request', { credential_ref: 'github', scope })
      expect(told(wide)).toEqual([-32007, 'not_narrower'])
    }
  })

  it('CDPX-31: revoked, its token stands in the published list, which is signed', async () => {
    const { result } = await client.ask('cdp.lease.request', {
      credential_ref: 'github',
      scope: ASKED,
    })
    await client.ask('cdp.lease.revoke', { lease_id: result.lease_id })
    cdp.site.advance(TOKEN_LIST_AGAIN_SECONDS + 1)
    const list = await cdp.site.nobody.ask('GET', '/.well-known/cdp-revocations')
    const [header, payload] = list.text
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    expect(header.typ).toBe('cdp-revocations+jwt')
    expect(payload).toMatchObject({
      iss: 'cdp-gate-revocation',
      exp: payload.iat + TOKEN_LIST_SECONDS,
    })
    expect(Object.keys(payload.revoked_entries)).toEqual([result.token.jti])
  })
})
