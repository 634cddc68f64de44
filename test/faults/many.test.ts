import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/client/client.ts'
import { mint, openLease, present } from './calls.ts'
import { type Deployment, deploy, type Member } from './deployment.ts'
import { type StorePlace, steadyStore } from './stores.ts'

const AUTHORITIES = 4
const GATEWAYS = 2
const RACES = 200
const PRESENTERS = 64
const REVOCATIONS = 500
/** Revocations at a time: each is a story of its own, below a root of its own. */
const LANES = 4

describe('four authority and two gateway processes on one PostgreSQL', () => {
  let place: StorePlace
  let deployment: Deployment
  let owners: readonly Client[]
  let workers: readonly Member[]

  beforeAll(async () => {
    place = await steadyStore('postgres')
    const { databaseUrl } = place
    deployment = await deploy({ authorities: AUTHORITIES, gateways: GATEWAYS, databaseUrl })
    owners = deployment.authorities.map(({ said }) =>
      createClient({ address: said['api'] ?? '', bearer: deployment.bearer }),
    )
    const names = Array.from({ length: LANES }, (_, at) => `worker${at}`)
    workers = await Promise.all(names.map((name) => deployment.enroll(name, PRESENTERS)))
  }, 120_000)
  afterAll(async () => {
    for (const owner of owners) await owner.close()
    await deployment.end()
    await place.end()
  })

  it('I7: of 64 presentations of one token at once at six gateways, one wins, 200 times over', async () => {
    const [worker] = workers
    if (worker === undefined) throw new Error('there are workers')
    const lease = await openLease(worker, deployment.scope)
    let tokens: readonly string[] = []
    const wins: number[] = []
    for (let race = 0; race < RACES; race += 1) {
      if (race % PRESENTERS === 0) tokens = await mint(worker, lease, PRESENTERS)
      const token = tokens[race % PRESENTERS] ?? ''
      const outcomes = await Promise.all(
        Array.from({ length: PRESENTERS }, (_, at) => {
          const gateway = deployment.gateways[at % deployment.gateways.length] ?? ''
          return present(worker, gateway, token, `/race/${race}`)
        }),
      )
      const others = new Set(outcomes.filter((outcome) => outcome !== 'spent'))
      expect([...others]).toEqual(['refused:token_used'])
      wins.push(outcomes.filter((outcome) => outcome === 'spent').length)
      expect(deployment.reached.get(`/race/${race}`)).toBe(1)
    }
    expect(wins).toEqual(Array.from({ length: RACES }, () => 1))
  }, 120_000)

  it('I9: what one revokes, all refuse from the next request on, 500 times over', async () => {
    const violations: string[] = []
    let next = 0
    const lanes = workers.map(async (worker) => {
      for (let round = next++; round < REVOCATIONS; round = next++) {
        violations.push(...(await revokeAndAskAll(worker, round)))
      }
    })
    await Promise.all(lanes)
    expect(violations).toEqual([])
  }, 120_000)

  /** Revokes at one authority; answers which gateways let a token through afterwards. */
  async function revokeAndAskAll(worker: Member, round: number): Promise<string[]> {
    const lease = await openLease(worker, deployment.scope)
    const tokens = await mint(worker, lease, deployment.gateways.length)
    const owner = owners[round % owners.length] ?? deployment.owner
    const path = `/v1/leases/${lease}/revoke`
    const revoked = await owner.call({ method: 'POST', path, body: { reason: 'test' } })
    expect(revoked.ok).toBe(true)
    const outcomes = await Promise.all(
      tokens.map((token, at) =>
        present(worker, deployment.gateways[at] ?? '', token, `/after/${round}/${at}`),
      ),
    )
    return outcomes
      .map((outcome, at) => `${round} at ${at}: ${outcome}`)
      .filter((told) => !told.endsWith('refused:revoked'))
  }
})
