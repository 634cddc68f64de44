import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { accept } from '../../src/domain/result.ts'
import { createListener } from '../../src/listener/app.ts'
import { createHealth } from '../../src/listener/health.ts'
import { type Listening, listen } from '../../src/listener/serve.ts'
import { createLog } from '../../src/log.ts'
import { mcpRow } from '../../src/mcp/endpoint.ts'
import type { SessionExtension } from '../../src/mcp/extension.ts'
import type { AgentCaller } from '../../src/usecases/caller.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

const ECHO: SessionExtension = {
  name: 'echo',
  capability: () => ({ version: '0.2' }),
  methods: ['echo/say', 'echo/fail'],
  answer: async ({ caller }, method, params) =>
    method === 'echo/say'
      ? { ok: true, result: { kind: caller.kind, params } }
      : { ok: false, error: { code: -33010, message: 'No.', data: { code: 'policy_denied' } } },
}

let site: Deployment
let listening: Listening
let client: Client
beforeAll(async () => {
  site = await openDeployment()
  const { world, metrics } = site
  const row = mcpRow([ECHO])
  const caller = { kind: 'agent' } as AgentCaller
  const log = createLog({ level: 'silent' })
  const parts = { world, metrics, log, hosts: [], health: createHealth() }
  const app = createListener('agents', parts, [
    {
      ...row,
      identify: () => async () => accept({ ...caller, uri: 'spiffe://a/agent/b' } as never),
    },
  ])
  listening = await listen(app, { host: '127.0.0.1', port: 0 })
  client = new Client({ name: 'foreign', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${listening.port}/mcp`)),
  )
})
afterAll(async () => {
  await client.close()
  await listening.close(100)
  await site.close()
})

describe('another protocol inside a session of MCP', () => {
  it('says what it can do under capabilities.experimental', () => {
    expect(client.getServerCapabilities()?.experimental).toEqual({ echo: { version: '0.2' } })
  })

  it('answers its requests for whoever the certificate names, without the envelope', async () => {
    const said = z.object({ kind: z.string(), params: z.unknown() })
    const answer = await client.request({ method: 'echo/say', params: { a: 1 } }, said)
    expect(answer).toMatchObject({ kind: 'agent', params: { a: 1 } })
    expect(JSON.stringify(answer.params)).toBe('{"a":1}')
  })

  it('its errors keep their number and our word', async () => {
    const asked = client.request({ method: 'echo/fail', params: {} }, z.unknown())
    await expect(asked).rejects.toMatchObject({ code: -33010, data: { code: 'policy_denied' } })
  })
})
