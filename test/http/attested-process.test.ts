import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { type Asker, CONTRACT, type Deployment, openDeployment } from '../support/http.ts'
import { agentUri } from '../support/pki.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

async function nonceFor(asker: Asker): Promise<string> {
  return (await asker.ask('POST', '/v1/nonces')).json.nonce
}

async function attest(asker: Asker, evidence: object) {
  return asker.ask('POST', '/v1/agents/self/attestation', { body: { evidence } })
}

describe('a process on this machine', () => {
  it('CDP-07: is measured over its own connection, and what it reports is labelled', async () => {
    const agent = await site.enroll('local')
    const digest = createHash('sha256').update('main.js').digest('base64url')
    const reported = [{ name: 'main.js', digest }]
    const nonce = await nonceFor(agent)
    const seen = await attest(agent, { method: 'process', nonce, reported })
    const binary = createHash('sha256').update(readFileSync(process.execPath)).digest('base64url')
    expect(seen.json).toMatchObject({
      tier: 'warning',
      method: 'process',
      code: `binary:sha-256:${binary}`,
      self_reported: reported,
    })
    const again = await attest(agent, { method: 'process', nonce: await nonceFor(agent) })
    expect(again.json.code).toBe('attestation_failed')
    const alerts = await site.operator.ask('GET', '/v1/alerts?kind=attestation.mismatch')
    expect(alerts.json.items).toMatchObject([{ facts: { mismatch: 'reported' } }])
  })

  it('nobody can have it measured for somebody else', async () => {
    const { csrPem: csr } = await createAgentRequest(agentUri('proxied'))
    const evidence = { method: 'process', nonce: await nonceFor(site.owner) }
    const body = { name: 'proxied', csr, contract: CONTRACT, evidence }
    const seen = await site.owner.ask('POST', '/v1/agents', { body })
    expect(seen.json.code).toBe('attestation_failed')
  })
})
