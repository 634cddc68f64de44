import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVENT_STREAM_RETRY_MS } from '../../../src/domain/limits.ts'
import { mint, openLease, type Presented, present } from '../../faults/calls.ts'
import { type Deployment, deploy, type Member } from '../../faults/deployment.ts'
import { type Balancer, startBalancer } from '../../support/balancer.ts'

const LANES = 6
const NOTICE_MS = 1_000
/** More than the test takes: whatever is let end within it is not what ended the process. */
const DEADLINE_MS = 60_000

let site: Deployment
let worker: Member
let calls: Balancer
let api: Balancer

beforeAll(async () => {
  const words = ['--drain-notice-ms', `${NOTICE_MS}`, '--drain-deadline-ms', `${DEADLINE_MS}`]
  site = await deploy({ authorities: 2, gateways: 0, words })
  worker = await site.enroll('worker', LANES)
  const listeners = (name: 'api' | 'gateway') =>
    site.authorities.map(({ said }) => ({ url: said[name] ?? '', health: said['api'] ?? '' }))
  calls = await startBalancer(listeners('gateway'))
  api = await startBalancer(listeners('api'))
}, 60_000)
afterAll(async () => {
  calls.close()
  api.close()
  await site.end()
})

/** Presents tokens and asks the API, over the balancers, until the work is done. */
async function underLoad(work: (answered: (more: number) => Promise<void>) => Promise<void>) {
  const lease = await openLease(worker, site.scope)
  const tokens: string[] = []
  while (tokens.length < 64 * 20) tokens.push(...(await mint(worker, lease, 64)))
  const presented: Presented[] = []
  const asked: (number | string)[] = []
  let over = false
  const presenting = Array.from({ length: LANES }, async (_, lane) => {
    for (let n = 0; !over; n += 1, await pause(25)) {
      const token = tokens.pop()
      if (token === undefined) return
      const path = `/drain/${lane}/${n}`
      presented.push(await present(worker, calls.url, token, path, '127.0.0.1'))
    }
  })
  const asking = Array.from({ length: 2 }, async () => {
    for (; !over; await pause(25)) asked.push(await agentsOf(api.url))
  })
  const answered = async (more: number) => {
    const [calls, reads] = [presented.length + more, asked.length + more]
    while (presented.length < calls || asked.length < reads) await pause(20)
  }
  await work(answered)
  over = true
  await Promise.all([...presenting, ...asking])
  expect(tokens.length, 'the load lasts as long as the work').toBeGreaterThan(0)
  return { presented, asked }
}

async function agentsOf(url: string): Promise<number | string> {
  try {
    const headers = { authorization: `Bearer ${site.bearer}` }
    const { statusCode, body } = await request(`${url}/v1/agents`, { headers })
    await body.dump()
    return statusCode
  } catch (fault) {
    return String(fault)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Reads a stream to its end; throws when it was cut. */
async function streamOf(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${site.bearer}`, accept: 'text/event-stream' }
  const { body } = await request(url, { headers })
  return body.text()
}

describe('two processes on one store behind a balancer, one of which is told to end', () => {
  it('loses no answer under load, ends its streams with a hint, and ends with 0', async () => {
    const [first] = site.authorities
    const streams = ['audit', 'approvals'].map((name) =>
      streamOf(`${first?.said['api']}/v1/${name}/stream`),
    )
    let exit: number | null | undefined
    let took = 0
    const { presented, asked } = await underLoad(async (answered) => {
      await answered(15)
      const started = performance.now()
      exit = await first?.end()
      took = performance.now() - started
      await answered(15)
    })
    expect(exit).toBe(0)
    expect(took, 'streams and idle connections do not hold it up').toBeLessThan(DEADLINE_MS / 4)
    expect(new Set(presented)).toEqual(new Set(['spent']))
    expect(new Set(asked)).toEqual(new Set([200]))
    for (const given of [...calls.given, ...api.given]) expect(given).toBeGreaterThan(0)
    for (const text of await Promise.all(streams)) {
      expect(text.startsWith(`retry: ${EVENT_STREAM_RETRY_MS}\n\n`)).toBe(true)
      expect(text).toMatch(/\nretry: \d{3,4}\n\n$/)
    }
  }, 60_000)

  it('does not wait any longer when it is told a second time', async () => {
    const pid = site.authorities[1]?.pid ?? 0
    const ended = site.authorities[1]?.end()
    await pause(200)
    const started = performance.now()
    process.kill(pid, 'SIGTERM')
    expect(await ended).toBe(130)
    expect(performance.now() - started).toBeLessThan(NOTICE_MS - 200)
  }, 30_000)
})
