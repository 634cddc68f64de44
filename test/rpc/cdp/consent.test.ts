import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentUri } from '../../../src/domain/ids.ts'
import {
  CDP_WAITING_MAX,
  CDP_WAITING_PER_AGENT_MAX,
  CDP_WAITING_POLL_MS,
} from '../../../src/domain/limits.ts'
import { approve } from '../../support/approvals.ts'
import {
  ASKED,
  type CdpSite,
  contractAt,
  openCdpSite,
  registered,
  rpc,
  told,
} from '../../support/cdp-site.ts'
import type { Peer } from '../../support/http.ts'

let cdp: CdpSite
let asking: Peer
let session: string

beforeAll(async () => {
  cdp = await openCdpSite()
  asking = await cdp.site.enroll('asking', {
    contract: contractAt(cdp.upstream.origin),
    terms: { categories: ['api_key'], approval_mode: 'per_request' },
  })
  session = await registered(cdp, asking)
})
afterAll(() => cdp.close())

const request = (scope: object = ASKED) =>
  rpc(cdp, asking, 'cdp.lease.request', {
    session_token: session,
    credential_ref: 'github',
    scope,
    mode: 'http_proxy',
    reason: 'a reason of the agent',
  })

/** The one question that is open, once there is one. */
async function question() {
  for (;;) {
    const { json } = await cdp.site.owner.ask('GET', '/v1/approvals?open=true')
    if (json.items.length > 0) return json.items[0]
    await new Promise((resolve) => setTimeout(resolve, CDP_WAITING_POLL_MS / 10))
  }
}
describe('a lease that a person is asked about', () => {
  it('CDP-09: is granted when the owner has said yes, and the request waits for it', async () => {
    const waiting = request()
    expect((await approve(cdp.site.owner, await question())).status).toBe(200)
    expect((await waiting).result).toMatchObject({ status: 'granted' })
  })

  it('is USER_DENIED after a no', async () => {
    const waiting = request({ ...ASKED, paths: ['/repos/b'] })
    const { id, digest } = await question()
    const no = { body: { digest } }
    expect((await cdp.site.owner.ask('POST', `/v1/approvals/${id}/deny`, no)).status).toBe(200)
    expect(told(await waiting)).toEqual([-32004, 'approval_denied'])
  })

  it('3.5: is APPROVAL_TIMEOUT when nobody answers, with the id to come back with', async () => {
    cdp.site.advance(10)
    const waiting = request({ ...ASKED, paths: ['/repos/c'] })
    const { id } = await question()
    cdp.site.advance(301)
    const answer = await waiting
    expect(told(answer)).toEqual([-32012, 'approval_required'])
    expect(answer.error.data.reasons[0].detail).toContain(id)
  })

  it('so many wait at once, and the next is told to come again', async () => {
    cdp.site.advance(10)
    const nameOf = (at: number) => `spiffe://acme.example/agent/a${at}` as AgentUri
    const place = (agent: AgentUri) => cdp.site.world.cdp?.wait(agent)
    const places = Array.from({ length: CDP_WAITING_MAX }, (_, at) => place(nameOf(at)))
    expect(places.every((leave) => leave !== undefined)).toBe(true)
    expect(told(await request())).toEqual([-32010, 'overloaded'])
    for (const leave of places) leave?.()
    expect(place(nameOf(0))).toBeDefined()
  })

  it('an agent that asks and asks keeps nobody else out', () => {
    const [greedy, other] = ['greedy', 'other'] as unknown as [AgentUri, AgentUri]
    const place = (agent: AgentUri) => cdp.site.world.cdp?.wait(agent)
    const places = Array.from({ length: CDP_WAITING_PER_AGENT_MAX }, () => place(greedy))
    expect(places.every((leave) => leave !== undefined)).toBe(true)
    expect(place(greedy)).toBeUndefined()
    expect(place(other)).toBeDefined()
    places[0]?.()
    expect(place(greedy)).toBeDefined()
  })
})
