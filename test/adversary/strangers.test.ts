import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_BODY_TIMEOUT_MS, OPEN_READS_PER_MINUTE } from '../../src/domain/limits.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { openLease } from '../support/http-examples.ts'

let site: Deployment
let planner: Peer
beforeAll(async () => {
  site = await openDeployment({}, { leashTokens: true })
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

describe('what anybody may read and the store is asked for', () => {
  it('is counted by address, the status of a leash and the list of CDP alike', async () => {
    const status = `/v1/public/leash/status/leash-${'0'.repeat(26)}`
    const answers = new Map<number, number>()
    for (let asked = 0; asked <= OPEN_READS_PER_MINUTE; asked += 1) {
      const { status: code } = await site.nobody.ask('GET', status)
      answers.set(code, (answers.get(code) ?? 0) + 1)
    }
    expect(Object.fromEntries(answers)).toEqual({ 200: OPEN_READS_PER_MINUTE, 429: 1 })
    const list = await site.nobody.ask('GET', '/.well-known/cdp-revocations')
    expect([list.status, list.json.code]).toEqual([429, 'rate_limited'])
    expect(Number(list.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('keeps no caller out, and nothing else that is open', async () => {
    expect((await site.owner.ask('GET', '/v1/agents')).status).toBe(200)
    expect((await site.nobody.ask('GET', '/.well-known/jwks.json')).status).toBe(200)
    await openLease(planner)
  })
})

/** Sends a head that promises a body, a beginning of it, and then nothing, or goes. */
function stall(path: string, type: string, beginning: string, then?: 'gone'): Promise<string> {
  const { credential } = planner
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: site.agentsPort, ca: site.rootPem, ...credential },
      () => {
        const head = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Content-Type: ${type}`]
        const text = `${[...head, 'Content-Length: 400'].join('\r\n')}\r\n\r\n${beginning}`
        socket.write(text, () => {
          if (then === 'gone') socket.destroy()
        })
      },
    )
    let told = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      told += chunk
      if (told.includes('"code"')) socket.destroy()
    })
    socket.on('close', () => resolve(told))
    socket.on('error', reject)
  })
}

const BEGUN = [
  ['/oauth2/token', 'application/x-www-form-urlencoded', 'grant_type=client_cred'],
  ['/v1/leases', 'application/json', '{"scope":'],
  ['/mcp', 'application/json', '{"jsonrpc":'],
  ['/cdp', 'application/json', '{"jsonrpc":'],
] as const

describe('a body that does not come', () => {
  it.each(BEGUN)(
    'at %s is malformed, and never an unknown state',
    async (path, type, beginning) => {
      const from = performance.now()
      const told = await stall(path, type, beginning)
      expect(told).toMatch(/^HTTP\/1\.1 400 /)
      expect(told).toContain('malformed')
      expect(performance.now() - from).toBeGreaterThanOrEqual(API_BODY_TIMEOUT_MS - 50)
    },
  )

  it.each(BEGUN)('at %s is no fault of ours when its sender is gone', async (...begun) => {
    const [path] = begun
    const from = site.lines.length
    await stall(...begun, 'gone')
    const told = () => site.lines.slice(from).filter((line) => line.includes(`"${path}"`))
    await expect.poll(told, { timeout: 10_000 }).not.toEqual([])
    expect(told().join()).toContain('"refusal":"malformed"')
    expect(site.lines.slice(from).join()).not.toContain('fault')
  })
})
