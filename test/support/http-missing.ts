import type { AgentUri, CertificateThumbprint, LeaseId, PrincipalId } from '../../src/domain/ids.ts'
import { completeRoot } from '../../src/domain/scope/complete.ts'
import { later } from '../../src/domain/time.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { signToken } from '../../src/token/sign.ts'
import { missingActions } from './action-examples.ts'
import { missingApprovals } from './approvals.ts'
import { missingEnrollments } from './enrollment-examples.ts'
import { AUDIENCE, CONTRACT, type Deployment, NARROW, type Peer } from './http.ts'
import { CALL, type Cast, type Example, NO_LEASE } from './http-examples.ts'
import { agentUri } from './pki.ts'
import { callQuestion } from './policy-examples.ts'

/** For each row that declares 404 a request for what is not there. */
export async function missingOf(site: Deployment, cast: Cast): Promise<Record<string, Example>> {
  const { owner } = site
  const { planner } = cast
  const scope = NARROW
  const { csrPem: csr } = await createAgentRequest(agentUri('never'))
  return {
    'DELETE /v1/operators/{name}': { as: owner, path: '/v1/operators/never' },
    'GET /v1/agents/{name}': { as: owner, path: '/v1/agents/never' },
    'POST /v1/agents/{name}/certificate': {
      as: owner,
      path: '/v1/agents/never/certificate',
      body: { csr },
    },
    'PUT /v1/agents/{name}/contract': {
      as: owner,
      path: '/v1/agents/never/contract',
      body: { contract: CONTRACT },
    },
    'DELETE /v1/webhooks/{id}': { as: owner, path: '/v1/webhooks/hook_AAAAAAAAAAAAAAAAAAAAAA' },
    'POST /v1/webhooks/{id}/test': {
      as: owner,
      path: '/v1/webhooks/hook_AAAAAAAAAAAAAAAAAAAAAA/test',
    },
    'POST /v1/handles': {
      as: planner,
      path: '/v1/handles',
      body: { lease_id: NO_LEASE, label: 'ci' },
    },
    'GET /v1/handles': { as: planner, path: `/v1/handles?lease_id=${NO_LEASE}` },
    'POST /v1/handles/{id}/revoke': {
      as: owner,
      path: '/v1/handles/handle_AAAAAAAAAAAAAAAAAAAAAA/revoke',
      body: { reason: 'x' },
    },
    'POST /v1/alerts/{id}/acknowledge': {
      as: owner,
      path: '/v1/alerts/alert_AAAAAAAAAAAAAAAAAAAAAA/acknowledge',
    },
    'GET /v1/credentials/{name}': { as: owner, path: '/v1/credentials/never' },
    'PATCH /v1/credentials/{name}': {
      as: owner,
      path: '/v1/credentials/never',
      body: { state: 'disabled' },
    },
    'DELETE /v1/credentials/{name}': { as: owner, path: '/v1/credentials/never' },
    'POST /v1/credentials/{name}/rotate': {
      as: owner,
      path: '/v1/credentials/never%2Fever/rotate',
      body: { fields: { value: 'x' } },
    },
    'POST /v1/credentials/{name}/rollback': {
      as: owner,
      path: '/v1/credentials/never/rollback',
      body: { version: 1 },
    },
    ...(await missingEnrollments(site)),
    'GET /v1/leases/{id}': { as: planner, path: `/v1/leases/${NO_LEASE}` },
    'GET /v1/audit/records/{chain}/{sequence}': {
      as: owner,
      path: '/v1/audit/records/nowhere/1',
    },
    'GET /v1/leases/{id}/children': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/children`,
    },
    'GET /v1/leases/{id}/tree': { as: planner, path: `/v1/leases/${NO_LEASE}/tree` },
    'POST /v1/leases/{id}/renew': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/renew`,
      body: { ttl_seconds: 60 },
    },
    'POST /v1/leases/{id}/release': { as: planner, path: `/v1/leases/${NO_LEASE}/release` },
    'POST /v1/leases/{id}/revoke': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/revoke`,
      body: { reason: 'x' },
    },
    'GET /v1/leases/{id}/revoke-preview': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/revoke-preview`,
    },
    'GET /v1/leases/{id}/budgets': { as: planner, path: `/v1/leases/${NO_LEASE}/budgets` },
    'GET /v1/leases/{id}/budgets/history': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/budgets/history`,
    },
    'GET /v1/leases/{id}/reservations': {
      as: planner,
      path: `/v1/leases/${NO_LEASE}/reservations`,
    },
    'POST /v1/delegations': {
      as: planner,
      path: '/v1/delegations',
      body: { lease_id: NO_LEASE, delegate: cast.worker.uri, scope },
    },
    'POST /v1/delegations/redeem': {
      as: planner,
      path: '/v1/delegations/redeem',
      body: { token: await orphanToken(site, planner) },
    },
    'POST /v1/tokens': {
      as: planner,
      path: '/v1/tokens',
      body: { lease_id: NO_LEASE, audience: AUDIENCE },
    },
    'GET /v1/receipts/{jti}': { as: planner, path: '/v1/receipts/AAAAAAAAAAAAAAAAAAAAAA' },
    ...missingActions(planner),
    ...missingApprovals(owner),
    'GET /v1/revocations/preview': {
      as: owner,
      path: `/v1/revocations/preview?subject=lease:${NO_LEASE}`,
    },
    'DELETE /v1/revocations/{subject}': {
      as: owner,
      path: `/v1/revocations/${encodeURIComponent(`lease:${NO_LEASE.replace('A', 'B')}`)}`,
    },
    'POST /v1/policy/explain': {
      as: owner,
      path: '/v1/policy/explain',
      body: callQuestion(agentUri('nobody'), CALL),
    },
    'POST /v1/explain': {
      as: planner,
      path: '/v1/explain',
      body: { lease_id: NO_LEASE, request: CALL },
    },
    'POST /v1/keys/{kid}/retire': {
      as: owner,
      path: `/v1/keys/${'A'.repeat(43)}/retire`,
      body: { reason: 'x' },
    },
  }
}

/** A genuine delegation token whose lease is not in the store, as after a rollback. */
async function orphanToken(site: Deployment, delegate: Peer): Promise<string> {
  const { keys, issuer, clock, ids } = site.world
  const now = clock.now()
  const lease = NO_LEASE as LeaseId
  return signToken(keys.active('token'), {
    kind: 'delegation',
    issuer,
    audience: issuer,
    subject: 'owner' as PrincipalId,
    agent: delegate.uri as AgentUri,
    actors: [delegate.uri as AgentUri],
    issuedAt: now,
    notBefore: now,
    expiresAt: later(now, 60),
    jti: ids.jti(),
    confirmation: { certificate: delegate.thumbprint as CertificateThumbprint },
    scope: completeRoot(NARROW),
    lease: { id: lease, lineage: [lease] },
    depth: 1,
    maxDepth: 1,
    attestation: {
      tier: 'warning',
      method: 'mtls',
      verifier: issuer,
      evidenceHash: `sha-256:${'A'.repeat(43)}`,
      at: now,
    },
  })
}
