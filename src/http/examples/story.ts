import {
  AUDIENCE,
  at,
  CALL,
  CALL_JTI,
  CHILD,
  CHILD_SCOPE,
  CONTRACT,
  COST,
  HASH,
  LABELS,
  OWNER,
  PLANNER,
  PLANNERS,
  ROOT,
  SETTLED,
  WORKER,
  WORKERS,
} from './cast.ts'
import { CALLING, OPENING, PASSING_ON, voted } from './questions.ts'
import { CHILD_LEASE, leaseAs, ROOT_LEASE, SPENT_ONE } from './told-leases.ts'

/** What one operation is asked and answers, where it is a part of the story. */
interface Chapter {
  readonly asks?: unknown
  /** By status. */
  readonly answers?: Readonly<Record<number, unknown>>
}

function secondsAt(clock: string): number {
  return Date.parse(at(clock)) / 1000
}

/** Where a record of the story stands. */
function record(sequence: number) {
  return { chain: 'authority-1', sequence }
}

const DELEGATION_TOKEN = 'eyJ0eXAiOiJ3cml0LWRlbGVnYXRpb24rand0In0…'
const CALL_TOKEN = 'eyJ0eXAiOiJ3cml0LWNhbGwrand0In0…'
const PRESENTED = {
  token: CALL_TOKEN,
  audience: AUDIENCE,
  request: CALL,
  peer: { uri: WORKER, certificate_thumbprint: HASH },
  costs: COST,
}
const REDEEMED = {
  record: record(6),
  lease_ends_at: at('12:18'),
  subjects: [`lease:${ROOT}`, `lease:${CHILD}`, `agent:${PLANNER}`, `agent:${WORKER}`],
  reserved: COST,
  rate: null,
  response_handling: [],
  receipt: 'eyJ0eXAiOiJ3cml0LXJlY2VpcHQrand0In0…',
}
/** The claims of the call token: the worker acts, and the planner is who passed it on. */
const CLAIMS = {
  iss: 'https://writ.acme.example',
  aud: AUDIENCE,
  sub: OWNER,
  client_id: WORKER,
  act: { sub: WORKER, act: { sub: PLANNER } },
  iat: secondsAt('12:05'),
  nbf: secondsAt('12:05'),
  exp: secondsAt('12:06'),
  jti: CALL_JTI,
  cnf: { 'x5t#S256': HASH },
  authorization_details: [CHILD_SCOPE],
  lease: { id: CHILD, lineage: [ROOT, CHILD] },
  txn: ROOT,
  del_depth: 1,
  del_max_depth: 1,
  att: { tier: 'warning', method: 'mtls', verifier: 'writ', evh: HASH, at: secondsAt('12:00') },
  req: { htm: CALL.method, htu: CALL.target, cd: HASH },
}
const REASON = { reason: 'the issue is answered' }

/**
 * The examples of the operations that an agent meets first, told as one story: the planner opens a
 * lease, passes the issues on to the worker, which redeems them, asks for one call, is allowed it,
 * makes it and settles it; then dana revokes the root, and both leases are over.
 */
