import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Agent as Connections, fetch as fetchOver } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { serve } from '../../../src/compose/serve.ts'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import { readConfig } from '../../../src/settings/config.ts'
import { CANARY } from '../../support/crp.ts'
import { startUpstream } from '../../support/gateway.ts'
import { freshFolder } from '../../support/pki.ts'

const run = promisify(execFile)
const folder = freshFolder()
const RESOURCE = 'https://gateway.test/up'
const got: string[] = []
const closing: (() => unknown)[] = []
let agents = ''

/** An agent as a foreign client has it: three files. */
beforeAll(async () => {
  const upstream = await startUpstream((request, response) => {
    got.push(String(request.headers.authorization))
    response.end(`hello ${request.url}`)
  })
  closing.push(upstream.close)
  const routes = join(folder, 'routes.toml')
  const place = `upstream = "${upstream.origin}"\nresource = "${RESOURCE}"`
  writeFileSync(
    routes,
    `[[route]]\nname = "up"\n${place}\nservice = "demo/api"\ncredential = "up"\n`,
  )
  const local = '127.0.0.1:0'
  const read = readConfig({
    flags: {
      ...{ data_dir: join(folder, 'data'), keys_dir: join(folder, 'keys') },
      ...{ 'listeners.api': local, 'listeners.agents': local, 'listeners.gateway': local },
      ...{ 'listeners.handles': local, 'gateway.routes': routes, 'log.level': 'silent' },
      drain_notice_ms: '0',
    },
  })
  if (!read.ok) throw new Error(read.problem)
  const served = await serve(read.config)
  closing.unshift(() => served.close())
  agents = served.agents ?? ''
  const token = readFileSync(served.ownerTokenFile, 'utf8').trim()
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${served.api}${path}`, init)
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return JSON.parse(text)
  }
  await post('/v1/credentials', {
    ...{ name: 'up', kind: 'bearer', category: 'api_key', origins: [upstream.origin] },
    fields: { value: CANARY },
  })
  const uri = 'spiffe://writ.local/agent/foreign' as Parameters<typeof createAgentRequest>[0]
  const { csrPem, privateKeyPem } = await createAgentRequest(uri)
  const { hostname, port } = new URL(upstream.origin)
  const grant = {
    ...{ type: 'http', schemes: ['http'], hosts: [hostname], ports: [Number(port)] },
    ...{ methods: ['GET'], paths: ['/repos/**'], private_net: true },
  }
  const enrolled = await post('/v1/agents', {
    ...{ name: 'foreign', role: 'agent', csr: csrPem, evidence: { method: 'mtls' } },
    contract: { type: 'urn:writ:scope:v1', grants: [grant], audiences: [RESOURCE] },
    terms: { categories: ['api_key'] },
  })
  writeFileSync(join(folder, 'agent.crt'), enrolled.certificate)
  writeFileSync(join(folder, 'agent.key'), privateKeyPem, { mode: 0o600 })
  writeFileSync(join(folder, 'ca.crt'), served.rootPem)
}, 60_000)
afterAll(async () => {
  for (const close of closing) await close()
})

async function curl(body: object, ...more: string[]) {
  const file = (name: string) => join(folder, name)
  const { stdout } = await run('curl', [
    ...['-sS', '--cacert', file('ca.crt'), '--cert', file('agent.crt')],
    ...['--key', file('agent.key'), '-H', 'Content-Type: application/json'],
    ...['-d', JSON.stringify(body), ...more, `${agents}/crp`],
  ])
  return stdout === '' ? undefined : JSON.parse(stdout)
}

describe('CRPX-01: clients that are not ours, over mutual TLS', () => {
  it('Python’s standard library goes through a whole session of 0.2', async () => {
    const files = ['ca.crt', 'agent.crt', 'agent.key'].map((name) => join(folder, name))
    const words = ['examples/crp/session.py', agents, ...files, 'demo/api', '/repos/x']
    const { stdout } = await run('python3', words)
    const steps = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ step, value }) => [step, value]),
    )
    expect(steps.get('list').services[0]).toMatchObject({ service: 'demo/api' })
    expect(steps.get('use').credentialDescriptor.type).toBe('oauth_bearer')
    expect(steps.get('call')).toEqual({ status: 200, body: 'hello /repos/x' })
    expect(got.at(-1)).toBe(`Bearer ${CANARY}`)
    expect(steps.get('renew').lease.ttl).toBe(300)
    expect(steps.get('revoke').affectedLeases).toEqual([steps.get('use').lease.id])
    expect(steps.get('after')).toMatchObject({ code: -33004, data: { code: 'revoked' } })
    expect(steps.get('unknown')).toMatchObject({ code: -33002 })
    expect(stdout).not.toContain(CANARY)
  }, 30_000)

  it('CRP-03, CRP-37: curl resolves as the first page of CRP says, and calls with the handle', async () => {
    const params = {
      ...{ service: 'demo/api', credentialType: 'api_key', scopes: ['GET /repos/**'] },
      context: { consumer: 'coding-assistant-v2', purpose: 'Generate code completion' },
    }
    const { result } = await curl({ jsonrpc: '2.0', id: 1, method: 'crp/resolve', params })
    const { credential, lease, metadata } = result
    expect(credential).toMatchObject({ type: 'api_key', service: 'demo/api' })
    expect(credential.value).toMatch(/^wrt_/)
    expect(credential.key).toBe(credential.value)
    expect(lease).toMatchObject({ id: expect.any(String), renewable: true })
    expect(metadata).toMatchObject({ exposure: 'handle', provider: 'writ' })
    const authorization = `${credential.header}: ${credential.prefix} ${credential.key}`
    const call = ['-sS', '-H', authorization, `${metadata.proxyBaseUrl}/repos/y`]
    expect((await run('curl', call)).stdout).toBe('hello /repos/y')
    expect(got.at(-1)).toBe(`Bearer ${CANARY}`)
    const beyond = await run('curl', [...call.slice(0, 3), `${metadata.proxyBaseUrl}/other`])
    expect(beyond.stdout).toContain('scope_not_granted')
  })

  it('tells what it can do, computed from what is there', async () => {
    const { stdout } = await run('curl', [
      ...['-sS', '--cacert', join(folder, 'ca.crt'), '--cert', join(folder, 'agent.crt')],
      ...['--key', join(folder, 'agent.key'), `${agents}/crp`],
    ])
    expect(JSON.parse(stdout)).toEqual({
      experimental: {
        crp: {
          ...{ version: '0.2', provider: 'writ', conformance: 'Standard' },
          features: ['use', 'list', 'lease', 'revoke', 'delegate', 'broker', 'classify'],
        },
      },
    })
  })

  it('refuses what is no JSON-RPC in its own words', async () => {
    expect((await curl([])).error.code).toBe(-32600)
    expect((await curl({ jsonrpc: '2.0', id: 7, method: 'crp/nothing' })).error.code).toBe(-32601)
  })
})

describe('CRP-22: in sessions of MCP', () => {
  it('CRP-22: sessions of MCP advertise it and take its methods', async () => {
    const [ca, cert, key] = ['ca.crt', 'agent.crt', 'agent.key'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    )
    const dispatcher = new Connections({ connect: { ca, cert, key } as object })
    closing.unshift(() => dispatcher.destroy())
    const reach = (url: string | URL | Request, init?: RequestInit) =>
      fetchOver(url as string, { ...init, dispatcher } as object) as unknown as Promise<Response>
    const client = new Client({ name: 'foreign', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(`${agents}/mcp`), { fetch: reach })
    await client.connect(transport as Parameters<typeof client.connect>[0])
    expect(client.getServerCapabilities()?.experimental?.['crp']).toMatchObject({
      ...{ version: '0.2', provider: 'writ', conformance: 'Standard' },
    })
    const any = z.object({}).catchall(z.unknown())
    const listed = await client.request({ method: 'crp/list', params: {} } as never, any)
    expect(listed).toMatchObject({ services: [{ service: 'demo/api' }] })
    const unknown = { method: 'crp/use', params: { service: 'nothing' } }
    await expect(client.request(unknown as never, any)).rejects.toMatchObject({
      code: -33002,
      data: { code: 'not_found' },
    })
    await client.close()
  })
})
