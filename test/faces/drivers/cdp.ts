import { randomUUID } from 'node:crypto'
import { type As, askFace } from '../asks.ts'
import { RESOURCE, type Stage } from '../stage.ts'
import { rpcWord } from './crp.ts'
import { wordOf } from './rest.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Seen = any

async function send(stage: Stage, as: As, method: string, params: object): Promise<Seen> {
  const timestamp = new Date(stage.site.world.clock.now() * 1_000).toISOString()
  const fresh = { nonce: randomUUID(), timestamp }
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...fresh, ...params } }
  return (await as.ask('POST', '/cdp', { body })).json
}

/** Registers, and asks with the session that it gets. */
async function call(stage: Stage, as: As, method: string, params: object): Promise<string> {
  const said = { agent_id: 'test', agent_version: '1.0' }
  const session = await send(stage, as, 'cdp.register', said)
  if (session.error !== undefined) return rpcWord(session)
  const { session_token } = session.result
  return rpcWord(await send(stage, as, method, { session_token, ...params }))
}

/** CDP waits for people; here for a second. */
async function hasty<T>({ site }: Stage, work: () => Promise<T>): Promise<T> {
  const { approvals } = site.world
  Object.assign(site.world, { approvals: { ...approvals, seconds: 1 } })
  return work().finally(() => Object.assign(site.world, { approvals }))
}

/** Leases by JSON-RPC over mutual TLS; a lease is used here by renewing it. */
export const CDP = askFace({
  name: 'CDP',
  open(stage, as, { grants }) {
    const [first] = grants
    const paths = first?.type === 'http' ? first.paths : []
    const scope = { hosts: ['service.example'], methods: ['GET'], paths }
    return hasty(stage, () =>
      call(stage, as, 'cdp.lease.request', { mode: 'token', audience: RESOURCE, scope }),
    )
  },
  take: (stage, as, lease_id) =>
    call(stage, as, 'cdp.lease.renew', { lease_id, extend_seconds: 10 }),
  delegate(stage, as, lease_id, to, { limits }) {
    const delegation = { allowed: false, max_depth: limits?.max_depth }
    const scope = { hosts: ['service.example'], methods: ['GET'], paths: ['/a/**'], delegation }
    return call(stage, as, 'cdp.lease.delegate', { lease_id, delegate_to: to.uri, scope })
  },
  redeem: (stage, as, delegation_token) =>
    call(stage, as, 'cdp.lease.redeem', { delegation_token, mode: 'token' }),
  async raw(_stage, as, { method, body, type = 'application/json' }) {
    const sent = body === undefined ? {} : { raw: body, headers: { 'content-type': type } }
    const { status, json } = await as.ask(method, '/cdp', sent)
    return json.error === undefined ? wordOf({ status, json }) : rpcWord(json)
  },
  twice: '{"jsonrpc":"2.0","id":1,"id":2,"method":"cdp.register"}',
  without: {
    'with a delegation for elsewhere, which stays whole':
      'not expressible: a delegation is redeemed for whatever it is for',
    'for a token of another audience':
      'not expressible: a token comes with the lease that was asked for its audience',
  },
})
