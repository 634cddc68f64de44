import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import type { Row } from '../../src/http/pipeline.ts'
import {
  type Asker,
  AUDIENCE,
  CONTRACT,
  type Deployment,
  NARROW,
  type Peer,
  type Seen,
} from './http.ts'
import { type Cast, type Example, openLease } from './http-examples.ts'

/** A pin to the request that the examples are about. */
export const PIN = { method: 'GET', target: 'https://api.github.com/repos/acme/x/y' }

/** A pin to another request below the same folder. */
export function pinnedTo(name: string): typeof PIN {
  return { ...PIN, target: `https://api.github.com/repos/acme/x/${name}` }
}

/** A scope that asks for a yes to each token. */
export function requiring(scope: ScopeRequest): ScopeRequest {
  return { ...scope, requires: { ...scope.requires, approval: true } }
}

/** Says yes to what was shown. */
export function approve(
  owner: Asker,
  seen: { readonly id: string; readonly digest: string },
): Promise<Seen> {
  const body = { digest: seen.digest }
  return owner.ask('POST', `/v1/approvals/${seen.id}/approve`, { body })
}

/** An id of the right form that nobody has. */
const NO_APPROVAL = 'appr_AAAAAAAAAAAAAAAAAAAAAA'
const DIGEST = 'A'.repeat(43)

let asking = 0

/** An agent that has asked for nothing yet, so that no limit of asking stands in its way. */
function freshAgent(site: Deployment): Promise<Peer> {
  asking += 1
  return site.enroll(`asking-${asking}`)
}

/** Has a fresh agent ask for a token that needs a yes. */
async function pendingToken(site: Deployment): Promise<{ id: string; digest: string }> {
  const agent = await freshAgent(site)
  const lease = await openLease(agent)
  const body = { lease_id: lease, audience: AUDIENCE, scope: requiring(NARROW), pin: PIN }
  const seen = await agent.ask('POST', '/v1/tokens', { body })
  if (seen.status !== 202) throw new Error(seen.text)
  const { id, digest } = seen.json.approval as { id: string; digest: string }
  return { id, digest }
}

/** For the rows about approvals a request that succeeds. */
export function approvalExamples(site: Deployment): Record<string, () => Promise<Example>> {
  const { owner } = site
  const decided = (word: string) => async () => {
    const { id, digest } = await pendingToken(site)
    return { as: owner, path: `/v1/approvals/${id}/${word}`, body: { digest } }
  }
  return {
    'GET /v1/approvals': async () => ({ as: owner, path: '/v1/approvals' }),
    'GET /v1/approvals/stream': async () => ({
      as: owner,
      path: '/v1/approvals/stream?follow=false',
    }),
    'GET /v1/approvals/{id}': async () => ({
      as: owner,
      path: `/v1/approvals/${(await pendingToken(site)).id}`,
    }),
    'POST /v1/approvals/{id}/approve': decided('approve'),
    'POST /v1/approvals/{id}/deny': decided('deny'),
    'POST /v1/approvals/decide': async () => ({
      as: owner,
      path: '/v1/approvals/decide',
      body: { decision: 'approve', approvals: [await pendingToken(site)] },
    }),
  }
}

/** For each row that may answer 202 a request that has to wait for a person. */
export async function askedFirst(site: Deployment, { worker }: Cast, row: Row): Promise<Seen> {
  const agent = await freshAgent(site)
  const lease = await openLease(agent)
  const terms = { approval_mode: 'per_request' }
  const contract = { contract: CONTRACT, terms }
  await site.owner.ask('PUT', `/v1/agents/${agent.name}/contract`, { body: contract })
  const scope = requiring(NARROW)
  const bodies: Record<string, object> = {
    '/v1/leases': { scope: NARROW },
    '/v1/leases/{id}/renew': { ttl_seconds: 600 },
    '/v1/tokens': { lease_id: lease, audience: AUDIENCE, scope, pin: PIN },
    '/v1/delegations': { lease_id: lease, delegate: worker.uri, scope },
  }
  const body = bodies[row.path]
  if (body === undefined) throw new Error(`nobody is asked at ${row.path}`)
  return agent.ask(row.method, row.path.replace('{id}', lease), { body })
}

/** For the rows about approvals a request for what is not there. */
export function missingApprovals(owner: Asker): Record<string, Example> {
  const path = `/v1/approvals/${NO_APPROVAL}`
  const body = { digest: DIGEST }
  const approvals = [{ id: NO_APPROVAL, digest: DIGEST }]
  return {
    'GET /v1/approvals/{id}': { as: owner, path },
    'POST /v1/approvals/{id}/approve': { as: owner, path: `${path}/approve`, body },
    'POST /v1/approvals/{id}/deny': { as: owner, path: `${path}/deny`, body },
    'POST /v1/approvals/decide': {
      as: owner,
      path: '/v1/approvals/decide',
      body: { decision: 'deny', approvals },
    },
  }
}

let asked = 0

/** Has an agent of which each lease is approved ask for one, each time another; answers the id. */
export async function askForLease(
  agent: Peer,
): Promise<{ readonly id: string; readonly body: object }> {
  asked += 1
  const body = { scope: { ...NARROW, limits: { max_uses: asked, ttl_seconds: 3_600 } } }
  const seen = await agent.ask('POST', '/v1/leases', { body })
  if (seen.status !== 202) throw new Error(seen.text)
  return { id: seen.json.approval.id, body }
}
