import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DELEGATION_EXTENSION,
  DelegationRefused,
  delegationExtension,
  extensionHeader,
  receiveDelegation,
  takeDelegation,
  withDelegation,
} from '../../src/middleware/a2a.ts'
import {
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  openDeployment,
  type Peer,
} from '../support/http.ts'

const PLAIN = {
  messageId: 'm-1',
  role: 'ROLE_USER',
  parts: [{ text: 'do it' }],
  metadata: { trace: 'x' },
}

describe('a delegation inside a message between agents (A2A 1.0)', () => {
  let deployment: Deployment
  let planner: Peer
  let worker: Peer
  let lease: string

  beforeAll(async () => {
    deployment = await openDeployment()
    planner = await deployment.enroll('planner')
    worker = await deployment.enroll('worker')
    const opened = await planner.ask('POST', '/v1/leases', { body: { scope: CONTRACT } })
    lease = opened.json.id
  })
  afterAll(() => deployment.close())

  async function delegated(): Promise<string> {
    const body = { lease_id: lease, delegate: worker.uri, scope: NARROW, ttl_seconds: 60 }
    const made = await planner.ask('POST', '/v1/delegations', { body })
    if (made.status !== 201) throw new Error(made.text)
    return made.json.token
  }
  const redeemAs = (peer: Peer) => async (token: string) => {
    const seen = await peer.ask('POST', '/v1/delegations/redeem', { body: { token } })
    if (seen.status !== 201) throw new Error(seen.json.code)
    return seen.json as { readonly id: string; readonly holder: string }
  }

  it('travels in metadata under its URI, named in the message and the header', async () => {
    const token = await delegated()
    const message = withDelegation({ ...PLAIN, extensions: ['https://other.example/x'] }, token)
    expect(message).toEqual({
      ...PLAIN,
      extensions: ['https://other.example/x', DELEGATION_EXTENSION],
      metadata: { trace: 'x', [DELEGATION_EXTENSION]: { token } },
    })
    const named = { 'A2A-Extensions': `https://other.example/x, ${DELEGATION_EXTENSION}` }
    expect(extensionHeader(['https://other.example/x'])).toEqual(named)
    expect(delegationExtension(true)).toMatchObject({ uri: DELEGATION_EXTENSION, required: true })
  })

  it('is redeemed by the agent it names, once (I1, I7), and is gone from the message', async () => {
    const message = JSON.parse(JSON.stringify(withDelegation(PLAIN, await delegated())))
    await expect(receiveDelegation(message, redeemAs(planner))).rejects.toThrow(/holder_binding/)
    const received = await receiveDelegation(message, redeemAs(worker))
    expect(received.message).toEqual({ ...PLAIN, extensions: [] })
    expect(received.lease).toMatchObject({ holder: worker.uri })
    await expect(receiveDelegation(message, redeemAs(worker))).rejects.toThrow(/token_used/)
    const id = (received.lease as { id: string }).id
    const body = { lease_id: id, audience: AUDIENCE }
    expect((await worker.ask('POST', '/v1/tokens', { body })).status).toBe(201)
  })

  it('I12: what was taken out prints, serialises and inspects as nothing', async () => {
    const token = await delegated()
    const taken = takeDelegation(withDelegation(PLAIN, token))
    const shown = [
      inspect(taken, { depth: 9, showHidden: true }),
      JSON.stringify(taken),
      `${taken.delegation}`,
    ]
    for (const text of shown) expect(text).not.toContain(token.slice(0, 30))
    expect(taken.delegation?.use((text) => text)).toBe(token)
  })

  it.each([
    [
      'a call token',
      async () =>
        (await planner.ask('POST', '/v1/tokens', { body: { lease_id: lease, audience: AUDIENCE } }))
          .json.tokens[0].token,
      'token_kind',
    ],
    ['a number', async () => 7, 'malformed'],
    ['nonsense', async () => 'nonsense', 'malformed'],
    ['what is far too long', async () => 'a'.repeat(100_000), 'too_large'],
  ])('refuses %s, and says nothing of it', async (_what, make, code) => {
    const token: unknown = await make()
    const metadata = { [DELEGATION_EXTENSION]: { token } }
    const take = () => takeDelegation({ metadata })
    expect(take).toThrow(DelegationRefused)
    try {
      take()
    } catch (error) {
      expect(error).toMatchObject({ code })
      expect(inspect(error)).not.toContain(String(token).slice(0, 30).padEnd(10, '\u0000'))
    }
  })

  it('a message without one is left as it is', async () => {
    expect(takeDelegation(PLAIN)).toEqual({ message: PLAIN, delegation: undefined })
    expect(() => withDelegation(PLAIN, 'no token')).toThrow(/no delegation token/)
  })
})
