import { execFile, spawnSync } from 'node:child_process'
import { createSign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CDP_CONNECTIONS_MAX,
  CDP_FOLLOWED_LEASES_MAX,
  CDP_LINE_BYTES_MAX,
  CDP_OPEN_REQUESTS_MAX,
  CDP_REGISTER_TIMEOUT_MS,
  CDP_UNREAD_BYTES_MAX,
} from '../../../src/domain/limits.ts'
import { createLog } from '../../../src/log.ts'
import { type CdpSocket, listenCdpSocket } from '../../../src/rpc/cdp/socket.ts'
import { ASKED, type CdpSite, freshMembers, openCdpSite } from '../../support/cdp-site.ts'
import type { Peer } from '../../support/http.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const hasCurl = spawnSync('curl', ['--version']).status === 0

let cdp: CdpSite
let folder: string
let path: string
let gate: CdpSocket
const open: Socket[] = []

beforeAll(async () => {
  cdp = await openCdpSite()
  folder = join(cdp.site.folder, 'run')
  mkdirSync(folder, { mode: 0o700 })
  path = join(folder, 'gate.sock')
  gate = await opened(path)
  for (const peer of [cdp.planner, cdp.worker]) {
    writeFileSync(join(folder, `${peer.name}.crt`), peer.credential.cert)
    writeFileSync(join(folder, `${peer.name}.key`), peer.credential.key, { mode: 0o600 })
  }
})
afterAll(async () => {
  for (const socket of open) socket.destroy()
  await gate.close()
  await cdp.close()
})

async function opened(at: string, agent?: string): Promise<CdpSocket> {
  const { world } = cdp.site
  if (world.cdp === undefined) throw new Error('there is a gate')
  const log = createLog({ level: 'error', destination: { write: () => undefined } })
  return listenCdpSocket(at, { world, gate: world.cdp, log, agent: agent as Peer['uri'] as never })
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Line = any

/** A plain connection of lines. */
async function connect(at = path) {
  const socket = createConnection(at)
  open.push(socket)
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const next = async (): Promise<Line> => JSON.parse((await lines.next()).value ?? 'null')
  const ask = async (method: string, params: object): Promise<Line> => {
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`)
    return next()
  }
  return { socket, next, ask }
}

function registration(peer: Pick<Peer, 'credential'>, change: object = {}) {
  const said = { agent_id: 'x', agent_version: '1', ...freshMembers(cdp.site), ...change }
  const { agent_id, agent_version, nonce, timestamp } = said
  const text = ['writ-cdp-register-v1', cdp.site.world.issuer, agent_id, agent_version]
  const signed = [...text, nonce, timestamp].join('\n')
  const signature = createSign('sha256').update(signed).sign(peer.credential.key, 'base64')
  const attestation = { type: 'key', certificate: peer.credential.cert, signature }
  return { ...said, attestation }
}

const told = ({ error }: Line) => [error?.code, error?.data?.code]

async function python(order: object) {
  const script = join(import.meta.dirname, 'sdk-client.py')
  const child = execFile('python3', [script])
  let out = ''
  child.stdout?.on('data', (text) => {
    out += text
  })
  child.stdin?.end(
    JSON.stringify({ scope: ASKED, url: `${cdp.upstream.origin}/repos/a`, ...order }),
  )
  await once(child, 'close')
  return JSON.parse(out)
}

describe('a client of CDP that is not ours', () => {
  it.skipIf(!hasPython || !hasOpenssl)(
    'CDPX-07: speaks the wire of the SDKs: registers, calls, renews, revokes, is told',
    async () => {
      const { name } = cdp.planner
      const files = {
        certificate: join(folder, `${name}.crt`),
        key: join(folder, `${name}.key`),
      }
      const seen = await python({ socket: path, issuer: cdp.site.world.issuer, ...files })
      expect(seen.session).toMatch(/^cdp_sess_[0-9a-f]{96}$/)
      expect(seen.call).toEqual([200, 'GET /repos/a'])
      expect(seen.notice).toEqual(['cdp.notify.revoked', true])
      const statuses = seen.told.map(([, status]: [string, string]) => status)
      expect(statuses).toEqual(['registered', null, 'granted', 'renewed', 'revoked'])
      expect(seen.told[1][2]).toMatchObject({ code: -32020 })
    },
  )

  it.skipIf(!hasPython)('is nobody without a proof, unless the deployment says who', async () => {
    const refused = await python({ socket: path })
    expect(refused.session).toBeNull()
    expect(refused.told[0][2]).toMatchObject({ code: -32009 })
    const other = join(folder, 'one.sock')
    const one = await opened(other, cdp.worker.uri)
    const taken = await python({ socket: other })
    await one.close()
    expect(taken.call).toEqual([200, 'GET /repos/a'])
  })

  it.skipIf(!hasCurl)('CDP-30: is curl over mutual TLS, with the certificate alone', async () => {
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, cdp.site.rootPem)
    const params = { agent_id: 'curl', agent_version: '1', ...freshMembers(cdp.site) }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'cdp.register', params })
    const run = (certificate: readonly string[]) =>
      new Promise<string>((resolve) => {
        const url = `https://127.0.0.1:${cdp.site.agentsPort}/cdp`
        const args = ['-s', '--cacert', ca, ...certificate, '-d', body]
        const json = ['-H', 'Content-Type: application/json']
        execFile('curl', [...args, ...json, url], (_error, stdout) => resolve(stdout))
      })
    const key = join(folder, 'planner.key')
    const answer = JSON.parse(await run(['--cert', join(folder, 'planner.crt'), '--key', key]))
    expect(answer).toMatchObject({ id: 7, result: { status: 'registered' } })
    expect(await run([])).toBe('')
  })
})

