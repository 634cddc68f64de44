import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let server: CliServer
let planner = ''
let worker = ''
let root: LeaseView
let child: LeaseView

/** A scope at the upstream, as a file. */
function scopeFile(name: string, paths: readonly string[], more: object = {}): string {
  const grant = {
    type: 'http',
    schemes: ['http'],
    hosts: ['127.0.0.1'],
    ports: [server.upstreamPort],
    methods: ['GET', 'POST'],
    paths,
    private_net: true,
  }
  const file = join(server.folder, name)
  const audiences = ['https://gateway.test/up']
  const scope = { type: 'urn:writ:scope:v1', grants: [grant], audiences, ...more }
  writeFileSync(file, JSON.stringify(scope))
  return file
}

beforeAll(async () => {
  server = await startCliServer()
  planner = join(server.folder, 'planner')
  worker = join(server.folder, 'worker')
})
afterAll(() => server.close())

describe('from enrollment to revocation, each step one command', () => {
  test('agent add makes key and certificate in a closed folder', async () => {
    const contract = scopeFile('contract.json', ['/**'], {
      limits: { max_depth: 2, max_uses: 'unlimited' },
      requires: { attestation_min: 'none', attestation_max_age_seconds: 'any' },
      delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
    })
    for (const folder of [planner, worker]) {
      const name = folder === planner ? 'planner' : 'worker'
      const words = ['agent', 'add', name, '--contract', contract, '--out', folder, '--json']
      const ran = await server.owner(words)
      expect(ran.exit, ran.stderr).toBe(0)
      expect(JSON.parse(ran.stdout)).toMatchObject({
        uri: `spiffe://writ.local/agent/${name}`,
        folder,
      })
      expect(ran.stdout).not.toContain('PRIVATE KEY')
    }
    expect(statSync(planner).mode & 0o777).toBe(0o700)
    for (const file of ['agent.key', 'agent.crt', 'ca.crt']) {
      expect(statSync(join(planner, file)).mode & 0o777).toBe(0o600)
    }
  })

  test('agent attest proves again what the agent of a folder is', async () => {
    const as = ['--identity', planner, '--json']
    const attested = await server.writ(['agent', 'attest', ...as])
    expect(attested.exit, attested.stderr).toBe(0)
    expect(JSON.parse(attested.stdout)).toMatchObject({ tier: 'warning', method: 'mtls' })
    const drawn = await server.writ(['agent', 'nonce', ...as])
    const { nonce } = JSON.parse(drawn.stdout)
    const again = () => server.writ(['agent', 'attest', '--nonce', nonce, ...as])
    expect((await again()).exit).toBe(0)
    expect((await again()).exit).toBe(3)
    const process = await server.writ(['agent', 'attest', '--evidence', 'process', ...as])
    expect(process.exit).toBe(2)
  })

  test('lease open as the agent of a folder', async () => {
    const scope = scopeFile('root.json', ['/repos/**'], {
      limits: { max_depth: 1 },
      delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/worker'] },
    })
    const words = ['lease', 'open', '--scope', scope, '--identity', planner, '--json']
    const ran = await server.writ(words)
    expect(ran.exit, ran.stderr).toBe(0)
    root = JSON.parse(ran.stdout)
    expect(root).toMatchObject({ depth: 0, state: 'live' })
  })

  test('delegate prints only the token, and redeem takes it on stdin', async () => {
    const scope = scopeFile('child.json', ['/repos/a'])
    const to = ['--to', 'spiffe://writ.local/agent/worker', '--identity', planner]
    const given = await server.writ(['delegate', '--lease', root.id, '--scope', scope, ...to])
    expect(given.exit, given.stderr).toBe(0)
    expect(given.stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const redeem = ['redeem', '--identity', worker, '--json']
    const taken = await server.writ(redeem, given.stdout)
    expect(taken.exit, taken.stderr).toBe(0)
    child = JSON.parse(taken.stdout)
    expect(child).toMatchObject({ parent_id: root.id, depth: 1 })

    const again = await server.writ(redeem, given.stdout)
    expect(again.exit).toBe(3)
    expect(JSON.parse(again.stdout)).toMatchObject({ code: 'token_used' })
    expect(again.stderr).toMatch(/\(token_used\) \[req_/)
  })

  test('a delegation that asks for more ends with 3 and names the pointer', async () => {
    const scope = scopeFile('wide.json', ['/**'])
    const to = ['--to', 'spiffe://writ.local/agent/worker', '--identity', planner]
    const ran = await server.writ(['delegate', '--lease', root.id, '--scope', scope, ...to])
    expect(ran).toMatchObject({ exit: 3, stdout: '' })
    expect(ran.stderr).toMatch(/not_narrower.*\n {2}\/grants\/0\/paths\/0 /)
  })

  test('call mints a token and brings the answer of the upstream', async () => {
    const as = ['--lease', child.id, '--identity', worker]
    const got = await server.writ(['call', 'POST', '/up/repos/a?x=1', '--data', '{"n":1}', ...as])
    expect(got).toMatchObject({ exit: 0, stdout: 'POST /repos/a?x=1 {"n":1}' })
    const refused = await server.writ(['call', 'GET', '/up/repos/b', ...as, '--json'])
    expect(refused.exit).toBe(3)
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: 403, refusal: 'scope_not_granted' })
  })

  test('token mint, introspect and inspect agree about a token', async () => {
    const mint = ['token', 'mint', '--lease', child.id, '--audience', 'https://gateway.test/up']
    const minted = await server.writ([...mint, '--identity', worker])
    expect(minted.exit, minted.stderr).toBe(0)
    const seen = await server.writ(
      ['token', 'introspect', '--identity', worker, '--json'],
      minted.stdout,
    )
    expect(JSON.parse(seen.stdout)).toMatchObject({ active: true })
    const read = await server.writ(['token', 'inspect', '--json'], minted.stdout)
    expect(JSON.parse(read.stdout)).toMatchObject({
      verified: false,
      header: { alg: 'EdDSA', typ: 'writ-call+jwt' },
      claims: { client_id: 'spiffe://writ.local/agent/worker', txn: root.id },
      expires: { past: false },
    })
  })

  test('revoke shows what it would end, and does nothing unasked', async () => {
    const unasked = await server.writ(['revoke', root.id, '--identity', planner])
    expect(unasked).toMatchObject({ exit: 2, stdout: '' })
    expect(unasked.stderr).toMatch(/This ends 2 lease\(s\), 2 of them live/)
    expect(unasked.stderr).toMatch(/--yes/)
    const done = await server.writ(['revoke', root.id, '--identity', planner, '--yes', '--json'])
    expect(done.exit, done.stderr).toBe(0)
    expect(JSON.parse(done.stdout)).toMatchObject({ subject: `lease:${root.id}` })
  })

  test('tree draws every lease of it with its state', async () => {
    const ran = await server.owner(['tree', root.id])
    expect(ran.stdout).toMatch(/^planner {2}revoked .*\n└─ worker {2}revoked .*\n$/)
  })
})

