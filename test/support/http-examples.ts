import type { AlertToRaise } from '../../src/domain/alert.ts'
import { type AlertId, DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { Cost } from '../../src/domain/redemption.ts'
import { accept } from '../../src/domain/result.ts'
import { subjectOf } from '../../src/domain/revocation.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { prove } from './aat.ts'
import { chainOf, pointOf, READ, shownBody, trustIssuer } from './aat-http.ts'
import { actionExamples } from './action-examples.ts'
import { approvalExamples } from './approvals.ts'
import { credentialExamples } from './credential-examples.ts'
import { enrollmentExamples } from './enrollment-examples.ts'
import { evidenceExamples } from './evidence-examples.ts'
import { handleExamples } from './handle-examples.ts'
import { type Asker, AUDIENCE, CONTRACT, type Deployment, NARROW, type Peer } from './http.ts'
import { partnerExamples } from './partner-examples.ts'
import { agentUri } from './pki.ts'
import { judgingExamples } from './policy-examples.ts'

/** A request that a route answers with success. */
export interface Example {
  readonly as: Asker
  readonly path: string
  readonly body?: unknown
}

/** The people and agents that the examples are about. */
export interface Cast {
  readonly planner: Peer
  readonly worker: Peer
  readonly gateway: Peer
}

/** An id of the right form that nobody has. */
export const NO_LEASE = 'lease_AAAAAAAAAAAAAAAAAAAAAA'
/** A request the examples' leases cover. */
export const CALL = {
  type: 'http',
  method: 'GET',
  target: 'https://api.github.com/repos/acme/x/y',
} as const

/** Enrolls who the examples are about. */
export async function castOf(site: Deployment): Promise<Cast> {
  return {
    planner: await site.enroll('planner'),
    worker: await site.enroll('worker'),
    gateway: await site.enroll('gate', { role: 'enforcement' }),
  }
}

/** Opens a root lease of the whole contract, or with these limits; answers its id. */
export async function openLease(
  holder: Peer,
  limits: ScopeRequest['limits'] = {},
): Promise<string> {
  const scope = { ...CONTRACT, limits: { ...CONTRACT.limits, ...limits } }
  const seen = await holder.ask('POST', '/v1/leases', { body: { scope } })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.id
}

/** Delegates part of a lease; answers the delegation token. */
export async function delegateTo(holder: Peer, lease: string, delegate: Peer): Promise<string> {
  const body = { lease_id: lease, delegate: delegate.uri, scope: NARROW }
  const seen = await holder.ask('POST', '/v1/delegations', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.token
}

/** Takes one call token from a lease. */
export async function mintFrom(
  holder: Peer,
  lease: string,
): Promise<{ token: string; jti: string }> {
  const body = { lease_id: lease, audience: AUDIENCE }
  const seen = await holder.ask('POST', '/v1/tokens', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.tokens[0]
}

/** The body with which an enforcement point redeems a peer's token. */
export function redemptionOf(token: string, peer: Peer, costs?: readonly Cost[]): object {
  const { uri, thumbprint: certificate_thumbprint } = peer
  const body = { token, audience: AUDIENCE, request: CALL, peer: { uri, certificate_thumbprint } }
  return costs === undefined ? body : { ...body, costs }
}

/** Raises an alert about the tenant; answers its id. */
export async function raisedAlert(
  site: Deployment,
  change: Partial<AlertToRaise> = {},
): Promise<AlertId> {
  const tenant = DEFAULT_TENANT
  const { result } = await site.world.store.decide(async (tx) => {
    const id = await tx.raiseAlert({
      tenant,
      kind: 'audit.broken',
      severity: 'critical',
      subject: subjectOf('tenant', tenant),
      lease: null,
      facts: { sequence: 7 },
      ...change,
    })
    const request = site.world.ids.request()
    const record = { event: 'authority.started', actor: 'authority', lease: null } as const
    return {
      result: accept(id),
      record: { ...record, outcome: 'allowed', tenant, request, facts: {} },
    }
  })
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}

/** Names a receiver where nobody listens; answers its id. */
async function namedWebhook(owner: Asker): Promise<string> {
  const body = { url: 'http://127.0.0.1:1/', private_net: true }
  const seen = await owner.ask('POST', '/v1/webhooks', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.id
}

const NOBODY = encodeURIComponent(`agent:${agentUri('nobody')}`)

let serial = 0
const fresh = (word: string): string => {
  serial += 1
  return `${word}-${serial}`
}

/** For each row of the route table a request that succeeds. */
export function examplesOf(site: Deployment, cast: Cast): Record<string, () => Promise<Example>> {
  const { owner } = site
  const { planner, worker, gateway } = cast
  const onLease =
    (suffix: string, body?: unknown): (() => Promise<Example>) =>
    async () => ({ as: planner, path: `/v1/leases/${await openLease(planner)}${suffix}`, body })
  const asOwner =
    (path: string, body?: unknown): (() => Promise<Example>) =>
    async () => ({ as: owner, path, body })
  const csr = async () => (await createAgentRequest(agentUri('planner'))).csrPem

  return {
    'POST /v1/operators': async () => ({
      as: owner,
      path: '/v1/operators',
      body: { name: fresh('ops'), role: 'operator' },
    }),
    'GET /v1/operators': asOwner('/v1/operators'),
    'DELETE /v1/operators/{name}': async () => {
      const name = fresh('gone')
      await owner.ask('POST', '/v1/operators', { body: { name, role: 'operator' } })
      return { as: owner, path: `/v1/operators/${name}` }
    },
    'POST /v1/agents': async () => ({
      as: owner,
      path: '/v1/agents',
      body: { name: fresh('agent'), csr: await csr(), contract: CONTRACT },
    }),
    'GET /v1/agents': asOwner('/v1/agents'),
    'POST /v1/agents/self/certificate': async () => ({
      as: planner,
      path: '/v1/agents/self/certificate',
      body: { csr: await csr(), evidence: { method: 'mtls' } },
    }),
    ...partnerExamples(site),
    ...evidenceExamples(planner, worker),
    'POST /v1/agents/{name}/certificate': async () => ({
      as: owner,
      path: '/v1/agents/planner/certificate',
      body: { csr: await csr(), evidence: { method: 'mtls' } },
    }),
    'GET /v1/agents/{name}': asOwner('/v1/agents/planner'),
    'PUT /v1/agents/{name}/contract': asOwner('/v1/agents/worker/contract', { contract: CONTRACT }),
    ...enrollmentExamples(site, cast),
    ...handleExamples(cast),
    'POST /v1/leases': async () => ({ as: planner, path: '/v1/leases', body: { scope: CONTRACT } }),
    'GET /v1/leases': async () => ({ as: planner, path: '/v1/leases' }),
    'GET /v1/leases/{id}': onLease(''),
    'GET /v1/leases/{id}/tree': onLease('/tree'),
    'GET /v1/leases/{id}/children': onLease('/children'),
    'POST /v1/leases/{id}/renew': onLease('/renew', { ttl_seconds: 600 }),
    'POST /v1/leases/{id}/release': onLease('/release'),
    'POST /v1/leases/{id}/revoke': onLease('/revoke', { reason: 'a test' }),
    'GET /v1/leases/{id}/revoke-preview': onLease('/revoke-preview'),
    'GET /v1/leases/{id}/budgets': onLease('/budgets'),
    'GET /v1/leases/{id}/budgets/history': onLease('/budgets/history'),
    'GET /v1/leases/{id}/reservations': onLease('/reservations'),
    'POST /v1/settlements': async () => {
      const item = { root_id: NO_LEASE, jti: 'AAAAAAAAAAAAAAAAAAAAAA', actual: 'released' }
      return { as: gateway, path: '/v1/settlements', body: { items: [item] } }
    },
    'POST /v1/delegations': async () => ({
      as: planner,
      path: '/v1/delegations',
      body: { lease_id: await openLease(planner), delegate: worker.uri, scope: NARROW },
    }),
    'POST /v1/delegations/redeem': async () => ({
      as: worker,
      path: '/v1/delegations/redeem',
      body: { token: await delegateTo(planner, await openLease(planner), worker) },
    }),
    'POST /v1/tokens': async () => ({
      as: planner,
      path: '/v1/tokens',
      body: { lease_id: await openLease(planner), audience: AUDIENCE },
    }),
    'POST /v1/tokens/introspect': async () => ({
      as: planner,
      path: '/v1/tokens/introspect',
      body: { token: (await mintFrom(planner, await openLease(planner))).token },
    }),
    'POST /v1/tokens/redeem': async () => ({
      as: gateway,
      path: '/v1/tokens/redeem',
      body: redemptionOf((await mintFrom(planner, await openLease(planner))).token, planner),
    }),
    'POST /v1/redemptions': async () => {
      const { token } = await mintFrom(planner, await openLease(planner))
      return {
        as: gateway,
        path: '/v1/redemptions',
        body: { items: [redemptionOf(token, planner), redemptionOf('no token', planner)] },
      }
    },
    'POST /v1/aat/redemptions': async () => {
      await trustIssuer(site)
      const built = chainOf(site)
      const proof = prove(built, READ, { now: site.world.store.now() })
      const body = shownBody(built, proof)
      return { as: await pointOf(site, fresh('tools')), path: '/v1/aat/redemptions', body }
    },
    'GET /v1/receipts/{jti}': async () => {
      const { token, jti } = await mintFrom(planner, await openLease(planner))
      await gateway.ask('POST', '/v1/tokens/redeem', { body: redemptionOf(token, planner) })
      return { as: planner, path: `/v1/receipts/${jti}` }
    },
    'POST /v1/revocations': async () => ({
      as: owner,
      path: '/v1/revocations',
      body: { subject: `lease:${NO_LEASE}`, effect: 'suspended', reason: 'a test' },
    }),
    'GET /v1/revocations': asOwner('/v1/revocations'),
    'GET /v1/revocations/preview': asOwner(`/v1/revocations/preview?subject=${NOBODY}`),
    'GET /v1/revocations/feed': asOwner('/v1/revocations/feed?follow=false'),
    'POST /v1/security-events': asOwner('/v1/security-events', { maxEvents: 1 }),
    'DELETE /v1/revocations/{subject}': async () => {
      const subject = `agent:${agentUri(fresh('nobody'))}`
      const body = { subject, effect: 'suspended', reason: 'a test' }
      await owner.ask('POST', '/v1/revocations', { body })
      return { as: owner, path: `/v1/revocations/${encodeURIComponent(subject)}` }
    },
    ...credentialExamples(site),
    ...actionExamples(site),
    ...approvalExamples(site),
    ...judgingExamples(site, planner, { lease: () => openLease(planner), call: CALL }),
    'GET /v1/alerts': asOwner('/v1/alerts?kind=audit.broken'),
    'POST /v1/alerts/{id}/acknowledge': async () => ({
      as: owner,
      path: `/v1/alerts/${await raisedAlert(site)}/acknowledge`,
    }),
    'POST /v1/webhooks': asOwner('/v1/webhooks', { url: 'https://alerts.acme.example/' }),
    'GET /v1/webhooks': asOwner('/v1/webhooks'),
    'DELETE /v1/webhooks/{id}': async () => ({
      as: owner,
      path: `/v1/webhooks/${await namedWebhook(owner)}`,
    }),
    'POST /v1/webhooks/{id}/test': async () => ({
      as: owner,
      path: `/v1/webhooks/${await namedWebhook(owner)}/test`,
    }),
    'GET /v1/audit': asOwner('/v1/audit'),
    'GET /v1/audit/search': asOwner('/v1/audit/search?outcome=allowed&limit=2'),
    'GET /v1/audit/stream': asOwner('/v1/audit/stream?follow=false'),
    'GET /v1/audit/records/{chain}/{sequence}': async () => {
      const [first] = (await owner.ask('GET', '/v1/audit?limit=1')).json.items
      return { as: owner, path: `/v1/audit/records/${first.chain}/${first.sequence}` }
    },
    'GET /v1/audit/checkpoints': asOwner('/v1/audit/checkpoints'),
    'GET /v1/audit/verify': asOwner('/v1/audit/verify'),
    'GET /v1/audit/export': asOwner('/v1/audit/export'),
    'GET /v1/limits': asOwner('/v1/limits'),
    'GET /v1/keys': asOwner('/v1/keys'),
    'POST /v1/keys/rotate': asOwner('/v1/keys/rotate', { purpose: 'receipt' }),
    'POST /v1/keys/{kid}/retire': async () => {
      const keys = await owner.ask('GET', '/v1/keys')
      const { kid } = keys.json.items.find((key: { purpose: string }) => key.purpose === 'receipt')
      return { as: owner, path: `/v1/keys/${kid}/retire`, body: { reason: 'a test' } }
    },
  }
}
