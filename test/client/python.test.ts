import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

const run = promisify(execFile)
const AGENT = fileURLToPath(new URL('../../examples/python/agent.py', import.meta.url))
const AUDIENCE = 'https://gateway.test/up'
let server: CliServer

beforeAll(async () => {
  server = await startCliServer()
}, 60_000)
afterAll(() => server.close())

/** Makes key and request with openssl, and has the owner certify it over the API. */
async function enrolled(name: string, contract: object): Promise<string> {
  const folder = join(server.folder, name)
  mkdirSync(folder)
  const files = ['-keyout', join(folder, 'agent.key'), '-out', join(folder, 'agent.csr')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/']
  await run('openssl', ['req', '-new', ...curve, ...files])
  const csr = readFileSync(join(folder, 'agent.csr'), 'utf8')
  const keys = join(server.folder, 'keys')
  const file = readdirSync(keys).find((found) => found.includes('owner')) ?? ''
  const bearer = readFileSync(join(keys, file), 'utf8').trim()
  const answer = await fetch(`${server.addresses.api}/v1/agents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify({ name, csr, contract, evidence: { method: 'mtls' } }),
  })
  const issued = (await answer.json()) as { certificate: string; ca: string }
  expect(answer.status, JSON.stringify(issued)).toBe(201)
  writeFileSync(join(folder, 'agent.crt'), issued.certificate)
  writeFileSync(join(folder, 'ca.crt'), issued.ca)
  return folder
}

test('two agents in Python, with its standard library alone, go the whole way over mTLS', async () => {
  const grant = {
    type: 'http',
    schemes: ['http'],
    hosts: ['127.0.0.1'],
    ports: [server.upstreamPort],
    methods: ['GET', 'POST'],
    paths: ['/**'],
    private_net: true,
  }
  const scope = {
    type: 'urn:writ:scope:v1',
    grants: [grant],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: 600, max_uses: 'unlimited', max_depth: 1, max_children: 5 },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  }
  const planner = await enrolled('planner', scope)
  const worker = await enrolled('worker', scope)
  const file = join(server.folder, 'scope.json')
  writeFileSync(file, JSON.stringify(scope))
  const { stdout } = await run('python3', ['-I', AGENT, planner, worker, file], {
    env: {
      ...process.env,
      WRIT_AGENTS_ADDR: server.addresses.agents,
      AUDIENCE,
      CALL_URL: `${server.addresses.gateway}/up/a?b=1`,
      DELEGATE: 'spiffe://writ.local/agent/worker',
    },
  })
  expect(JSON.parse(stdout)).toEqual({
    depth: 1,
    status: 200,
    text: 'GET /a?b=1 ',
    wide: null,
    refused: 'scope_not_granted',
    revoked: 'revoked',
  })
}, 60_000)
