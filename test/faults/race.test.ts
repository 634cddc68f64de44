import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mint, openLease, present } from './calls.ts'
import { type Deployment, deploy, type Member } from './deployment.ts'
import { type StoreKind, type StorePlace, steadyStore } from './stores.ts'

const ROUNDS = 200
const PRESENTERS = 64

const STORES: readonly StoreKind[] = ['sqlite', 'postgres']

describe.each(STORES)('two gateway processes on one store, %s', (kind) => {
  let place: StorePlace
  let deployment: Deployment
  let worker: Member

  beforeAll(async () => {
    place = await steadyStore(kind)
    const { databaseUrl } = place
    deployment = await deploy({ gateways: 1, databaseUrl })
    worker = await deployment.enroll('worker', PRESENTERS)
  }, 60_000)
  afterAll(async () => {
    await deployment.end()
    await place.end()
  })

  it('I7: of 64 presentations of one token at once, one wins, 200 times over', async () => {
    const lease = await openLease(worker, deployment.scope)
    let tokens: readonly string[] = []
    const wins: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round % PRESENTERS === 0) tokens = await mint(worker, lease, PRESENTERS)
      const token = tokens[round % PRESENTERS] ?? ''
      const outcomes = await Promise.all(
        Array.from({ length: PRESENTERS }, (_, at) => {
          const gateway = deployment.gateways[at % 2] ?? ''
          return present(worker, gateway, token, `/race/${round}`)
        }),
      )
      wins.push(outcomes.filter((outcome) => outcome === 'spent').length)
      const others = new Set(outcomes.filter((outcome) => outcome !== 'spent'))
      expect([...others]).toEqual(['refused:token_used'])
      expect(deployment.reached.get(`/race/${round}`)).toBe(1)
    }
    expect(wins).toEqual(Array.from({ length: ROUNDS }, () => 1))
  }, 180_000)

  it('I9: what one process revokes, the other refuses from the next request on', async () => {
    for (let round = 0; round < 20; round += 1) {
      const lease = await openLease(worker, deployment.scope)
      const [token = ''] = await mint(worker, lease, 1)
      const path = `/v1/leases/${lease}/revoke`
      const revoked = await deployment.owner.call({
        method: 'POST',
        path,
        body: { reason: 'test' },
      })
      expect(revoked.ok).toBe(true)
      const outcome = await present(worker, deployment.gateways[1] ?? '', token, `/after/${round}`)
      expect(outcome).toBe('refused:revoked')
    }
  }, 60_000)

  it('I11: two gateways spend no more uses of one lease than it has', async () => {
    const lease = await openLease(worker, deployment.scope, 10)
    const tokens = await mint(worker, lease, 64)
    const outcomes = await Promise.all(
      tokens.map((token, at) =>
        present(worker, deployment.gateways[at % 2] ?? '', token, `/uses/${at}`),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(10)
    expect(new Set(outcomes)).toEqual(new Set(['spent', 'refused:uses_exhausted']))
  }, 60_000)
})
