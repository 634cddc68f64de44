import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAIN, READER as TYPES } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import {
  hasOpenssl,
  type OpensslAuthority,
  opensslAuthority,
} from '../support/openssl-authority.ts'

const READER = 'spiffe://partner.example/ns/data/sa/reader'

let folder: string
let partner: OpensslAuthority
let stranger: OpensslAuthority
let server: CliServer
let contract: string
let lease = ''

const at = (...names: readonly string[]) => join(folder, ...names)
const federate = (id: string, certificate: string) =>
  server.owner(
    ['agent', 'federate', id, '--contract', contract, '--json'].concat([
      ...['--certificate', at(certificate, 'agent.crt')],
    ]),
  )

/** A folder of the partner's agent: what its authority gave it, and whom it trusts. */
function identity(name: string, by: OpensslAuthority, id: string): string {
  by.svid(at(name), id)
  copyFileSync(at('planner', 'ca.crt'), at(name, 'ca.crt'))
  return at(name)
}

/** A call at the gateway with the certificate of a folder. */
async function callWith(identityFolder: string, token: string, gateway = server.addresses.gateway) {
  const [key, cert, ca] = ['agent.key', 'agent.crt', 'ca.crt'].map((file) =>
    readFileSync(join(identityFolder, file)),
  )
  const url = new URL('/up/repos/a', gateway)
  const headers = { authorization: `Bearer ${token}` }
  const sent = get(url, { agent: false, key, cert, ca, headers })
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.resume()
  return { status: answer.statusCode, code: answer.headers['writ-refusal'] }
}

/** A call token of a fresh lease of one of our agents. */
async function tokenOf(name: string): Promise<string> {
  const as = ['--identity', at(name), '--json']
  const opened = await server.writ(['lease', 'open', '--scope', contract, ...as])
  const mint = ['token', 'mint', '--lease', JSON.parse(opened.stdout).id, ...as]
  const minted = await server.writ([...mint, '--audience', 'https://gateway.test/up'])
  return JSON.parse(minted.stdout).tokens[0].token
}

/** A gateway without a store, as a process. */
async function startGateway(edge: string) {
  const free = '127.0.0.1:0'
  const words = [
    ...['gateway', '--json', '--authority', server.addresses.agents, '--identity', edge],
    ...['--issuer', 'http://127.0.0.1:9441', '--routes', join(server.folder, 'routes.toml')],
    ...['--gateway', free, '--admin', free, '--trust-bundles-dir', at('bundles')],
  ]
  const child = spawn(process.execPath, ['--import', TYPES, MAIN, ...words], { env: server.env })
  const [ready] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, url: JSON.parse(ready.toString('utf8')).gateway as string }
}

function scopeFile(name: string, paths: readonly string[], more: object = {}): string {
  const grant = {
    ...{ type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports: [server.upstreamPort] },
    ...{ methods: ['GET'], paths, private_net: true },
  }
  const audiences = ['https://gateway.test/up']
  const scope = { type: 'urn:writ:scope:v1', grants: [grant], audiences, ...more }
  writeFileSync(at(name), JSON.stringify(scope))
  return at(name)
}

