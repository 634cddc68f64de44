import { readFileSync } from 'node:fs'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mint, openLease, present } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import { openSite, type RemoteSite } from './site.ts'

const WORKERS = 2
const PRESENTERS = 32

let site: RemoteSite
let worker: Member

beforeAll(async () => {
  site = await openSite({
    gateways: 1,
    words: ['--workers', String(WORKERS)],
    authorityWords: ['--workers', String(WORKERS)],
  })
  worker = await site.enroll('worker', PRESENTERS)
}, 90_000)
afterAll(() => site.end())

/** Process ids of the workers of a process. */
function workersOf(pid: number | undefined): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.split(' ').map(Number).filter(Boolean)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.runIf(process.platform === 'linux')('processes that share their listeners', () => {
  it('say once that all are ready, and each tells of itself', async () => {
    const { said, pid } = site.gateways[0] ?? {}
    const { admin, workers } = (said ?? {}) as unknown as { admin: string[]; workers: number }
    expect([workers, admin.length, workersOf(pid).length]).toEqual([WORKERS, WORKERS, WORKERS])
    expect(new Set(admin).size).toBe(WORKERS)
    for (const url of admin) {
      const { statusCode, body } = await request(`${url}/readyz`)
      await body.dump()
      expect(statusCode).toBe(200)
    }
  })

  it('I7: of many presentations of one token to all of them, one wins', async () => {
    const lease = await openLease(worker, site.scope)
    for (const [round, token] of (await mint(worker, lease, 10)).entries()) {
      const outcomes = await Promise.all(
        Array.from({ length: PRESENTERS }, () =>
          present(worker, site.urls[0] ?? '', token, `/workers/${round}`),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1)
      expect(site.reached.get(`/workers/${round}`)).toBe(1)
    }
  }, 60_000)

  it('one that dies is replaced, and the others go on', async () => {
    const pid = site.gateways[0]?.pid
    const before = workersOf(pid)
    process.kill(before[0] ?? 0, 'SIGKILL')
    for (let left = 200; left > 0 && workersOf(pid).length !== WORKERS - 1; left -= 1)
      await pause(10)
    const lease = await openLease(worker, site.scope)
    const [token = ''] = await mint(worker, lease, 1)
    const meanwhile = await present(worker, site.urls[0] ?? '', token, '/meanwhile')
    expect(['spent', 'unknown'], 'a connection of the dead one is lost with it').toContain(
      meanwhile,
    )
    for (let left = 400; left > 0 && workersOf(pid).length !== WORKERS; left -= 1) await pause(25)
    const after = workersOf(pid)
    expect(after).toHaveLength(WORKERS)
    expect(after.filter((one) => before.includes(one))).toHaveLength(WORKERS - 1)
  }, 60_000)

  it('all end with the one that started them', async () => {
    const gateway = site.gateways[0]
    const before = workersOf(gateway?.pid)
    expect(await gateway?.end()).toBe(0)
    await pause(100)
    for (const pid of before) expect(() => process.kill(pid, 0)).toThrow()
    const authority = site.authorities[0]
    const orphans = workersOf(authority?.pid)
    await authority?.kill()
    for (let left = 100; left > 0 && orphans.some(isAlive); left -= 1) await pause(50)
    expect(orphans.filter(isAlive), 'also when that is killed').toEqual([])
  }, 60_000)
})

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z'
  } catch {
    return false
  }
}
