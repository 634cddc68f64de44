import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_MOVE_SECONDS } from '../../../src/domain/limits.ts'
import { mint, must, openLease, present } from '../../faults/calls.ts'
import type { Member } from '../../faults/deployment.ts'
import { startWrit } from '../../faults/writ-process.ts'
import { runWrit } from '../../support/cli-process.ts'
import { type DetachedSite, MAX_STALE_SECONDS, openSite } from './site.ts'

const ROUNDS = 100
/** The end of one round may still hold a place when the next one begins. */
const LOST: readonly string[] = ['refused:token_used', 'refused:overloaded']
const PRESENTERS = 64
const REVOCATIONS = 12
/** A revocation is normally heard in a few milliseconds; the rest is this machine. */
const NORMALLY_MS = 100
const PATIENCE_MS = 30_000
/** How long a busy machine may take to notice that the bound has passed. */
const SLACK_MS = 5_000

let site: DetachedSite
let worker: Member

beforeAll(async () => {
  site = await openSite()
  worker = await site.enroll('worker', PRESENTERS)
  await until('spent')
}, 120_000)
afterAll(() => site?.end())

/** Presents fresh tokens until one ends as it should; answers how long it took. */
async function until(outcome: string): Promise<number> {
  const lease = await openLease(worker, site.scope)
  const began = performance.now()
  for (let told = ''; performance.now() - began < PATIENCE_MS; await delay(100)) {
    const [token = ''] = await mint(worker, lease, 1)
    told = await present(worker, site.url, token, '/until')
    if (told === outcome) return performance.now() - began
  }
  throw new Error(`no ${outcome} in ${PATIENCE_MS} ms`)
}

async function call(token: string, path = '/one') {
  const { statusCode, headers, body } = await request(`${site.url}/count${path}`, {
    dispatcher: worker.calls,
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: statusCode, headers, body }
}

/** Opens a stream; `closed` is the moment at which it was broken off. */
async function openStream(lease: string): Promise<{ readonly closed: Promise<number> }> {
  const [token = ''] = await mint(worker, lease, 1)
  const { body } = await call(token, '/stream')
  body.on('error', () => undefined)
  await new Promise((resolve) => body.once('data', resolve))
  const closed = new Promise<number>((resolve) => {
    body.once('close', () => resolve(performance.now()))
  })
  return { closed }
}

async function revoke(lease: string): Promise<void> {
  await must(site.owner, `/v1/leases/${lease}/revoke`, { reason: 'test' })
}

describe('a gateway that decides by itself', () => {
  it('lets calls through, says how old its knowledge is, and has no receipt', async () => {
    const [token = ''] = await mint(worker, await openLease(worker, site.scope), 1)
    const { status, headers, body } = await call(token)
    expect([status, await body.text()]).toEqual([200, 'counted'])
    expect(Number(headers['writ-staleness'])).toBeLessThanOrEqual(MAX_STALE_SECONDS)
    expect(headers['writ-receipt']).toBeUndefined()
  })

  it('I7: of 64 presentations of one token one wins, 100 times over', async () => {
    const lease = await openLease(worker, site.scope)
    const tokens = [...(await mint(worker, lease, 64)), ...(await mint(worker, lease, ROUNDS - 64))]
    for (const [round, token] of tokens.entries()) {
      const path = `/race/${round}`
      const outcomes = await Promise.all(
        Array.from({ length: PRESENTERS }, () => present(worker, site.url, token, path)),
      )
      expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1)
      const others = outcomes.filter((outcome) => outcome !== 'spent')
      expect(others.filter((outcome) => !LOST.includes(outcome))).toEqual([])
      expect(site.reached.get(path)).toBe(1)
    }
  }, 180_000)

  it('I9: refuses what was revoked, within its bound and normally at once', async () => {
    const took: number[] = []
    for (let round = 0; round < REVOCATIONS; round += 1) {
      const lease = await openLease(worker, site.scope)
      const tokens = await mint(worker, lease, 64)
      await revoke(lease)
      const answered = performance.now()
      let outcome = ''
      for (const token of tokens) {
        outcome = await present(worker, site.url, token, '/after')
        if (outcome === 'refused:revoked') break
      }
      expect(outcome).toBe('refused:revoked')
      took.push(performance.now() - answered)
    }
    took.sort((a, b) => a - b)
    expect(took.at(-1)).toBeLessThan(MAX_STALE_SECONDS * 1_000)
    expect(took[Math.floor(took.length / 4)]).toBeLessThan(NORMALLY_MS)
  }, 60_000)

  it('I9: cuts a running stream below what was revoked', async () => {
    const lease = await openLease(worker, site.scope)
    const { closed } = await openStream(lease)
    const began = performance.now()
    await revoke(lease)
    expect((await closed) - began).toBeLessThan(MAX_STALE_SECONDS * 1_000)
  })

  it('I11: takes no token that somebody would have to count', async () => {
    const [token = ''] = await mint(worker, await openLease(worker, site.scope, 10), 1)
    expect(await present(worker, site.url, token, '/uses')).toBe('refused:limit_unenforceable')
  })

  it('I4: takes no token from before a contract moved, and takes the next one', async () => {
    const mover = await site.enroll('mover', 2)
    const lease = await openLease(mover, site.scope)
    const [before = ''] = await mint(mover, lease, 1)
    const contract = { ...site.scope, limits: { ...site.scope.limits, max_children: 5 } }
    const path = '/v1/agents/mover/contract'
    const set = await site.owner.call({ method: 'PUT', path, body: { contract } })
    expect(set.ok).toBe(true)
    await delay(CONTRACT_MOVE_SECONDS * 1_000 + 2_000)
    expect(await present(mover, site.url, before, '/moved')).toBe('refused:status_unknown')
    const [after = ''] = await mint(mover, lease, 1)
    expect(await present(mover, site.url, after, '/moved')).toBe('spent')
  }, 30_000)
})

