import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let cluster: Server
let shown: (string | undefined)[] = []
let server: CliServer
let folder: string
let lease: string

beforeAll(async () => {
  cluster = createServer((request, response) => {
    shown.push(request.headers.authorization)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers(request.url ?? '')))
  })
  cluster.listen(0, '127.0.0.1')
  await once(cluster, 'listening')
  const { port } = cluster.address() as AddressInfo
  const route = `upstream = "http://127.0.0.1:${port}"\nresource = "https://gateway.test/k8s"`
  server = await startCliServer(`[[route]]\nname = "k8s"\n${route}\n`)
  folder = mkdtempSync(join(tmpdir(), 'writ-kubectl-'))
  const scope = join(folder, 'scope.json')
  writeFileSync(scope, JSON.stringify(scopeOf(port)))
  const out = join(folder, 'worker')
  const added = await server.owner(['agent', 'add', 'worker', '--contract', scope, '--out', out])
  expect(added.exit, added.stderr).toBe(0)
  const opened = await server.writ(['--identity', out, 'lease', 'open', '--scope', scope, '--json'])
  expect(opened.exit, opened.stderr).toBe(0)
  lease = JSON.parse(opened.stdout).id
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.close()
  cluster.close()
})

const installed = spawnSync('kubectl', ['version', '--client']).status === 0

describe.runIf(installed)('writ wrap -- kubectl', () => {
  test('lists pods through its exec plugin, each request one call', async () => {
    const ran = await kubectl('get', '--raw', '/api/v1/namespaces/default/pods')
    expect(ran.exit, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('web-0')
    expect(shown).toEqual([undefined])
  })

  test('is refused what the lease does not cover', async () => {
    shown = []
    const ran = await kubectl('get', '--raw', '/api/v1/namespaces/kube-system/secrets')
    expect(ran.exit).not.toBe(0)
    expect(ran.stderr).toContain('writ: refused: scope_not_granted')
    expect(shown).toEqual([])
  })
})

function kubectl(...words: readonly string[]) {
  const wrap = ['wrap', '--lease', lease, '--route', 'k8s', '--', 'kubectl', ...words]
  return server.writ(['--identity', join(folder, 'worker'), ...wrap], undefined, {
    HOME: folder,
  })
}

function answers(url: string): unknown {
  if (!url.startsWith('/api/v1/namespaces/default/pods')) return { kind: 'Status', code: 404 }
  return { kind: 'PodList', apiVersion: 'v1', items: [{ metadata: { name: 'web-0' } }] }
}

function scopeOf(port: number): unknown {
  const http = { type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports: [port] }
  const paths = ['/api/v1/namespaces/default/pods']
  return {
    type: 'urn:writ:scope:v1',
    grants: [{ ...http, methods: ['GET'], paths, query: 'any', private_net: true }],
    audiences: ['https://gateway.test/k8s'],
  }
}
