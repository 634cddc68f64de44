import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mint, openLease, type Presented, present } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import type { WritProcess } from '../../faults/writ-process.ts'
import { openSite, type RemoteSite } from './site.ts'

const LANES = 8
const EVERY_MS = 40
const TOKENS = 64 * 60

let site: RemoteSite
let worker: Member

beforeAll(async () => {
  site = await openSite({ authorities: 2, gateways: 1 })
  worker = await site.enroll('worker', LANES)
}, 60_000)
afterAll(() => site.end())

/** Presents one token after the other in a few lanes until it is told to stop. */
async function underLoad(work: () => Promise<void>): Promise<readonly Presented[]> {
  const lease = await openLease(worker, site.scope)
  const tokens: string[] = []
  while (tokens.length < TOKENS) tokens.push(...(await mint(worker, lease, 64)))
  const outcomes: Presented[] = []
  let over = false
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let n = 0; !over; n += 1) {
      const token = tokens.pop()
      if (token === undefined) return
      outcomes.push(await present(worker, site.urls[0] ?? '', token, `/roll/${lease}/${lane}/${n}`))
      await pause(EVERY_MS)
    }
  })
  await work()
  over = true
  await Promise.all(lanes)
  expect(tokens.length, 'the load lasts as long as the work').toBeGreaterThan(0)
  return outcomes
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function authority(at: number): WritProcess {
  const found = site.authorities[at]
  if (found === undefined) throw new Error('there is no such authority')
  return found
}

async function restart(process: WritProcess): Promise<void> {
  expect(await process.end()).toBe(0)
  await process.restart()
  await pause(300)
}

describe('two authorities on one store, restarted in turn under load', () => {
  it('nothing is refused but as unknown, hardly anything is, and nothing is spent twice', async () => {
    const outcomes = await underLoad(async () => {
      await pause(200)
      await restart(authority(0))
      await restart(authority(1))
    })
    const counts = new Map<Presented, number>()
    for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    const unknown = counts.get('refused:status_unknown') ?? 0
    expect([...counts.keys()].filter((one) => one !== 'refused:status_unknown')).toEqual(['spent'])
    expect(unknown, 'a request that meets a connection as it closes').toBeLessThanOrEqual(LANES)
    expect(counts.get('spent')).toBeGreaterThan(50)
    expect([...site.reached.values()].filter((times) => times > 1)).toEqual([])
  }, 120_000)

  it('one that is told to end says so first, and answers what it is asked meanwhile', async () => {
    const slow = await openSite({ gateways: 0, authorityWords: ['--drain-notice-ms', '2000'] })
    try {
      const [first] = slow.authorities
      const api = first?.said['api'] ?? ''
      expect((await request(`${api}/readyz`)).statusCode).toBe(200)
      const ending = first?.end()
      await pause(500)
      const { statusCode, headers, body } = await request(`${api}/readyz`)
      const { checks } = (await body.json()) as { checks: Record<string, { detail: string }> }
      expect([statusCode, headers['connection'], checks['process']?.detail]).toEqual([
        503,
        'close',
        'draining',
      ])
      const asked = await slow.owner.call({ method: 'GET', path: '/v1/agents' })
      expect(asked.ok, 'work that still arrives is done').toBe(true)
      expect(await ending).toBe(0)
    } finally {
      await slow.end()
    }
  }, 60_000)
})
