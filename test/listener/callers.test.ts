import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_CERTIFICATE_SECONDS } from '../../src/domain/limits.ts'
import { makeRoleToken } from '../../src/usecases/people/operators.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { agentUri, enrolled, testAuthority } from '../support/pki.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

const code = ({ status, json }: { status: number; json: { code?: string } }) => [status, json.code]

describe('the plain listener', () => {
  const wrong: readonly [string, Readonly<Record<string, string>>][] = [
    ['no credential', {}],
    ['an unknown token', { authorization: `Bearer ${makeRoleToken('owner')}` }],
    ['another scheme', { authorization: 'Basic b3duZXI6b3duZXI=' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['two tokens', { authorization: 'Bearer aaaa, Bearer bbbb' }],
    ['a certificate in a header (RFC 9440)', { 'client-cert': ':MIIB:' }],
    [
      'a certificate from a proxy',
      { 'x-forwarded-client-cert': 'URI=spiffe://acme.example/agent/planner' },
    ],
    ['a certificate from nginx', { 'x-ssl-client-cert': 'x', 'x-ssl-client-verify': 'SUCCESS' }],
  ]
  it.each(wrong)('refuses %s alike', async (_, headers) => {
    const seen = await site.nobody.ask('GET', '/v1/agents', { headers })
    expect(code(seen)).toEqual([401, 'unauthenticated'])
    expect(seen.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    expect(seen.json.reasons).toEqual([])
  })

  it('knows a token whatever the case of its scheme', async () => {
    const headers = { authorization: `bearer ${site.ownerToken}` }
    expect((await site.nobody.ask('GET', '/v1/agents', { headers })).status).toBe(200)
  })

  it('I12: does not know the stored hash for the token', async () => {
    const listed = await site.owner.ask('GET', '/v1/operators')
    expect(JSON.stringify(listed.json)).not.toMatch(/hash/)
  })

  it('forgets a revoked credential at once, and answers as if it had never been', async () => {
    const body = { name: 'leaver', role: 'operator' }
    const made = await site.owner.ask('POST', '/v1/operators', { body })
    const leaver = site.bearer(made.json.token)
    expect((await leaver.ask('GET', '/v1/agents')).status).toBe(200)
    expect((await site.owner.ask('DELETE', '/v1/operators/leaver')).status).toBe(204)
    expect(code(await leaver.ask('GET', '/v1/agents'))).toEqual([401, 'unauthenticated'])
  })

  it('lets an operator do nothing that is the owner’s', async () => {
    for (const [method, path, body] of [
      ['POST', '/v1/operators', { name: 'x', role: 'owner' }],
      ['GET', '/v1/operators', undefined],
      ['PUT', '/v1/agents/planner/contract', {}],
      ['DELETE', `/v1/revocations/${encodeURIComponent(`agent:${planner.uri}`)}`, undefined],
    ] as const) {
      const seen = await site.operator.ask(method, path, body === undefined ? {} : { body })
      expect(code(seen)).toEqual([403, 'forbidden'])
    }
  })
})

describe('the mTLS listener', () => {
  it('I8: knows an agent by its certificate and ignores bearer tokens and headers', async () => {
    const headers = {
      authorization: `Bearer ${site.ownerToken}`,
      'x-forwarded-client-cert': `URI=${agentUri('somebody')}`,
    }
    const own = await planner.ask('GET', '/v1/agents/planner', { headers })
    expect(own.json.uri).toBe(planner.uri)
    expect(code(await planner.ask('GET', '/v1/agents', { headers }))).toEqual([403, 'forbidden'])
  })

  it('turns away whoever shows no certificate', async () => {
    const failed = new Promise((resolve) => {
      const socket = connect({ port: site.agentsPort, host: '127.0.0.1', ca: site.rootPem })
      socket.on('error', resolve)
      socket.on('end', () => resolve('ended'))
      socket.on('secureConnect', () => socket.write('GET /v1/leases HTTP/1.1\r\nhost: x\r\n\r\n'))
      socket.on('data', (bytes) => resolve(`answered ${bytes}`))
    })
    expect(String(await failed)).not.toMatch(/^answered/)
  })

  it('turns away a certificate of another authority', async () => {
    const foreign = await enrolled(await testAuthority(), agentUri('planner'))
    await expect(site.peer(foreign).ask('GET', '/v1/leases')).rejects.toThrow()
  })

  it('does not know an agent of our authority that was never enrolled', async () => {
    const ghost = await enrolled(site.world.ca, agentUri('ghost'))
    const seen = await site.peer(ghost).ask('GET', '/v1/leases')
    expect(code(seen)).toEqual([401, 'unauthenticated'])
  })

  it('asks on every request: a suspension counts on an open connection, and its end too', async () => {
    const agent = await site.enroll('flaky')
    expect((await agent.ask('GET', '/v1/leases')).status).toBe(200)
    const subject = `agent:${agent.uri}`
    const body = { subject, effect: 'suspended', reason: 'looks odd' }
    expect((await site.operator.ask('POST', '/v1/revocations', { body })).status).toBe(201)
    expect(code(await agent.ask('GET', '/v1/leases'))).toEqual([401, 'suspended'])
    const listed = await site.owner.ask('GET', `/v1/agents/flaky`)
    expect(listed.json.state).toBe('suspended')
    await site.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(subject)}`)
    expect((await agent.ask('GET', '/v1/leases')).status).toBe(200)
  })

  it('asks on every request: a revoked certificate is dead, the agent’s next one is not', async () => {
    const agent = await site.enroll('rotated')
    const body = { subject: `certificate:${agent.thumbprint}`, effect: 'revoked', reason: 'lost' }
    await site.operator.ask('POST', '/v1/revocations', { body })
    expect(code(await agent.ask('GET', '/v1/leases'))).toEqual([401, 'revoked'])
    const next = await enrolled(site.world.ca, agentUri('rotated'), { seconds: 3600 })
    expect((await site.peer(next).ask('GET', '/v1/leases')).status).toBe(200)
  })

  it('asks on every request: a certificate that ran out is dead on an open connection', async () => {
    const agent = await site.enroll('late')
    expect((await agent.ask('GET', '/v1/leases')).status).toBe(200)
    site.advance(AGENT_CERTIFICATE_SECONDS + 1)
    expect(code(await agent.ask('GET', '/v1/leases'))).toEqual([401, 'certificate_expired'])
  })
})
