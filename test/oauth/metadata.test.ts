import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { createHealth } from '../../src/listener/health.ts'
import { createLog } from '../../src/log.ts'
import { OAUTH_ROWS } from '../../src/oauth/rows.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

const WELL_KNOWN = '/.well-known/oauth-authorization-server'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

describe('authorization server metadata (RFC 8414)', () => {
  it('is the same at both listeners, for anybody', async () => {
    const planner = await site.enroll('planner')
    const [open, mutual] = [
      await site.nobody.ask('GET', WELL_KNOWN),
      await planner.ask('GET', WELL_KNOWN),
    ]
    expect(open.status).toBe(200)
    expect(open.json).toEqual(mutual.json)
    expect(open.json).toMatchObject({
      issuer: 'https://writ.example',
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['tls_client_auth'],
      tls_client_certificate_bound_access_tokens: true,
      authorization_details_types_supported: ['urn:writ:scope:v1'],
    })
  })

  it('names endpoints that are there, at the listener it says', async () => {
    const { json } = await site.nobody.ask('GET', WELL_KNOWN)
    const agents = `https://127.0.0.1:${site.agentsPort}`
    const named = (from: Record<string, unknown>) =>
      Object.entries(from).flatMap(([name, url]) => (name.endsWith('_endpoint') ? [url] : []))
    const urls = [...named(json), ...named(json.mtls_endpoint_aliases)]
    const served = OAUTH_ROWS.flatMap(({ path, listeners = [] }) =>
      listeners.map((listener) => `${listener === 'api' ? json.issuer : agents}${path}`),
    )
    expect(new Set(urls)).toEqual(new Set(served))
    expect((await site.nobody.ask('POST', '/oauth2/token')).status).toBe(404)
  })

  it('of an issuer with a path stands behind the well-known one, and nowhere else', async () => {
    const { world, metrics } = site
    const log = createLog({ level: 'silent' })
    const api = createApiApp({
      world: { ...world, issuer: 'https://writ.example/a' },
      ...{ log, metrics, health: createHealth({}), hosts: ['writ.example'] },
      agentsUrl: () => 'https://agents.example',
    })
    const statusOf = async (path: string) =>
      (await api.request(`https://writ.example${path}`)).status
    expect(await statusOf(`${WELL_KNOWN}/a`)).toBe(200)
    expect(await statusOf(`${WELL_KNOWN}/b`)).toBe(404)
    expect(await statusOf(WELL_KNOWN)).toBe(404)
  })
})