test('a key made elsewhere is enrolled by its request, and renewed over mTLS', async () => {
  const folder = join(server.folder, 'remote')
  const made = await server.writ(['agent', 'request', 'remote', '--out', folder, '--json'])
  const { csr } = JSON.parse(made.stdout)
  const key = readFileSync(join(folder, 'agent.key'), 'utf8')
  const contract = join(server.folder, 'contract.json')
  const add = ['agent', 'add', 'remote', '--csr', csr, '--contract', contract, '--out', folder]
  expect((await server.owner(add)).exit).toBe(0)
  expect(readFileSync(join(folder, 'agent.key'), 'utf8')).toBe(key)

  const before = readFileSync(join(folder, 'agent.crt'), 'utf8')
  const renewed = await server.writ(['agent', 'renew', '--identity', folder])
  expect(renewed.exit, renewed.stderr).toBe(0)
  expect(readFileSync(join(folder, 'agent.crt'), 'utf8')).not.toBe(before)
  expect(readFileSync(join(folder, 'agent.key'), 'utf8')).not.toBe(key)
  const shown = await server.writ(['agent', 'show', 'remote', '--identity', folder, '--json'])
  expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'remote', state: 'active' })
})

test('an owner certifies a new key of an enforcement point by its whole id', async () => {
  const folder = join(server.folder, 'edge')
  const contract = join(server.folder, 'contract.json')
  const names = ['--role', 'enforcement', '--server-name', 'edge.test', '--out', folder]
  const added = await server.owner(['agent', 'add', 'edge', '--contract', contract, ...names])
  expect(added.exit, added.stderr).toBe(0)
  const before = readFileSync(join(folder, 'agent.key'), 'utf8')
  const id = 'spiffe://writ.local/gateway/edge'
  const reissued = await server.owner(['agent', 'reissue', id, '--out', folder])
  expect(reissued.exit, reissued.stderr).toBe(0)
  expect(readFileSync(join(folder, 'agent.key'), 'utf8')).not.toBe(before)
  const { subject, subjectAltName } = new X509Certificate(
    readFileSync(join(folder, 'agent.crt'), 'utf8'),
  )
  expect(`${subject} ${subjectAltName}`).toContain(id)
  expect(subjectAltName).toContain('DNS:edge.test')
})

