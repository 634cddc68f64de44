import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keysFetcher } from '../../../src/attestation/oidc/fetch-keys.ts'
import { createIssuerKeys } from '../../../src/attestation/oidc/issuer-keys.ts'
import {
  ISSUER_KEYS_AGAIN_MS,
  ISSUER_KEYS_AGE_MS,
  ISSUER_KEYS_BYTES_MAX,
  ISSUER_KEYS_TIMEOUT_MS,
} from '../../../src/domain/limits.ts'
import { startWorkloadIssuer, type WorkloadIssuer } from '../../support/workload-issuer.ts'

let platform: WorkloadIssuer
let now: number
let failures: unknown[]

beforeEach(async () => {
  platform = await startWorkloadIssuer()
  now = 1_000_000
  failures = []
})
afterEach(() => platform.stop())

function keys(url = platform.jwksUrl, caFile: string | undefined = platform.caFile) {
  return createIssuerKeys({
    fetch: keysFetcher({ kind: 'url', url, caFile }),
    algs: ['RS256'],
    failed: (cause) => failures.push(cause),
    now: () => now,
  })
}

const AWAY = { ok: false, refusal: { code: 'status_unknown' } }
const NONE = { ok: false, refusal: { code: 'attestation_failed', facts: { token: 'kid' } } }

describe('the keys of an issuer', () => {
  it('are fetched once over https, however many ask', async () => {
    const kept = keys()
    const found = await Promise.all(Array.from({ length: 20 }, () => kept.find(platform.kid())))
    expect(found.every(({ ok }) => ok)).toBe(true)
    expect(platform.asked).toBe(1)
  })

  it('follow a rotation, but made-up names are asked for only now and then', async () => {
    const kept = keys()
    const old = platform.kid()
    await kept.find(old)
    await platform.rotate()
    expect(await kept.find(platform.kid())).toMatchObject(NONE)
    now += ISSUER_KEYS_AGAIN_MS
    expect(await kept.find(platform.kid())).toMatchObject({ ok: true })
    expect(await kept.find(old)).toMatchObject(NONE)
    for (let i = 0; i < 50; i += 1) expect(await kept.find(`made up ${i}`)).toMatchObject(NONE)
    expect(platform.asked).toBe(2)
  })

  it('count while the issuer is away, until their age is reached: then nothing does', async () => {
    const kept = keys()
    const kid = platform.kid()
    await kept.find(kid)
    platform.answer = { status: 500, body: '' }
    now += ISSUER_KEYS_AGE_MS - 1
    expect(await kept.find(kid)).toMatchObject({ ok: true })
    now += 1
    expect(await kept.find(kid)).toMatchObject(AWAY)
    expect(failures).toHaveLength(1)
  })

  it.each([
    ['a redirect', () => ({ status: 302, body: '', headers: { location: platform.jwksUrl } })],
    [
      'another protocol in its place',
      () => ({ status: 101, body: '', headers: { connection: 'upgrade', upgrade: 'x' } }),
    ],
    ['an error', () => ({ status: 503, body: platform.answer.body })],
    ['no JSON', () => ({ status: 200, body: '<html>' })],
    ['JSON with a member twice', () => ({ status: 200, body: '{"keys":[],"keys":[]}' })],
    ['no set of keys', () => ({ status: 200, body: '{"error":"none"}' })],
    ['too much', () => ({ status: 200, body: ' '.repeat(ISSUER_KEYS_BYTES_MAX + 1) })],
  ])('%s is no answer', async (_name, answer) => {
    platform.answer = answer()
    expect(await keys().find(platform.kid())).toMatchObject(AWAY)
    expect([platform.asked, failures.length]).toEqual([1, 1])
  })

  it('nobody at the address, or somebody else, is no answer', async () => {
    const strange = createIssuerKeys({
      fetch: keysFetcher({ kind: 'url', url: platform.jwksUrl, caFile: undefined }),
      algs: ['RS256'],
      failed: (cause) => failures.push(cause),
    })
    expect(await strange.find(platform.kid())).toMatchObject(AWAY)
    expect(await keys('https://127.0.0.1:1/keys').find('any')).toMatchObject(AWAY)
    expect(platform.asked).toBe(0)
  })

  it(`an issuer may take ISSUER_KEYS_TIMEOUT_MS (${ISSUER_KEYS_TIMEOUT_MS}) and no longer`, () => {
    expect(ISSUER_KEYS_TIMEOUT_MS).toBeLessThan(ISSUER_KEYS_AGAIN_MS)
  })
})
