import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import {
  admittedAs,
  routeToml,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { codeOf, tell } from '../support/gateway-client.ts'

const RATE = { limit: 60, remaining: 12, perSeconds: 60, resetSeconds: 7 }

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway

beforeEach(async () => {
  upstream = await startUpstream((_request, response) => {
    response.setHeader('X-RateLimit-Remaining', '9999')
    response.setHeader('RateLimit', '"theirs";r=1;t=2')
    response.end('hello')
  })
  const more = 'headers = ["x-ratelimit-*"]\nbudget_status = 429'
  gateway = await startGateway(upstream.origin, {
    routesToml: routeToml('up', upstream.origin, more),
  })
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

describe('a rate at the gateway', () => {
  it('is told with the answer, in place of what the upstream says of its own', async () => {
    gateway.admit = async (presentation) =>
      accept({ ...admittedAs(presentation, gateway.scope, gateway.leaseEndsAt), rate: RATE })
    const { headers } = await tell(gateway, { path: '/up/a' })
    expect(headers).toMatchObject({
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': '12',
      'x-ratelimit-reset': '7',
      'ratelimit-policy': '"writ";q=60;w=60',
      ratelimit: '"theirs";r=1;t=2, "writ";r=12;t=7',
    })
  })

  it('leaves the word to the upstream where no rate counts the call', async () => {
    const { headers } = await tell(gateway, { path: '/up/a' })
    expect(headers).toMatchObject({ 'x-ratelimit-remaining': '9999' })
    expect(headers['x-ratelimit-limit']).toBeUndefined()
  })

  it('KSX-06: without room it is 429, with when to come again', async () => {
    const lease = 'lease_AAAAAAAAAAAAAAAAAAAAAA'
    gateway.admit = async () =>
      refuse('rate_limited', { limit: 60, perSeconds: 60, retryAfterSeconds: 31, lease })
    const answer = await tell(gateway, { path: '/up/a' })
    expect([answer.status, codeOf(answer)]).toEqual([429, 'rate_limited'])
    expect(answer.headers).toMatchObject({ 'retry-after': '31', 'x-ratelimit-remaining': '0' })
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      limit_type: 'rate',
      retry_after_seconds: 31,
      rate: { limit: 60, remaining: 0, per_seconds: 60, reset_seconds: 31 },
    })
    expect(answer.body.toString(), 'whose rate it is stays behind').not.toContain(lease)
  })

  it('KSX-06: an exhausted budget has the status that its route says', async () => {
    gateway.admit = async () => refuse('budget_exhausted', { unit: 'USD' })
    const answer = await tell(gateway, { path: '/up/a' })
    expect([answer.status, codeOf(answer)]).toEqual([429, 'budget_exhausted'])
    const told = { status: 429, limit_type: 'budget' }
    expect(JSON.parse(answer.body.toString())).toMatchObject(told)
  })
})
