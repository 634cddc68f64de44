import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CertificateView } from '../../src/client/views/agents.ts'
import { type Authority, openAuthority } from '../../src/connector/authority.ts'
import { createRelay } from '../../src/connector/relay.ts'
import { createLog } from '../../src/log.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

const SELF = { name: 'test', version: '1' }

let site: Deployment
let agent: Peer
let authority: Authority
let kept: { readonly issued: CertificateView; readonly key: string } | undefined
beforeAll(async () => {
  site = await openDeployment()
  agent = await site.enroll('worker')
  const connection = {
    address: `https://127.0.0.1:${site.agentsPort}`,
    ca: site.rootPem,
    certificate: agent.credential.cert,
    privateKey: agent.credential.key,
  }
  authority = openAuthority(connection, SELF, async (issued, key) => {
    kept = { issued, key }
  })
})
afterAll(async () => {
  await authority.close()
  await site.close()
})

describe('a connector’s certificate', () => {
  const first = () => new X509Certificate(agent.credential.cert)
  const lifeAt = (part: number) => {
    const [from, to] = [Date.parse(first().validFrom), Date.parse(first().validTo)]
    return new Date(from + (to - from) * part)
  }

  it('stays for two thirds of its life', async () => {
    expect(await authority.renewWhenDue(lifeAt(0.6))).toBe(false)
    expect(kept).toBeUndefined()
  })

  it('is then replaced over its own connection, kept, and used from there on', async () => {
    expect(await authority.renewWhenDue(lifeAt(0.7))).toBe(true)
    expect(kept?.key).toContain('PRIVATE KEY')
    const { fingerprint256, subjectAltName } = new X509Certificate(kept?.issued.certificate ?? '')
    expect(fingerprint256).not.toBe(first().fingerprint256)
    expect(subjectAltName).toBe(first().subjectAltName)
    const subject = `certificate:${agent.thumbprint}`
    const body = { subject, effect: 'revoked', reason: 'replaced' }
    expect((await site.owner.ask('POST', '/v1/revocations', { body })).status).toBe(201)
    expect((await authority.beat('A'.repeat(43))).ok).toBe(true)
  })
})

describe('what the agent’s side sends', () => {
  it.each(['leash/ничего', 'a\r\nhost: evil.example', ' ', 'leash/none'])(
    'a tool called %j is refused by the authority, and ends nothing',
    async (name) => {
      const ended: string[] = []
      const log = createLog({ level: 'silent' })
      const relay = createRelay(authority, log, (code) => ended.push(code))
      const asked = relay.request('tools/call', { name, arguments: {} }).then(
        ({ isError }) => isError,
        ({ code }: { code: number }) => code,
      )
      expect([true, -32_020, -32_602]).toContain(await asked)
      expect(ended).toEqual([])
    },
  )
})

describe('LEASH-40: what ends a connector', () => {
  it('is a refusal of its connection, not one of a lease it asked with', async () => {
    const ended: string[] = []
    const log = createLog({ level: 'silent' })
    const relay = createRelay(authority, log, (code) => ended.push(code))
    const handle = 'lease_AAAAAAAAAAAAAAAAAAAAAA'
    const given = { handle, method: 'GET', route: 'up', path: '/' }
    const call = { name: 'leash/execute_action', arguments: given }
    expect(await relay.request('tools/call', call)).toMatchObject({ isError: true })
    expect(ended).toEqual([])
    const body = { subject: `agent:${agent.uri}`, effect: 'revoked', reason: 'test' }
    await site.owner.ask('POST', '/v1/revocations', { body })
    const told = await relay.request('tools/call', call)
    expect(told).toMatchObject({ isError: true, structuredContent: { code: 'revoked' } })
    expect(ended).toEqual(['revoked'])
  })
})
