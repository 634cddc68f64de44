import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createAgent, type WritAgent } from '../../src/client/index.ts'
import {
  AUTHORITY_CONNECT_TIMEOUT_MS,
  CLIENT_LOOK_MS,
  CLIENT_PAUSE_MS,
  CLIENT_PAUSE_MS_MAX,
  CLIENT_TIMEOUT_MS,
  CLIENT_TRIES_MAX,
  REDEEM_DEADLINE_MS,
} from '../../src/domain/limits.ts'

interface Got {
  readonly line: string
  readonly key: string | undefined
  readonly body: string
}
type Act = (request: IncomingMessage, response: ServerResponse) => void

const IDENTITY = { cert: 'c', key: 'k', ca: 'a' }
const SCOPE = { type: 'urn:writ:scope:v1' as const, grants: [] }
const running: Server[] = []
const agents: WritAgent[] = []
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()))
  for (const server of running.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** An authority that acts as it is told, one request after the other; the last act stays. */
async function authority(...acts: readonly Act[]) {
  const got: Got[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const key = request.headers['idempotency-key']
    got.push({ line: `${request.method} ${request.url}`, key: String(key), body })
    acts[Math.min(got.length, acts.length) - 1]?.(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push(server)
  const { port } = server.address() as AddressInfo
  const agent = createAgent({ authority: `http://127.0.0.1:${port}`, identity: IDENTITY })
  agents.push(agent)
  return { got, agent }
}

const lost: Act = (request) => request.socket.destroy()
const silent: Act = () => undefined
const says =
  (status: number, value: object): Act =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
const refuses = (status: number, code: string, more: object = {}): Act =>
  says(status, { code, title: code, status, request_id: 'req_x', reasons: [], ...more })
const LEASE = { id: 'lease_1', state: 'live' }

describe('what is sent again, and what never', () => {
  it('a creation whose answer was lost goes again under the same key', async () => {
    const { got, agent } = await authority(lost, says(201, LEASE))
    expect(await agent.open({ scope: SCOPE })).toEqual(LEASE)
    expect(got).toHaveLength(2)
    expect(got[0]?.key).toMatch(/^[0-9a-f-]{36}$/)
    expect(got[1]).toEqual(got[0])
    await agent.open({ scope: SCOPE })
    expect(got[2]?.key).not.toBe(got[0]?.key)
  })

  it('I7: so does a redemption of a delegation, which is done once', async () => {
    const { got, agent } = await authority(lost, says(201, LEASE))
    expect(await agent.redeem('a.b.c')).toEqual(LEASE)
    expect(new Set(got.map(({ key }) => key)).size).toBe(1)
  })

  it('an answer with a secret that was lost is not had by creating it twice', async () => {
    const { got, agent } = await authority(lost, refuses(409, 'conflict'))
    const minting = agent.mint({ lease: 'lease_1', audience: 'x' })
    await expect(minting).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(got).toHaveLength(2)
  })

  it('what has no key is sent once', async () => {
    const { got, agent } = await authority(lost)
    await expect(agent.release('lease_1')).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(got).toHaveLength(1)
  })

  it('a refusal is an answer, and stays one', async () => {
    const { got, agent } = await authority(refuses(403, 'policy_denied'))
    await expect(agent.open({ scope: SCOPE })).rejects.toMatchObject({ code: 'policy_denied' })
    expect(got).toHaveLength(1)
  })

  it('who is busy is asked again after a pause, as often as CLIENT_TRIES_MAX', async () => {
    const { got, agent } = await authority(refuses(503, 'overloaded'))
    await expect(agent.lease('lease_1')).rejects.toMatchObject({ code: 'overloaded' })
    expect(got).toHaveLength(CLIENT_TRIES_MAX)
  })

  it('a pause longer than CLIENT_PAUSE_MS_MAX is left to the caller', async () => {
    const told = { retry_after_seconds: CLIENT_PAUSE_MS_MAX / 1_000 + 1 }
    const { got, agent } = await authority(refuses(429, 'rate_limited', told))
    const asking = agent.lease('lease_1')
    await expect(asking).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 6 })
    expect(got).toHaveLength(1)
  })

  it('nobody there is unreachable, and no answer in time is timeout', async () => {
    const { agent } = await authority(lost)
    await expect(agent.lease('lease_1')).rejects.toMatchObject({ code: 'unreachable' })
    const late = await authority(silent)
    const waiting = late.agent.lease('lease_1', { timeoutMs: 50 })
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' })
  })

  it('an abort ends waiting at once, before, while and between tries', async () => {
    const { agent, got } = await authority(silent)
    const aborted = { signal: AbortSignal.abort() }
    await expect(agent.lease('lease_1', aborted)).rejects.toMatchObject({ code: 'aborted' })
    expect(got).toHaveLength(0)
    const abort = new AbortController()
    const opening = agent.open({ scope: SCOPE }, { signal: abort.signal })
    await Promise.all([
      expect(opening).rejects.toMatchObject({ code: 'aborted' }),
      expect
        .poll(() => got.length)
        .toBe(1)
        .then(() => abort.abort()),
    ])
    expect(got).toHaveLength(1)
  })
})

it('a try outlasts what the authority itself waits, and all pauses are shorter than one', () => {
  expect(CLIENT_TIMEOUT_MS).toBeGreaterThan(REDEEM_DEADLINE_MS + AUTHORITY_CONNECT_TIMEOUT_MS)
  expect(CLIENT_PAUSE_MS * 2 ** CLIENT_TRIES_MAX).toBeLessThan(CLIENT_PAUSE_MS_MAX)
})

describe('what a person has to allow first', () => {
  const asked = { approval: { id: 'appr_1', state: 'pending' } }

  it('is an error that has the question, unless the agent waits', async () => {
    const { agent } = await authority(says(202, asked))
    const opening = agent.open({ scope: SCOPE })
    await expect(opening).rejects.toMatchObject({
      code: 'approval_required',
      approval: { id: 'appr_1' },
    })
  })

  it('with wait the same request goes again once there is a yes, looked for each CLIENT_LOOK_MS', async () => {
    const { got, agent } = await authority(
      says(202, asked),
      says(200, { id: 'appr_1', state: 'pending' }),
      says(200, { id: 'appr_1', state: 'approved' }),
      says(201, LEASE),
    )
    const began = performance.now()
    expect(await agent.open({ scope: SCOPE }, { wait: true })).toEqual(LEASE)
    expect(performance.now() - began).toBeGreaterThanOrEqual(CLIENT_LOOK_MS - 50)
    const { approval, ...again } = JSON.parse(got[3]?.body ?? '')
    expect(approval).toBe('appr_1')
    expect(again).toEqual(JSON.parse(got[0]?.body ?? ''))
  })

  it('a no is approval_denied, and an abort ends the waiting', async () => {
    const denied = says(200, { id: 'appr_1', state: 'denied' })
    const { agent } = await authority(says(202, asked), denied)
    const opening = agent.open({ scope: SCOPE }, { wait: true })
    await expect(opening).rejects.toMatchObject({ code: 'approval_denied' })
    const other = await authority(says(202, asked), says(200, { id: 'appr_1', state: 'pending' }))
    const options = { wait: true, signal: AbortSignal.timeout(200) }
    const waiting = other.agent.open({ scope: SCOPE }, options)
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  })
})
