import { pathOf } from '../../src/client/client.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import type { DelegationView, MintedView } from '../../src/client/views/tokens.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import type { AgentProcess } from './child.ts'
import type { Asked, OrderedCall, Sent } from './orders.ts'
import type { Place } from './scopes.ts'
import { expect } from './step.ts'

/** Sends a JSON body to the authority as an agent. */
function post(agent: AgentProcess, path: string, body: unknown): Promise<Asked> {
  return agent.order({ op: 'ask', call: { method: 'POST', path, body } })
}

/** The value of an answer that has to be a yes. */
export function granted<T>(asked: Asked): T {
  expect(asked.refusal === undefined, `refused: ${JSON.stringify(asked.value)}`)
  return asked.value as T
}

/** Opens a root lease. */
export async function openLease(agent: AgentProcess, scope: ScopeRequest): Promise<LeaseView> {
  return granted<LeaseView>(await post(agent, '/v1/leases', { scope, reason: 'the demo' }))
}

/** Asks for a delegation token from `lease` for `to`. */
export function delegate(
  from: AgentProcess,
  lease: LeaseView,
  to: { readonly uri: string },
  scope: ScopeRequest,
): Promise<Asked> {
  return post(from, '/v1/delegations', { lease_id: lease.id, delegate: to.uri, scope })
}

/** Redeems a delegation token. */
export function redeem(agent: AgentProcess, token: string): Promise<Asked> {
  return post(agent, '/v1/delegations/redeem', { token })
}

/** Delegates and redeems: the child lease. */
export async function passOn(
  from: AgentProcess,
  lease: LeaseView,
  to: AgentProcess,
  scope: ScopeRequest,
): Promise<LeaseView> {
  const { token } = granted<DelegationView>(await delegate(from, lease, to, scope))
  return granted<LeaseView>(await redeem(to, token))
}

/** Takes call tokens from a lease; refused or granted. */
export function askTokens(
  agent: AgentProcess,
  lease: LeaseView,
  place: Place,
  count = 1,
): Promise<Asked> {
  return post(agent, '/v1/tokens', { lease_id: lease.id, audience: place.audience, count })
}

/** Takes call tokens from a lease. */
export async function mint(
  agent: AgentProcess,
  lease: LeaseView,
  place: Place,
  count = 1,
): Promise<readonly string[]> {
  const minted = granted<MintedView>(await askTokens(agent, lease, place, count))
  return minted.tokens.map(({ token }) => token)
}

/** A call of the upstream's `path` through the gateway. */
export function callOf(place: Place, token: string, path: string, method = 'GET'): OrderedCall {
  return { method, url: `${place.url}${path}`, token }
}

/** Sends one call from an agent's process. */
export async function send(agent: AgentProcess, call: OrderedCall): Promise<Sent> {
  const [sent] = await agent.order({ op: 'send', calls: [call] })
  expect(sent !== undefined, 'no answer')
  return sent
}

/** Takes a token and spends it on one call that has to be let through. */
export async function callThrough(
  agent: AgentProcess,
  lease: LeaseView,
  place: Place,
  path: string,
): Promise<Sent> {
  const [token = ''] = await mint(agent, lease, place)
  const sent = await send(agent, callOf(place, token, path))
  expect(sent.status === 200, `status ${sent.status} ${sent.refusal ?? ''} ${sent.text}`)
  return sent
}

/** Revokes a lease as its holder or a holder above. */
export function revokeLease(agent: AgentProcess, lease: LeaseView): Promise<Asked> {
  return post(agent, pathOf(['v1', 'leases', lease.id, 'revoke']), { reason: 'the demo' })
}