describe('a no', () => {
  test('of a stranger to an id ends with 4', async () => {
    const ran = await server.writ([
      'lease',
      'show',
      `lease_${'A'.repeat(22)}`,
      '--identity',
      worker,
    ])
    expect(ran).toMatchObject({ exit: 4, stdout: '' })
    expect(ran.stderr).toMatch(/not_found/)
  })

  test('of a wrong token ends with 3 and never shows it', async () => {
    const token = join(server.folder, 'wrong.token')
    writeFileSync(token, `writ_owner_${'A'.repeat(43)}`, { mode: 0o600 })
    const ran = await server.writ(['keys', 'list', '--token-file', token, '--json'])
    expect(ran.exit).toBe(3)
    expect(JSON.parse(ran.stdout)).toMatchObject({ code: 'unauthenticated' })
    expect(ran.stdout + ran.stderr).not.toContain('AAAA')
  })

  test('of nobody at all ends with 1, in one sentence and the next step', async () => {
    const ran = await server.owner(['keys', 'list', '--addr', 'http://127.0.0.1:1', '--json'])
    expect(ran.exit).toBe(1)
    expect(ran.stderr).toMatch(
      /^No answer from http:\/\/127\.0\.0\.1:1: .*\nNext: Start it with writ serve, .*\n$/,
    )
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: 'failure' })
  })
})

test('keys are rotated, and retired at once with a reason', async () => {
  const rotated = await server.owner(['keys', 'rotate', '--purpose', 'receipt', '--json'])
  expect(rotated.exit, rotated.stderr + rotated.stdout).toBe(0)
  const { kid, state } = JSON.parse(rotated.stdout)
  expect(state).toBe('active')
  const retired = await server.owner([
    'keys',
    'retire',
    kid,
    '--reason',
    'a test',
    '--yes',
    '--json',
  ])
  expect(JSON.parse(retired.stdout)).toMatchObject({ kid, state: 'revoked' })
  const unknown = await server.owner([
    'keys',
    'retire',
    'A'.repeat(43),
    '--reason',
    'a test',
    '--yes',
  ])
  expect(unknown.exit).toBe(4)
})

test('operator add writes its token into a closed file, and the token is good', async () => {
  const file = join(server.folder, 'ops.token')
  const added = await server.owner(['operator', 'add', 'ops', '--out', file, '--json'])
  expect(JSON.parse(added.stdout)).toEqual({ name: 'ops', role: 'operator', file })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const listed = await server.writ(['keys', 'list', '--token-file', file, '--json'])
  expect(JSON.parse(listed.stdout).items.length).toBeGreaterThan(0)
})

test('the audit trail verifies on the server, and its export without it', async () => {
  const file = join(server.folder, 'audit.jsonl')
  const verified = await server.owner(['audit', 'verify', '--json'])
  expect(verified.exit, verified.stderr).toBe(0)
  expect((await server.owner(['audit', 'export', '--out', file])).exit).toBe(0)
  const offline = await server.writ(['audit', 'verify', file, '--json'])
  expect(offline.exit, offline.stderr).toBe(0)
  expect(JSON.parse(offline.stdout)).toMatchObject({ ok: true, faults: [] })
})

test('audit tail prints the newest records, oldest first', async () => {
  const ran = await server.owner(['audit', 'tail', '--lines', '3', '--json'])
  expect(ran.exit, ran.stderr).toBe(0)
  const records = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records).toHaveLength(3)
  const sequences = records.map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
})

test('doctor finds nothing wrong here', async () => {
  const places = [
    '--data-dir',
    join(server.folder, 'data'),
    '--keys-dir',
    join(server.folder, 'keys'),
  ]
  const ran = await server.owner(['doctor', ...places, '--identity', worker, '--json'])
  const { ok, checks } = JSON.parse(ran.stdout)
  expect(checks.filter(({ state }: { state: string }) => state === 'failed')).toEqual([])
  expect({ ok, exit: ran.exit }).toEqual({ ok: true, exit: 0 })
})

test('serve ends with 0 when it is told to', async () => {
  expect(await server.end('SIGTERM')).toBe(0)
})
