import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { expect, it } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { type Serving, serve } from '../../src/compose/serve.ts'
import { migrateStore } from '../../src/compose/world.ts'
import { UNWATCHED_CALL_SECONDS } from '../../src/domain/limits.ts'
import { readConfig } from '../../src/settings/config.ts'
import { mint, openLease } from '../faults/calls.ts'
import { enroll, RESOURCE, scopeAt } from '../faults/deployment.ts'
import { freshDatabase } from '../support/postgres.ts'
import { afterTest } from '../support/store.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** An upstream whose answers never come to an end; its port. */
async function endlessUpstream(): Promise<number> {
  const server = createServer((_request, response) => {
    const timer = setInterval(() => response.write('tick\n'), 20)
    response.once('close', () => clearInterval(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A process on PostgreSQL, with a network between that can be taken away. */
async function served(upstream: number): Promise<{ serving: Serving; proxy: TcpProxy }> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-away-'))
  const url = new URL(await freshDatabase())
  const proxy = await startProxy(Number(url.port))
  url.port = String(proxy.port)
  const routes = join(folder, 'routes.toml')
  const target = `upstream = "http://127.0.0.1:${upstream}"\nresource = "${RESOURCE}"`
  writeFileSync(routes, `[[route]]\nname = "endless"\n${target}\n`)
  const read = readConfig({
    flags: {
      database_url: url.href,
      data_dir: folder,
      keys_dir: join(folder, 'keys'),
      'gateway.routes': routes,
      'log.level': 'silent',
      'listeners.api': '127.0.0.1:0',
      'listeners.agents': '127.0.0.1:0',
      'listeners.gateway': '127.0.0.1:0',
    },
  })
  if (!read.ok) throw new Error(read.problem)
  await migrateStore(read.config)
  const serving = await serve(read.config, ['authority', 'gateway'], {})
  afterTest(() => serving.close())
  return { serving, proxy }
}

it('I9: a running stream ends soon after the database can not be asked any more', async () => {
  const upstream = await endlessUpstream()
  const { serving, proxy } = await served(upstream)
  const { api = '', agents = '', gateway = '', ownerTokenFile } = serving
  const owner = createClient({ address: api, bearer: readFileSync(ownerTokenFile, 'utf8').trim() })
  afterTest(() => owner.close())
  const contract = scopeAt(upstream)
  const worker = await enroll(owner, agents, { name: 'worker', connections: 1, contract })
  afterTest(() => worker.calls.destroy())
  const [token = ''] = await mint(worker, await openLease(worker, contract), 1)
  const { statusCode, body } = await request(`${gateway}/endless/ticks`, {
    dispatcher: worker.calls,
    headers: { authorization: `Bearer ${token}` },
  })
  expect(statusCode).toBe(200)
  await once(body, 'data')
  const cut = once(body, 'error')
  await proxy.away()
  const began = performance.now()
  await cut
  const seconds = (performance.now() - began) / 1_000
  expect(seconds).toBeGreaterThan(UNWATCHED_CALL_SECONDS - 2)
  expect(seconds).toBeLessThan(UNWATCHED_CALL_SECONDS + 5)
  await proxy.back()
}, 60_000)
