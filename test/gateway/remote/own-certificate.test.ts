import { describe, expect, it } from 'vitest'
import type { AgentUri } from '../../../src/domain/ids.ts'
import { AGENT_CERTIFICATE_SECONDS, OWN_CERTIFICATE_CHECK_MS } from '../../../src/domain/limits.ts'
import { epochSeconds, later } from '../../../src/domain/time.ts'
import { keepOwnCertificate } from '../../../src/gateway/remote/own-certificate.ts'
import type { CertificateAuthority } from '../../../src/pki/ca.ts'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import { type Identity, readIdentity } from '../../../src/pki/identity-files.ts'
import { agentUri, STARTED, testAuthority } from '../../support/pki.ts'

const URI = agentUri('edge', 'gateway')
const NAMES = ['gateway.example']

interface Order {
  readonly csrPem: string
  readonly uri?: AgentUri
  readonly serverNames?: readonly string[]
  readonly now: number
}

async function issue(ca: CertificateAuthority, order: Order): Promise<string> {
  const { csrPem, uri = URI, serverNames = NAMES, now } = order
  const made = await ca.issueAgent({ csrPem, uri, serverNames, now: epochSeconds(now) })
  if (!made.ok) throw new Error(made.refusal.code)
  return made.value.pem
}

async function rig(change: Partial<Order> = {}) {
  const ca = await testAuthority()
  const { csrPem, privateKeyPem } = await createAgentRequest(URI)
  const identity = readIdentity(await issue(ca, { csrPem, now: STARTED }), privateKeyPem)
  const state = { now: STARTED, asked: 0, away: false, failures: [] as unknown[] }
  const replaced: Identity[] = []
  const kept = { identity, refuses: false }
  const own = keepOwnCertificate({
    identity,
    clock: { now: () => epochSeconds(state.now) },
    async certify(csr) {
      state.asked += 1
      if (state.away) throw new Error('away')
      return issue(ca, { csrPem: csr, now: state.now, ...change })
    },
    read: () => kept.identity,
    async keep(next) {
      if (kept.refuses) throw new Error('the disk is full')
      kept.identity = next
    },
    replaced: (next) => void replaced.push(next),
    failed: (cause) => void state.failures.push(cause),
  })
  own.close()
  const half = later(STARTED, AGENT_CERTIFICATE_SECONDS / 2)
  return { own, identity, state, replaced, kept, half }
}

describe("the certificate of a gateway's own", () => {
  it('is left alone in the first half of its life', async () => {
    const { own, state, identity, half } = await rig()
    state.now = later(half, -60)
    await own.check()
    expect([state.asked, own.current()]).toEqual([0, identity])
  })

  it('is renewed with a new key when half of its life is over, once', async () => {
    const { own, state, replaced, identity, half } = await rig()
    state.now = half
    await Promise.all([own.check(), own.check()])
    await own.check()
    expect([state.asked, replaced.length, state.failures]).toEqual([1, 1, []])
    const next = own.current()
    expect(replaced[0]).toEqual(next)
    expect(next.privateKeyPem).not.toBe(identity.privateKeyPem)
    expect([next.uri, next.serverNames]).toEqual([URI, NAMES])
    expect(next.notAfter).toBe(later(half, AGENT_CERTIFICATE_SECONDS))
  })

  it('is asked for again while the authority is away', async () => {
    const { own, state, half } = await rig()
    state.now = half
    state.away = true
    await own.check()
    await own.check()
    expect([state.asked, state.failures.length]).toEqual([2, 2])
    state.away = false
    await own.check()
    expect(own.current().notAfter).toBeGreaterThan(half)
    expect(OWN_CERTIFICATE_CHECK_MS * 100).toBeLessThan(AGENT_CERTIFICATE_SECONDS * 1_000)
  })

  it('is taken from the files when another process has renewed it there', async () => {
    const first = await rig()
    first.state.now = first.half
    await first.own.check()
    const { own, state, replaced, kept, half } = await rig()
    kept.identity = first.own.current()
    state.now = half
    await own.check()
    expect([state.asked, replaced]).toEqual([0, [first.own.current()]])
  })

  it('is used also when it can not be kept', async () => {
    const { own, state, replaced, kept, half } = await rig()
    kept.refuses = true
    state.now = half
    await own.check()
    expect([replaced, state.failures.length]).toEqual([[own.current()], 1])
    expect(own.current()).not.toEqual(kept.identity)
  })

  it.each([
    ['of somebody else', { uri: agentUri('other', 'gateway') }],
    ['for other servers', { serverNames: ['other.example'] }],
  ])('is not replaced by one %s', async (_sentence, change) => {
    const { own, state, replaced, identity, half } = await rig(change)
    state.now = half
    await own.check()
    expect([replaced, own.current()]).toEqual([[], identity])
    expect(state.failures).toHaveLength(1)
  })

  it('is not replaced by one of another key', async () => {
    const { csrPem } = await createAgentRequest(URI)
    const { own, state, identity, half } = await rig({ csrPem })
    state.now = half
    await own.check()
    expect([own.current(), state.failures.length]).toEqual([identity, 1])
  })
})
