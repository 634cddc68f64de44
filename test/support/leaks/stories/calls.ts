import { PLACEHOLDER } from '../canaries.ts'
import { asker, done, type Member } from '../deployment.ts'
import { RESOURCE, type Site } from '../site.ts'

/** Where a call token is told, the only time. */
export const MINTED = 'once: call tokens'
const DELEGATED = 'once: a delegation token'
const HANDLE = 'once: a handle'

/** Opens a root lease of the whole contract; answers its id. */
export async function openLease(site: Site, agent: Member, more: object = {}): Promise<string> {
  const body = { scope: { ...site.contract, ...more } }
  return (await done(agent.ask('POST', '/v1/leases', { body }))).id
}

/** Takes one call token and plants it. */
export async function mint(site: Site, agent: Member, lease: string): Promise<string> {
  const body = { lease_id: lease, audience: RESOURCE }
  const { tokens } = await done(agent.ask('POST', '/v1/tokens', { body, once: MINTED }))
  const { token } = tokens[0]
  site.witness.plant('a call token', signatureOf(token), MINTED)
  return token
}

/** Calls over the routes of every credential; each gets its own, and answers come from upstream. */
export async function callEverything(site: Site, agent: Member): Promise<readonly number[]> {
  const lease = await openLease(site, agent)
  const statuses: number[] = []
  for (const { name } of site.kinds.filter((kind) => kind.name !== 'idle')) {
    const token = await mint(site, agent, lease)
    const headers = { authorization: `Bearer ${token}`, 'x-in': PLACEHOLDER }
    const body = { a: PLACEHOLDER }
    const told = await agent.call('POST', `/${name}/x?q=1`, { headers, body })
    statuses.push(told.status)
    const again = await agent.call('GET', `/${name}/x`, { headers })
    if (again.status < 400) throw new Error('a token was spent twice')
  }
  return statuses
}

/** Delegates to another agent, which calls by a handle; the chain is used up and revoked. */
export async function delegateAndHandle(site: Site, from: Member, to: Member): Promise<void> {
  const { witness, deployment, contract } = site
  const lease = await openLease(site, from)
  const scope = { type: contract['type'], grants: contract['grants'] }
  const order = { lease_id: lease, delegate: to.uri, scope }
  const made = await done(from.ask('POST', '/v1/delegations', { body: order, once: DELEGATED }))
  witness.plant('a delegation token', signatureOf(made.token), DELEGATED)
  const body = { token: made.token }
  const child = await done(to.ask('POST', '/v1/delegations/redeem', { body }))
  await to.ask('POST', '/v1/delegations/redeem', { body })
  await from.ask('POST', '/v1/delegations/redeem', { body })
  const label = { lease_id: child.id, label: 'ci' }
  const { id, handle } = await done(to.ask('POST', '/v1/handles', { body: label, once: HANDLE }))
  witness.plant('a handle', handle, HANDLE)
  const headers = { authorization: `Bearer ${handle}`, 'x-in': PLACEHOLDER }
  const holder = asker(witness, 'whoever holds a handle', deployment.at.handles, { headers })
  await done(holder('GET', '/proxy/bearer/x'))
  await holder('GET', '/proxy/nowhere/x')
  await holder('GET', `/proxy/bearer/x?${'x'.repeat(20_000)}`)
  await done(to.ask('POST', `/v1/handles/${id}/revoke`, { body: { reason: 'leaked' } }))
  await holder('GET', '/proxy/bearer/x')
  const token = await mint(site, to, child.id)
  await to.ask('POST', '/v1/tokens/introspect', { body: { token } })
  await from.call('GET', '/bearer/x', { headers: { authorization: `Bearer ${token}` } })
  await from.ask('POST', `/v1/leases/${lease}/revoke`, { body: { reason: 'over' } })
  await to.call('GET', '/bearer/x', { headers: { authorization: `Bearer ${token}` } })
}

/** Upstreams that answer with faults, cut their answer, or compress it, with the secret in all. */
export async function badUpstreams(site: Site, agent: Member): Promise<void> {
  const lease = await openLease(site, agent)
  const { around } = site
  const call = async () => {
    const headers = { authorization: `Bearer ${await mint(site, agent, lease)}` }
    await agent.call('GET', '/bearer/x', { headers }).catch(() => undefined)
  }
  around.answer(({ request }, response) => {
    response.statusMessage = String(request.headers.authorization).slice(7)
    response.writeHead(500, { location: `https://x.test/?${request.headers.authorization}` })
    response.end(String(request.headers.authorization))
  })
  await call()
  around.answer(({ request }, response) => {
    response.writeHead(200, { 'content-length': 9_999, 'content-encoding': 'br' })
    response.end(String(request.headers.authorization))
  })
  await call()
  around.answer(({ request }, response) => {
    response.socket?.end(`HTTP/1.1 200 ${request.headers.authorization}\r\nbroken\r\n\r\n`)
  })
  await call()
}

/** What of a JWT is secret: who has its signature has the token. */
export function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1)
}