beforeAll(async () => {
  if (!hasOpenssl) return
  folder = mkdtempSync(join(tmpdir(), 'writ-federation-'))
  partner = opensslAuthority(at('partner'))
  stranger = opensslAuthority(at('stranger'))
  mkdirSync(at('bundles'))
  copyFileSync(partner.bundle, at('bundles', 'partner.example.pem'))
  server = await startCliServer('', ['--trust-bundles-dir', at('bundles')])
  contract = scopeFile('contract.json', ['/**'], {
    limits: { max_depth: 2, max_uses: 'unlimited' },
    delegation: {
      allowed: true,
      delegates: ['spiffe://writ.local/agent/**', 'spiffe://partner.example/**'],
    },
  })
  const out = ['--contract', contract, '--out', at('planner')]
  const added = await server.owner(['agent', 'add', 'planner', ...out])
  expect(added.exit, added.stderr).toBe(0)
}, 60_000)
afterAll(async () => {
  await server?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasOpenssl)('an agent of another trust domain', () => {
  test('is a stranger until an owner has let it in', async () => {
    identity('reader', partner, READER)
    const open = ['lease', 'open', '--scope', contract, '--identity', at('reader'), '--json']
    const early = await server.writ(open)
    expect([early.exit, JSON.parse(early.stdout).code]).toEqual([3, 'unauthenticated'])

    const ran = await federate(READER, 'reader')
    expect(ran.exit, ran.stderr).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      uri: READER,
      name: 'partner.example/ns/data/sa/reader',
      attestation: { tier: 'none' },
    })
  })

  test.each([
    ['of our own trust domain', 'spiffe://writ.local/agent/spy', 'Of our own trust domain'],
    ['of a domain without a bundle', 'spiffe://other.example/x', 'There is no bundle'],
    ['that bears the name of ours', 'spiffe://partner.example/agent/planner', 'the name of ours'],
    ['that is none', 'partner.example/ns/x', 'Not a SPIFFE id'],
    ['of another certificate', 'spiffe://partner.example/ns/data/sa/writer', 'names another id'],
  ])('an id %s is refused', async (_, id, reason) => {
    const ran = await federate(id, 'reader')
    const { code, reasons } = JSON.parse(ran.stdout)
    expect([ran.exit, code]).toEqual([2, 'malformed'])
    expect(reasons[0].detail).toContain(reason)
  })

  test('whose certificate somebody else signed is refused', async () => {
    const id = 'spiffe://partner.example/ns/data/sa/forged'
    identity('forged', stranger, id)
    const ran = await federate(id, 'forged')
    expect(JSON.parse(ran.stdout).reasons[0].detail).toContain('No authority of its trust domain')
  })

  test('opens leases and calls through the gateway like ours', async () => {
    const as = ['--identity', at('reader'), '--json']
    const scope = scopeFile('own.json', ['/repos/**'])
    const opened = await server.writ(['lease', 'open', '--scope', scope, ...as])
    expect(opened.exit, opened.stderr).toBe(0)
    lease = JSON.parse(opened.stdout).id
    const called = await server.writ(['call', 'GET', '/up/repos/a', '--lease', lease, ...as])
    expect(called.exit, called.stderr).toBe(0)
    expect(called.stdout).toContain('GET /repos/a')
  })

  test('is taken by a gateway without a store, by a folder of its own', async () => {
    const edge = at('edge')
    const names = ['--role', 'enforcement', '--server-name', '127.0.0.1', '--out', edge]
    const added = await server.owner(['agent', 'add', 'edge', '--contract', contract, ...names])
    expect(added.exit, added.stderr).toBe(0)
    const gateway = await startGateway(edge)
    try {
      const as = ['--identity', at('reader'), '--gateway-addr', gateway.url, '--json']
      const called = await server.writ(['call', 'GET', '/up/repos/a', '--lease', lease, ...as])
      expect(called.exit, called.stderr).toBe(0)
      identity('shadow', partner, 'spiffe://writ.local/agent/planner')
      const stolen = await callWith(at('shadow'), await tokenOf('planner'), gateway.url)
      expect([stolen.status, stolen.code]).toEqual([401, 'unauthenticated'])
    } finally {
      gateway.child.kill()
    }
  })

  test('goes on under a certificate that its authority renewed, and is bound to it once told', async () => {
    const scope = scopeFile('part.json', ['/repos/a'])
    const open = ['lease', 'open', '--scope', contract, '--identity', at('planner'), '--json']
    const root = JSON.parse((await server.writ(open)).stdout).id
    const delegate = () =>
      server.writ([
        ...['delegate', '--lease', root, '--scope', scope, '--to', READER],
        ...['--identity', at('planner')],
      ])
    const before = await delegate()
    expect(before.exit, before.stderr).toBe(0)

    const as = ['--identity', identity('renewed', partner, READER), '--json']
    const called = await server.writ(['call', 'GET', '/up/repos/b', '--lease', lease, ...as])
    expect(called.exit, called.stderr).toBe(0)
    const taken = await server.writ(['redeem', ...as], before.stdout)
    expect(JSON.parse(taken.stdout).code).toBe('holder_binding_failed')

    const told = await server.writ(['agent', 'announce', ...as])
    expect(told.exit, told.stderr).toBe(0)
    const fresh = await server.writ(['redeem', ...as], (await delegate()).stdout)
    expect(fresh.exit, fresh.stderr).toBe(0)
    expect(JSON.parse(fresh.stdout)).toMatchObject({ parent_id: root, holder: READER })
  })

  test('is certified by its own authority alone, and ours by ours', async () => {
    const request = ['agent', 'request', 'reader', '--out', at('request')]
    expect((await server.writ(request)).exit).toBe(0)
    const csr = ['--csr', at('request', 'agent.csr'), '--out', at('reissued'), '--json']
    const reissued = await server.owner(['agent', 'reissue', READER, ...csr])
    expect(JSON.parse(reissued.stdout).code).toBe('malformed')
    const own = await server.writ(['agent', 'announce', '--identity', at('planner'), '--json'])
    expect(JSON.parse(own.stdout).code).toBe('conflict')
  })

  test('can not be named by ours, nor name ours: each authority speaks for its own domain', async () => {
    identity('impostor', partner, 'spiffe://writ.local/agent/planner')
    const as = ['--identity', at('impostor'), '--json']
    const ran = await server.writ(['lease', 'list', ...as])
    expect(JSON.parse(ran.stdout).code).toBe('unauthenticated')
    const token = await tokenOf('planner')
    const called = await callWith(at('impostor'), token)
    expect([called.status, called.code]).toEqual([401, 'unauthenticated'])
    expect((await callWith(at('planner'), token)).status).toBe(200)
  })

  test('is revoked like ours', async () => {
    const ran = await server.owner(['revoke', `agent:${READER}`, '--yes', '--json'])
    expect(ran.exit, ran.stderr).toBe(0)
    const as = ['--identity', at('renewed'), '--json']
    const called = await server.writ(['call', 'GET', '/up/repos/a', '--lease', lease, ...as])
    expect(JSON.parse(called.stdout).code).toBe('revoked')
  })
})
