import { describe, expect, it } from 'vitest'
import { type AgentUri, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import {
  ISSUED_TOKENS_MAX,
  ISSUED_TOKENS_PER_AGENT_MAX,
  REQUEST_NONCES_PER_AGENT_MAX,
} from '../../src/domain/limits.ts'
import { later } from '../../src/domain/time.ts'
import { testPlace } from '../support/store.ts'
import { newJti, newLeaseId, T0, thumbprint } from '../support/store-facts.ts'

const tenant = DEFAULT_TENANT
const expiresAt = later(T0, 300)

/** Whether so many are taken, some at once. */
async function all(count: number, take: (at: number) => Promise<{ readonly ok: boolean }>) {
  for (let at = 0; at < count; at += 128) {
    const some = Array.from({ length: Math.min(128, count - at) }, (_, more) => take(at + more))
    if ((await Promise.all(some)).some(({ ok }) => !ok)) return false
  }
  return true
}

/** A token of an agent, by its number. */
function tokenOf(agent: number) {
  const holder = `spiffe://acme.example/agent/a${agent}` as AgentUri
  const certificate = thumbprint('worker')
  return { tenant, jti: newJti(), holder, lease: newLeaseId(), certificate, expiresAt }
}

describe('what has no room', () => {
  it('T-08: a nonce beyond the most of its agent is refused, and none is pushed out', async () => {
    const store = await testPlace().open()
    const holder = 'spiffe://acme.example/agent/planner' as AgentUri
    const take = (hash: string) => store.takeRequestNonce({ tenant, holder, hash, expiresAt })
    expect(await all(REQUEST_NONCES_PER_AGENT_MAX, (at) => take(String(at)))).toBe(true)
    expect(await take('more')).toMatchObject({ refusal: { code: 'overloaded' } })
    expect(await take('0')).toMatchObject({ ok: false })
  })

  it('a token beyond what the published list could hold is refused', async () => {
    const store = await testPlace().open()
    const note = (name: number) => store.noteIssuedToken(tokenOf(name))
    const agents = ISSUED_TOKENS_MAX / ISSUED_TOKENS_PER_AGENT_MAX
    expect(await all(ISSUED_TOKENS_MAX, (at) => note(at % agents))).toBe(true)
    expect(await note(agents)).toMatchObject({ refusal: { code: 'overloaded' } })
  })

  it('an agent that takes token after token keeps no other agent out', async () => {
    const store = await testPlace().open()
    const greedy = () => store.noteIssuedToken(tokenOf(0))
    expect(await all(ISSUED_TOKENS_PER_AGENT_MAX, greedy)).toBe(true)
    expect(await greedy()).toMatchObject({ refusal: { code: 'overloaded' } })
    expect(await store.noteIssuedToken(tokenOf(1))).toMatchObject({ ok: true })
  })
})
