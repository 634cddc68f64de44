import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveHandles } from '../../src/compose/calls.ts'
import { createEndings } from '../../src/compose/process.ts'
import { AGENT_CERTIFICATE_SECONDS } from '../../src/domain/limits.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { readConfig } from '../../src/settings/config.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

const RESOURCE = 'https://gateway.example/up'
const endings = createEndings()
let site: Deployment
let upstream: Server
let planner: Peer
let port: number
let scope: object

beforeAll(async () => {
  site = await openDeployment()
  upstream = createServer((_incoming, response) => response.end('here'))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const upstreamPort = (upstream.address() as AddressInfo).port
  const grant = { type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports: [upstreamPort] }
  scope = {
    type: 'urn:writ:scope:v1',
    grants: [{ ...grant, methods: ['GET'], paths: ['/a/**'], private_net: true }],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 3_600, max_uses: 'unlimited' },
  }
  planner = await site.enroll('planner', { contract: scope as never })
  const read = readConfig({ flags: { 'listeners.handles': '0.0.0.0:0' } })
  const toml = `[[route]]\nname = "up"\nupstream = "http://127.0.0.1:${upstreamPort}"\nresource = "${RESOURCE}"`
  const table = readRouteTable({ name: 'routes.toml', text: toml })
  if (!read.ok || !table.ok) throw new Error('the settings are wrong')
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  const opened = { world: site.world, log, metrics: createMetrics() }
  const served = await serveHandles(read.config, opened, table.routes, endings)
  port = Number(new URL(served.handles ?? '').port)
})
afterAll(async () => {
  await endings.run()
  upstream.closeAllConnections()
  upstream.close()
  await site.close()
})

describe('a handle that is bound to a certificate', () => {
  it('is good over TLS with it, until the certificate ends, on an open connection too', async () => {
    site.advance(AGENT_CERTIFICATE_SECONDS - 60)
    const opened = await planner.ask('POST', '/v1/leases', { body: { scope } })
    const body = { lease_id: opened.json.id, label: 'ci', certificate: planner.thumbprint }
    const { handle } = (await planner.ask('POST', '/v1/handles', { body })).json
    const tls = { ...planner.credential, ca: site.rootPem, servername: 'localhost' }
    const client = new Client(`https://127.0.0.1:${port}`, { connect: tls })
    const call = async () => {
      const headers = { authorization: `Bearer ${handle}`, host: `localhost:${port}` }
      const path = '/proxy/up/a/1'
      const answer = await client.request({ method: 'GET', path, headers })
      await answer.body.dump()
      return answer.headers['writ-refusal'] ?? answer.statusCode
    }
    try {
      expect(await call()).toBe(200)
      site.advance(61)
      expect(await call()).toBe('holder_binding_failed')
    } finally {
      await client.close()
    }
  })
})
