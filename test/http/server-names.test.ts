import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SERVER_NAMES_MAX } from '../../src/domain/limits.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import {
  generateKeyPair,
  P256,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '../../src/pki/x509.ts'
import { CONTRACT, type Deployment, openDeployment } from '../support/http.ts'
import { agentUri } from '../support/pki.ts'

const NAMES = ['gateway.example', '127.0.0.1', '2001:db8::5']
const URI = agentUri('edge', 'gateway')
const SAN = `URI:${URI}, DNS:gateway.example, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:5`

let site: Deployment
beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

async function enroll(name: string, more: object) {
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(URI)
  const body = { name, role: 'enforcement', csr, contract: CONTRACT, ...more }
  return { seen: await site.owner.ask('POST', '/v1/agents', { body }), key }
}

describe('the server names of an enforcement point', () => {
  it('are what its owner approved, and renewal keeps exactly those', async () => {
    const { seen, key } = await enroll('edge', { server_names: NAMES })
    expect([seen.status, seen.json.server_names]).toEqual([201, NAMES])
    const first = new X509Certificate(seen.json.certificate)
    expect(first.subjectAltName).toBe(SAN)
    expect(first.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
    expect(first.ca).toBe(false)

    const keys = await generateKeyPair()
    const greedy = await Pkcs10CertificateRequestGenerator.create({
      keys,
      signingAlgorithm: P256,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'url', value: agentUri('admin') },
          { type: 'dns', value: 'authority.example' },
        ]),
      ],
    })
    const peer = site.peer({ cert: seen.json.certificate, key })
    const body = { csr: greedy.toString('pem') }
    const renewed = await peer.ask('POST', '/v1/agents/self/certificate', { body })
    expect(renewed.status).toBe(200)
    expect(new X509Certificate(renewed.json.certificate).subjectAltName).toBe(SAN)

    const { csrPem: csr } = await createAgentRequest(URI)
    const path = `/v1/agents/${encodeURIComponent(URI)}/certificate`
    const reissued = await site.owner.ask('POST', path, { body: { csr } })
    expect(new X509Certificate(reissued.json.certificate).subjectAltName).toBe(SAN)
  })

  it.each([
    ['a wildcard', { server_names: ['*.example'] }],
    ['a name twice', { server_names: ['a.example', 'a.example'] }],
    ['a name with a port', { server_names: ['a.example:9443'] }],
    ['a text that is read as an address', { server_names: ['127.1'] }],
    ['too many', { server_names: Array.from({ length: SERVER_NAMES_MAX + 1 }, (_, n) => `g${n}`) }],
    ['an agent that holds leases', { server_names: ['a.example'], role: 'agent' }],
  ])('are refused: %s', async (_sentence, more) => {
    const { seen } = await enroll('other', more)
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    expect(seen.json.reasons[0].pointer).toMatch(/^\/server_names/)
  })

  it('are none unless asked for, and never those of a certificate request', async () => {
    const { seen } = await enroll('plain', {})
    expect(seen.json.server_names).toEqual([])
    const uri = agentUri('plain', 'gateway')
    expect(new X509Certificate(seen.json.certificate).subjectAltName).toBe(`URI:${uri}`)
  })
})