describe.each([
  ['stands still', () => site.authority.stop(), async () => site.authority.go()],
  ['is killed', () => site.authority.kill(), () => site.authority.restart()],
])('the authority %s', (_how, away, back) => {
  it('I9: nothing goes on past the bound, and everything again by itself', async () => {
    const lease = await openLease(worker, site.scope)
    const tokens = await mint(worker, lease, 64)
    const { closed } = await openStream(lease)
    await away()
    const began = performance.now()
    const told = { at: 0, stale: 0 }
    for (const token of tokens) {
      const { headers, body } = await call(token, '/away')
      await body.dump()
      told.at = performance.now() - began
      told.stale = Number(headers['writ-staleness'])
      if (headers['writ-refusal'] === 'status_unknown') break
      expect(told.stale).toBeLessThanOrEqual(MAX_STALE_SECONDS)
      await delay(200)
    }
    expect(told.stale).toBeGreaterThan(MAX_STALE_SECONDS)
    expect(told.at).toBeLessThan(MAX_STALE_SECONDS * 1_000 + SLACK_MS)
    expect((await closed) - began).toBeLessThan(MAX_STALE_SECONDS * 1_000 + SLACK_MS)
    await back()
    await until('spent')
  }, 90_000)
})

describe('the gateway is killed', () => {
  it('I7: what it spent stays spent', async () => {
    const [token = ''] = await mint(worker, await openLease(worker, site.scope), 1)
    expect(await present(worker, site.url, token, '/kept')).toBe('spent')
    await site.gateway.kill()
    await site.gateway.restart()
    const told = await present(worker, site.url, token, '/kept')
    expect(['refused:token_used', 'refused:status_unknown']).toContain(told)
    expect(site.reached.get('/kept')).toBe(1)
  }, 60_000)
})

describe('a detached route', () => {
  it('needs a ledger: without a folder for it no gateway starts', async () => {
    await expect(startWrit({ command: 'gateway', words: site.words })).rejects.toThrow(
      'set gateway.ledger_dir',
    )
  })

  it('is not for a process that has the store', async () => {
    const at = site.words.indexOf('--routes')
    const routes = ['--json', ...site.words.slice(at, at + 2)]
    const places = ['--data-dir', `${site.folder}/other`, '--keys-dir', `${site.folder}/others`]
    await expect(startWrit({ command: 'serve', words: [...routes, ...places] })).rejects.toThrow(
      'is for a gateway without a store',
    )
  })

  it('is looked at by the doctor: its file, and the folder of its ledger', async () => {
    const routesOf = async (words: readonly string[]) => {
      const ran = await runWrit(['doctor', ...site.words, ...words])
      const { checks } = JSON.parse(ran.stdout) as { checks: { name: string; state: string }[] }
      return checks.filter(({ name }) => name === 'routes' || name === 'ledger folder')
    }
    expect(await routesOf([])).toMatchObject([{ name: 'routes', state: 'failed' }])
    const ledgers = ['--gateway-ledger-dir', `${site.folder}/ledgers`]
    expect(await routesOf(ledgers)).toMatchObject([
      { name: 'routes', state: 'ok' },
      { name: 'ledger folder', state: 'ok' },
    ])
  })
})
