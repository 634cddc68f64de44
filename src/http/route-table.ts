import type { Method } from '../listener/face.ts'
import {
  AGENT,
  ANYONE,
  ATTESTERS,
  ENFORCEMENT,
  HOLDERS,
  NEWCOMER,
  OWNER,
  PEERS,
  PEOPLE,
  REGISTRANT,
  SETTLERS,
  WATCHERS,
  type Who,
} from '../listener/guards.ts'
import type { Endpoint } from './endpoint.ts'
import type { Row } from './pipeline.ts'
import * as aat from './routes/aat.ts'
import * as actions from './routes/actions.ts'
import * as agents from './routes/agents.ts'
import * as alerts from './routes/alerts.ts'
import * as approvals from './routes/approvals.ts'
import * as attestation from './routes/attestation.ts'
import * as audit from './routes/audit.ts'
import * as budgets from './routes/budgets.ts'
import * as connection from './routes/connection.ts'
import * as credentials from './routes/credentials.ts'
import * as delegations from './routes/delegations.ts'
import * as enrollments from './routes/enrollments.ts'
import * as explain from './routes/explain.ts'
import * as handles from './routes/handles.ts'
import * as keys from './routes/keys.ts'
import * as leases from './routes/leases.ts'
import * as limits from './routes/limits.ts'
import * as operators from './routes/operators.ts'
import * as policies from './routes/policies.ts'
import * as receipts from './routes/receipts.ts'
import * as redemptions from './routes/redemptions.ts'
import * as registrations from './routes/registrations.ts'
import * as revocations from './routes/revocations.ts'
import * as securityEvents from './routes/security-events.ts'
import * as tokens from './routes/tokens.ts'
import * as webhooks from './routes/webhooks.ts'

function on(method: Method, path: string, who: Who, endpoint: Endpoint): Row {
  return { method, path, who, endpoint }
}

