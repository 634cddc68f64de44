import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProcessState, ProcessWatch } from '../../src/attestation/process/liveness.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import {
  NONCES_ENROLLMENT_MAX,
  NONCES_PER_AGENT_MAX,
  PROCESS_POLL_MS,
  PROCESS_SCRIPTS_MAX,
  PROCESS_UNSEEN_SECONDS,
} from '../../src/domain/limits.ts'
import { tellOverdue } from '../../src/usecases/attestation/tell-overdue.ts'
import { createProcessPoll } from '../../src/usecases/attestation/watch-processes.ts'
import { CONTRACT, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { delegateTo, mintFrom, openLease, redemptionOf } from '../support/http-examples.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

/** Enrolls an agent that is proven by its process: that of this test. */
async function measured(name: string): Promise<Peer> {
  const agent = await site.enroll(name)
  const { json } = await agent.ask('POST', '/v1/nonces')
  const body = { evidence: { method: 'process', nonce: json.nonce } }
  const seen = await agent.ask('POST', '/v1/agents/self/attestation', { body })
  expect(seen.status, seen.text).toBe(200)
  return agent
}

async function watchOf(
  agent: Peer,
): Promise<{ watch: ProcessWatch; state: { now: ProcessState } }> {
  const state: { now: ProcessState } = { now: 'runs' }
  const found = await site.world.store.read((reads) =>
    reads.unseenProcesses((reads.now + 1) as typeof reads.now),
  )
  const own = found.find((process) => process.agent === agent.uri)
  if (own === undefined) throw new Error('the process is watched')
  return { watch: { host: own.host, look: async () => state.now }, state }
}

async function alerts(kind: string) {
  const seen = await site.operator.ask('GET', `/v1/alerts?kind=${kind}`)
  return seen.json.items
}

describe('a process behind an agent', () => {
  it('T-06: that ends takes along what its agent holds anywhere in a tree', async () => {
    const planner = await site.enroll('planner')
    const worker = await measured('worker')
    const root = await openLease(planner)
    const token = await delegateTo(planner, root, worker)
    const born = await worker.ask('POST', '/v1/delegations/redeem', { body: { token } })
    const child = born.json.id ?? born.json.lease?.id
    expect((await mintFrom(worker, child)).token).toBeTruthy()
    const { watch, state } = await watchOf(worker)
    const poll = createProcessPoll(site.world, watch)
    await poll()
    expect((await worker.ask('GET', `/v1/leases/${child}`)).status).toBe(200)
    state.now = 'ended'
    await poll()
    expect((await worker.ask('GET', `/v1/leases/${child}`)).json.code).toBe('suspended')
    expect((await planner.ask('GET', `/v1/leases/${child}`)).json.state).toBe('suspended')
    expect((await planner.ask('GET', `/v1/leases/${root}`)).json.state).toBe('live')
    const [alert] = await alerts('attestation.process_ended')
    expect(alert).toMatchObject({ subject: `agent:${worker.uri}`, facts: { ending: 'ended' } })
    await poll()
    expect(await alerts('attestation.process_ended')).toHaveLength(1)
  })

  it('that ended proves nothing any more, also after the owner lifted the suspension', async () => {
    const agent = await measured('lifted')
    const { watch, state } = await watchOf(agent)
    state.now = 'changed'
    await createProcessPoll(site.world, watch)()
    const subject = encodeURIComponent(`agent:${agent.uri}`)
    expect((await site.owner.ask('DELETE', `/v1/revocations/${subject}`)).status).toBe(204)
    const seen = await agent.ask('GET', '/v1/agents/lifted')
    expect(seen.json.attestation).toMatchObject({ tier: 'none', method: 'process' })
  })

  it('that ended takes the worth of tokens already out, whatever is lifted', async () => {
    const agent = await measured('spender')
    const gate = await site.enroll('spending-gate', { role: 'enforcement' })
    const scope = { ...CONTRACT, requires: { attestation_min: 'warning' } }
    const lease = await agent.ask('POST', '/v1/leases', { body: { scope } })
    const minted = async () => (await mintFrom(agent, lease.json.id)).token
    const [first, second] = [await minted(), await minted()]
    const use = (token: string) =>
      gate.ask('POST', '/v1/tokens/redeem', { body: redemptionOf(token, agent) })
    expect((await use(first)).status).toBe(200)
    const { watch, state } = await watchOf(agent)
    state.now = 'ended'
    await createProcessPoll(site.world, watch)()
    const subject = encodeURIComponent(`agent:${agent.uri}`)
    await site.owner.ask('DELETE', `/v1/revocations/${subject}`)
    expect((await use(second)).json.code).toBe('attestation_too_low')
  })

  it('that can not be looked at runs until nobody has seen it for a while', async () => {
    const agent = await measured('unseen')
    const { watch, state } = await watchOf(agent)
    state.now = 'unknown'
    const here = createProcessPoll(site.world, watch)
    const elsewhere = createProcessPoll(site.world, { ...watch, host: 'another machine' })
    await here()
    await elsewhere()
    const stateOf = async () => {
      const seen = await site.owner.ask('GET', '/v1/agents/unseen')
      return seen.json.state
    }
    expect(await stateOf()).toBe('active')
    site.advance(PROCESS_UNSEEN_SECONDS - 1)
    await elsewhere()
    expect(await stateOf()).toBe('active')
    site.advance(3)
    await elsewhere()
    expect(await stateOf()).toBe('suspended')
    const told = await alerts('attestation.process_ended')
    expect(told[0].facts.ending).toBe('unseen')
  })

  it('is looked at often enough', () => {
    expect(PROCESS_POLL_MS / 1_000).toBeLessThan(PROCESS_UNSEEN_SECONDS / 3)
    expect(NONCES_PER_AGENT_MAX).toBeLessThan(NONCES_ENROLLMENT_MAX)
    expect(PROCESS_SCRIPTS_MAX).toBeGreaterThan(1)
  })
})

describe('an agent that has not proven itself for long', () => {
  it('is told of once, until it does', async () => {
    const policy = { suspendOnMismatch: false, renewSeconds: 3_600 }
    const world = { ...site.world, attestation: policy }
    await site.enroll('slow')
    const count = async () =>
      (
        await world.store.read((reads) => {
          return reads.agents(DEFAULT_TENANT, { limit: 100, cursor: null })
        })
      ).items.length
    expect(await tellOverdue(world)).toBe(0)
    site.advance(3_700)
    expect(await tellOverdue(world)).toBe(await count())
    expect(await tellOverdue(world)).toBe(0)
    expect(await tellOverdue({ ...world, attestation: undefined })).toBe(0)
    const told = await alerts('attestation.overdue')
    expect(told).toHaveLength(await count())
  })
})
