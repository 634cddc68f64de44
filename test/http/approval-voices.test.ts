import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, PIN, pinnedTo, requiring } from '../support/approvals.ts'
import {
  type Asker,
  AUDIENCE,
  CONTRACT,
  type Deployment,
  openDeployment,
  type Peer,
} from '../support/http.ts'

let site: Deployment
let planner: Peer

beforeAll(async () => {
  site = await openDeployment({}, { quorum: 2 })
  planner = await site.enroll('planner')
})
afterAll(() => site.close())

/** One more owner. */
async function addOwner(name: string): Promise<Asker> {
  const body = { name, role: 'owner' }
  return site.bearer((await site.owner.ask('POST', '/v1/operators', { body })).json.token)
}

/** A question that takes two yeses, and what the agent asks with once it is answered. */
async function question(pin = PIN) {
  const opened = await planner.ask('POST', '/v1/leases', { body: { scope: requiring(CONTRACT) } })
  const body = { lease_id: opened.json.id as string, audience: AUDIENCE, pin }
  const { approval } = (await planner.ask('POST', '/v1/tokens', { body })).json
  const use = () =>
    planner.ask('POST', '/v1/tokens', { body: { ...body, approval: approval.id as string } })
  return { seen: approval as { id: string; digest: string }, use }
}

const stateOf = async (id: string) =>
  (await site.owner.ask('GET', `/v1/approvals/${id}`)).json.state as string

describe('the yes of an owner who was taken out', () => {
  it('counts no more towards a quorum', async () => {
    const { seen, use } = await question()
    expect((await approve(await addOwner('mallory'), seen)).json.state).toBe('pending')
    await site.owner.ask('DELETE', '/v1/operators/mallory')
    expect((await approve(site.owner, seen)).json.state).toBe('pending')
    expect((await use()).json.code).toBe('approval_denied')
    expect((await approve(await addOwner('ann'), seen)).json.state).toBe('approved')
    expect((await use()).status).toBe(201)
  })

  it('voids what it carried and nobody used yet', async () => {
    const { seen, use } = await question(pinnedTo('z'))
    await approve(await addOwner('eve'), seen)
    expect((await approve(site.owner, seen)).json.state).toBe('approved')
    await site.owner.ask('DELETE', '/v1/operators/eve')
    expect(await stateOf(seen.id)).toBe('void')
    const refused = await use()
    expect([refused.json.code, refused.json.reasons[0]?.code]).toEqual(['approval_denied', 'void'])
  })
})
