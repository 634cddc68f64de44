import { Agent as Connections, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RPC_BATCH_MAX } from '../../src/domain/limits.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

/** Requests of one caller in a minute. */
const ROOM = 30

let site: Deployment
beforeAll(async () => {
  site = await openDeployment({ callerRequestsPerMinute: ROOM })
})
afterAll(() => site.close())

/** One batch of a client of 2025-03-26: `count` calls of a tool that reads. */
async function batch(agent: Peer, count: number) {
  const dispatcher = new Connections({ connect: { ca: site.rootPem, ...agent.credential } })
  const messages = Array.from({ length: count }, (_, id) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'leash/list_available', arguments: {} },
  }))
  const answer = await request(`https://127.0.0.1:${site.agentsPort}/mcp`, {
    dispatcher,
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-03-26',
    },
    body: JSON.stringify(messages),
  })
  const text = await answer.body.text()
  await dispatcher.close()
  return { status: answer.statusCode, refusal: answer.headers['writ-refusal'], text }
}

describe('a batch of messages at /mcp', () => {
  it('counts each of them against the rate of its caller, and nothing of too much runs', async () => {
    const agent = await site.enroll('worker')
    const first = await batch(agent, ROOM / 2)
    expect([first.status, first.text.match(/"structuredContent"/g)?.length]).toEqual([
      200,
      ROOM / 2,
    ])
    const second = await batch(agent, ROOM / 2 + 1)
    expect([second.status, second.refusal]).toEqual([429, 'rate_limited'])
    expect(second.text).not.toContain('structuredContent')
  })

  it('has no more of them than RPC_BATCH_MAX', async () => {
    const agent = await site.enroll('other')
    const seen = await batch(agent, RPC_BATCH_MAX + 1)
    expect([seen.status, seen.refusal]).toEqual([413, 'too_large'])
  })
})