export const STORY: Readonly<Record<string, Chapter>> = {
  'POST /v1/agents': {
    asks: {
      name: 'planner',
      csr: '-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n',
      contract: CONTRACT,
    },
  },
  'POST /v1/leases': {
    asks: {
      scope: PLANNERS,
      ttl_seconds: 3600,
      labels: LABELS,
      reason: 'Answer what was asked about the site',
    },
    answers: { 201: ROOT_LEASE, 202: { approval: OPENING } },
  },
  'POST /v1/delegations': {
    asks: { lease_id: ROOT, delegate: WORKER, scope: WORKERS, ttl_seconds: 900 },
    answers: {
      201: {
        token: DELEGATION_TOKEN,
        expires_at: at('12:07'),
        scope: CHILD_SCOPE,
        delegate: WORKER,
      },
      202: { approval: PASSING_ON },
    },
  },
  'POST /v1/delegations/redeem': {
    asks: { token: DELEGATION_TOKEN },
    answers: { 201: CHILD_LEASE },
  },
  'POST /v1/tokens': {
    asks: {
      lease_id: CHILD,
      audience: AUDIENCE,
      pin: { method: CALL.method, target: CALL.target, body_digest: HASH },
    },
    answers: {
      201: { tokens: [{ token: CALL_TOKEN, jti: CALL_JTI, expires_at: at('12:06') }] },
      202: { approval: CALLING },
    },
  },
  'GET /v1/approvals': { answers: { 200: { items: [CALLING], cursor: null } } },
  'POST /v1/approvals/{id}/approve': { answers: { 200: voted('approved', 'approve') } },
  'POST /v1/approvals/{id}/deny': { answers: { 200: voted('denied', 'deny') } },
  'POST /v1/explain': {
    asks: { lease_id: CHILD, request: CALL },
    answers: { 200: { permitted: true, grants: [0, 0] } },
  },
  'POST /v1/redemptions': {
    asks: { items: [PRESENTED] },
    answers: { 200: { items: [{ ok: true, ...REDEEMED }] } },
  },
  'POST /v1/tokens/introspect': {
    asks: { token: CALL_TOKEN },
    answers: { 200: { active: true, token_type: 'writ-call+jwt', ...CLAIMS } },
  },
  'POST /v1/tokens/redeem': {
    asks: PRESENTED,
    answers: { 200: { ...REDEEMED, claims: CLAIMS } },
  },
  'GET /v1/receipts/{jti}': {
    answers: { 200: { jti: CALL_JTI, at: at('12:05'), record: record(6), born_lease: null } },
  },
  'GET /v1/leases/{id}/reservations': {
    answers: {
      200: {
        items: [
          {
            ...COST[0],
            root_id: ROOT,
            lease_id: CHILD,
            jti: CALL_JTI,
            point: 'spiffe://acme.example/gateway/edge',
            at: at('12:05'),
          },
        ],
        cursor: null,
      },
    },
  },
  'POST /v1/settlements': {
    asks: { items: [{ root_id: ROOT, jti: CALL_JTI, actual: SETTLED }] },
    answers: {
      200: { items: [{ ok: true, jti: CALL_JTI, lease_id: CHILD, spent: SETTLED, again: false }] },
    },
  },
  'GET /v1/leases/{id}/budgets': {
    answers: {
      200: {
        items: [
          {
            ...{ unit: 'USD', decimals: 2, amount: 100 },
            ...{ reserved: 0, spent: 3, remaining: 97, percent: 3 },
          },
        ],
      },
    },
  },
  'GET /v1/leases/{id}/budgets/history': {
    answers: {
      200: {
        items: [
          {
            ...{ unit: 'USD', decimals: 2, amount: 100 },
            points: [
              { at: at('12:03'), reserved: 0, spent: 0 },
              { at: at('12:05'), reserved: 5, spent: 0 },
              { at: at('12:07'), reserved: 0, spent: 3 },
            ],
          },
        ],
      },
    },
  },
  'GET /v1/leases': {
    answers: {
      200: { items: [leaseAs(CHILD, SPENT_ONE), leaseAs(ROOT, SPENT_ONE)], cursor: null },
    },
  },
  'GET /v1/leases/{id}': { answers: { 200: leaseAs(ROOT, SPENT_ONE) } },
  'GET /v1/leases/{id}/tree': {
    answers: {
      200: { items: [leaseAs(ROOT, SPENT_ONE), leaseAs(CHILD, SPENT_ONE)], truncated: false },
    },
  },
  'GET /v1/leases/{id}/children': {
    answers: { 200: { items: [{ ...leaseAs(CHILD, SPENT_ONE), children: 0 }], cursor: null } },
  },
  'POST /v1/leases/{id}/renew': {
    asks: { ttl_seconds: 3600 },
    answers: {
      200: leaseAs(ROOT, { ...SPENT_ONE, renewals: 1, expires_at: at('13:10') }),
      202: { approval: { ...OPENING, lease_id: ROOT, lineage: PASSING_ON.lineage } },
    },
  },
  'POST /v1/leases/{id}/release': {
    answers: { 200: leaseAs(CHILD, { ...SPENT_ONE, state: 'released' }) },
  },
  'GET /v1/leases/{id}/revoke-preview': {
    answers: { 200: { leases: 2, live: 2, holders: [PLANNER, WORKER] } },
  },
  'POST /v1/leases/{id}/revoke': {
    asks: REASON,
    answers: { 200: { revoked_at: at('12:15'), subject: `lease:${ROOT}`, record: record(9) } },
  },
  'GET /v1/revocations': {
    answers: {
      200: {
        items: [{ subject: `lease:${ROOT}`, effect: 'revoked', ...REASON, at: at('12:15') }],
        cursor: null,
      },
    },
  },
}