/** The whole of this face: every guarded address, who may ask, and what answers. */
export const ROUTES: readonly Row[] = [
  on('POST', '/v1/operators', OWNER, operators.create),
  on('GET', '/v1/operators', OWNER, operators.list),
  on('DELETE', '/v1/operators/{name}', OWNER, operators.revoke),

  on('POST', '/v1/agents', OWNER, agents.enroll),
  on('GET', '/v1/agents', PEOPLE, agents.list),
  on('POST', '/v1/agents/federated', OWNER, agents.federate),
  on('POST', '/v1/agents/self/certificate', PEERS, agents.certificate),
  on('PUT', '/v1/agents/self/certificate', AGENT, agents.announce),
  on('POST', '/v1/agents/self/attestation', PEERS, attestation.attest),
  on('POST', '/v1/agents/self/heartbeat', AGENT, attestation.heartbeat),
  on('POST', '/v1/nonces', ATTESTERS, attestation.nonce),
  on('GET', '/v1/agents/{name}', ANYONE, agents.read),
  on('PUT', '/v1/agents/{name}/contract', OWNER, agents.contract),
  on('POST', '/v1/agents/{name}/certificate', OWNER, agents.reissue),

  on('POST', '/v1/enrollments', OWNER, enrollments.create),
  on('GET', '/v1/enrollments/{id}', OWNER, enrollments.read),
  on('POST', '/v1/registrations/begin', NEWCOMER, registrations.begin),
  on('POST', '/v1/registrations', NEWCOMER, registrations.register),
  on('GET', '/v1/registrations', PEOPLE, registrations.list),
  on('GET', '/v1/registrations/self', REGISTRANT, registrations.readOwn),
  on('GET', '/v1/registrations/{id}', PEOPLE, registrations.read),
  on('POST', '/v1/registrations/{id}/approve', OWNER, registrations.approve),
  on('POST', '/v1/registrations/{id}/deny', OWNER, registrations.deny),
  on('POST', '/v1/registrations/{id}/certificate', REGISTRANT, registrations.collect),
  on('GET', '/v1/connection', AGENT, connection.read),

  on('POST', '/v1/leases', AGENT, leases.open),
  on('GET', '/v1/leases', HOLDERS, leases.list),
  on('GET', '/v1/leases/{id}', HOLDERS, leases.read),
  on('GET', '/v1/leases/{id}/tree', HOLDERS, leases.tree),
  on('GET', '/v1/leases/{id}/children', HOLDERS, leases.children),
  on('POST', '/v1/leases/{id}/renew', AGENT, leases.renew),
  on('POST', '/v1/leases/{id}/release', AGENT, leases.release),
  on('POST', '/v1/leases/{id}/revoke', HOLDERS, leases.revoke),
  on('GET', '/v1/leases/{id}/revoke-preview', HOLDERS, leases.preview),

  on('GET', '/v1/leases/{id}/budgets', HOLDERS, budgets.read),
  on('GET', '/v1/leases/{id}/budgets/history', HOLDERS, budgets.history),
  on('GET', '/v1/leases/{id}/reservations', HOLDERS, budgets.reservations),
  on('POST', '/v1/settlements', SETTLERS, budgets.settle),

  on('POST', '/v1/delegations', AGENT, delegations.create),
  on('POST', '/v1/delegations/redeem', AGENT, delegations.redeem),

  on('POST', '/v1/handles', HOLDERS, handles.create),
  on('GET', '/v1/handles', HOLDERS, handles.list),
  on('POST', '/v1/handles/{id}/revoke', HOLDERS, handles.revoke),

  on('POST', '/v1/tokens', AGENT, tokens.mint),
  on('POST', '/v1/actions', AGENT, actions.execute),
  on('POST', '/v1/tokens/introspect', ANYONE, tokens.introspect),
  on('POST', '/v1/tokens/redeem', ENFORCEMENT, tokens.redeem),
  on('POST', '/v1/redemptions', ENFORCEMENT, redemptions.redeem),
  on('POST', '/v1/aat/redemptions', ENFORCEMENT, aat.redeem),
  on('GET', '/v1/receipts/{jti}', PEERS, receipts.read),

  on('GET', '/v1/approvals', HOLDERS, approvals.list),
  on('GET', '/v1/approvals/stream', HOLDERS, approvals.stream),
  on('POST', '/v1/approvals/decide', OWNER, approvals.decide),
  on('GET', '/v1/approvals/{id}', HOLDERS, approvals.read),
  on('POST', '/v1/approvals/{id}/approve', OWNER, approvals.approve),
  on('POST', '/v1/approvals/{id}/deny', OWNER, approvals.deny),

  on('POST', '/v1/revocations', PEOPLE, revocations.record),
  on('GET', '/v1/revocations', PEOPLE, revocations.list),
  on('GET', '/v1/revocations/preview', PEOPLE, revocations.preview),
  on('GET', '/v1/revocations/feed', WATCHERS, revocations.feed),
  on('DELETE', '/v1/revocations/{subject}', OWNER, revocations.lift),
  on('POST', '/v1/security-events', WATCHERS, securityEvents.poll),

  on('POST', '/v1/credentials', OWNER, credentials.create),
  on('GET', '/v1/credentials', PEOPLE, credentials.list),
  on('GET', '/v1/credentials/{name}', PEOPLE, credentials.read),
  on('PATCH', '/v1/credentials/{name}', OWNER, credentials.change),
  on('DELETE', '/v1/credentials/{name}', OWNER, credentials.remove),
  on('POST', '/v1/credentials/{name}/rotate', OWNER, credentials.rotate),
  on('POST', '/v1/credentials/{name}/rollback', OWNER, credentials.rollBack),

  on('POST', '/v1/explain', HOLDERS, explain.explain),
  on('GET', '/v1/policies', PEOPLE, policies.read),
  on('POST', '/v1/policy/explain', PEOPLE, policies.explain),
  on('POST', '/v1/policy/replay', PEOPLE, policies.replay),

  on('GET', '/v1/limits', PEOPLE, limits.read),

  on('GET', '/v1/keys', PEOPLE, keys.list),
  on('POST', '/v1/keys/rotate', PEOPLE, keys.rotate),
  on('POST', '/v1/keys/{kid}/retire', PEOPLE, keys.retire),

  on('GET', '/v1/alerts', PEOPLE, alerts.list),
  on('POST', '/v1/alerts/{id}/acknowledge', PEOPLE, alerts.acknowledge),

  on('POST', '/v1/webhooks', OWNER, webhooks.create),
  on('GET', '/v1/webhooks', OWNER, webhooks.list),
  on('DELETE', '/v1/webhooks/{id}', OWNER, webhooks.remove),
  on('POST', '/v1/webhooks/{id}/test', OWNER, webhooks.test),

  on('GET', '/v1/audit', PEOPLE, audit.list),
  on('GET', '/v1/audit/search', PEOPLE, audit.search),
  on('GET', '/v1/audit/stream', PEOPLE, audit.stream),
  on('GET', '/v1/audit/records/{chain}/{sequence}', PEOPLE, audit.readRecord),
  on('GET', '/v1/audit/checkpoints', PEOPLE, audit.checkpoints),
  on('GET', '/v1/audit/verify', PEOPLE, audit.verify),
  on('GET', '/v1/audit/export', PEOPLE, audit.exportTrail),
]