describe('the local socket', () => {
  it('is for this user alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  it('a session counts on its own connection alone, and for its own agent', async () => {
    const [one, other] = [await connect(), await connect()]
    const session_token = (await one.ask('cdp.register', registration(cdp.planner))).result
      .session_token
    await other.ask('cdp.register', registration(cdp.worker))
    const listing = () => ({ ...freshMembers(cdp.site), session_token })
    expect((await one.ask('cdp.credentials.list', listing())).result).toBeDefined()
    expect(told(await other.ask('cdp.credentials.list', listing()))).toEqual([
      -32001,
      'unauthenticated',
    ])
    const third = await connect()
    expect(told(await third.ask('cdp.credentials.list', listing()))).toEqual([
      -32001,
      'unauthenticated',
    ])
  })

  it('T-08: a registration that was overheard is a replay, on any connection', async () => {
    const overheard = registration(cdp.planner)
    expect((await (await connect()).ask('cdp.register', overheard)).result).toBeDefined()
    expect(told(await (await connect()).ask('cdp.register', overheard))).toEqual([
      -32020,
      'token_used',
    ])
  })

  it('a signature of another key, over other words or for another gate is nobody', async () => {
    const good = registration(cdp.planner)
    const { attestation } = registration(cdp.worker)
    const swapped = { ...good.attestation, signature: attestation.signature }
    const strange = [
      { ...good, attestation: swapped },
      { ...good, agent_version: '2' },
      { ...good, ...freshMembers(cdp.site) },
      { ...good, attestation: { ...good.attestation, certificate: cdp.site.rootPem } },
    ]
    for (const params of strange) {
      const { ask } = await connect()
      expect(told(await ask('cdp.register', params))).toEqual([-32001, 'unauthenticated'])
    }
  })

  it('an overheard registration beside a good one makes nobody of whom it was', async () => {
    const overheard = registration(cdp.worker)
    await (await connect()).ask('cdp.register', overheard)
    const { socket, next, ask } = await connect()
    for (const params of [registration(cdp.planner), overheard]) {
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cdp.register', params })}\n`)
    }
    const answers = [await next(), await next()]
    const { session_token } = answers.find(({ result }) => result !== undefined).result
    const said = {
      ...freshMembers(cdp.site),
      session_token,
      credential_ref: 'github',
      scope: ASKED,
    }
    const { lease_id } = (await ask('cdp.lease.request', said)).result
    const read = await cdp.site.owner.ask('GET', `/v1/leases/${lease_id}`)
    expect(read.json.holder).toBe(cdp.planner.uri)
  })

  it('a stale registration is refused, also with a right signature', async () => {
    const timestamp = new Date((cdp.site.world.clock.now() - 60) * 1_000).toISOString()
    const { ask } = await connect()
    expect(told(await ask('cdp.register', registration(cdp.planner, { timestamp })))).toEqual([
      -32020,
      'expired',
    ])
  })

  it('CDP-23: an agent that is suspended is nobody at once, and is told of its lease', async () => {
    const { ask, next } = await connect()
    const { session_token } = (await ask('cdp.register', registration(cdp.worker))).result
    const session = () => ({ ...freshMembers(cdp.site), session_token })
    const lease = await ask('cdp.lease.request', {
      ...session(),
      credential_ref: 'github',
      scope: ASKED,
    })
    const subject = `agent:${cdp.worker.uri}`
    const body = { subject, effect: 'suspended', reason: 'its process has ended' }
    await cdp.site.owner.ask('POST', '/v1/revocations', { body })
    expect(await next()).toMatchObject({
      method: 'cdp.notify.revoked',
      params: { lease_id: lease.result.lease_id, reason: 'suspended' },
    })
    expect(
      told(await ask('cdp.lease.status', { ...session(), lease_id: lease.result.lease_id })),
    ).toEqual([-32006, 'suspended'])
    const lifted = `/v1/revocations/${encodeURIComponent(subject)}`
    await cdp.site.owner.ask('DELETE', lifted)
  })

  it('a line without an end is refused, and the connection is over', async () => {
    const { socket, next } = await connect()
    const closed = once(socket, 'close')
    socket.write('x'.repeat(CDP_LINE_BYTES_MAX + 1))
    expect(told(await next())).toEqual([-32600, 'too_large'])
    await closed
  })

  it('more requests than may be open at once are answered all the same', async () => {
    const { socket, next } = await connect()
    const line = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'none' })}\n`
    socket.write(line.repeat(CDP_OPEN_REQUESTS_MAX * 3))
    for (let at = 0; at < CDP_OPEN_REQUESTS_MAX * 3; at += 1) {
      expect(told(await next())).toEqual([-32601, 'not_found'])
    }
  })

  it('has bounds in connections, silence, unread answers and leases that fit one process', () => {
    expect(CDP_CONNECTIONS_MAX * CDP_UNREAD_BYTES_MAX).toBeLessThanOrEqual(2 ** 28)
    expect(CDP_REGISTER_TIMEOUT_MS).toBeLessThanOrEqual(60_000)
    expect(CDP_CONNECTIONS_MAX * CDP_FOLLOWED_LEASES_MAX).toBeLessThanOrEqual(2 ** 16)
  })

  it('is not opened where another process serves', async () => {
    await expect(opened(path)).rejects.toThrow('another process serves')
  })
})
