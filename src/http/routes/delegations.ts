import { timeText } from '../../listener/time-text.ts'
import { createDelegation } from '../../usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../usecases/delegations/redeem-delegation.ts'
import { endpoint } from '../endpoint.ts'
import {
  createDelegationBody,
  delegationOut,
  redeemDelegationBody,
} from '../schemas/delegations.ts'
import { leaseOut } from '../schemas/leases.ts'
import { liveLeaseView } from '../views/leases.ts'
import { ASKING, ATTESTATION, GRANTING, NOT_LIVE } from './refusals.ts'

export const create = endpoint({
  summary: 'Delegate part of a lease to one agent',
  description:
    'Makes a delegation token for the delegate alone, of a scope no wider than the lease ' +
    '(I2). The lease below is born when it is redeemed.',
  body: createDelegationBody,
  status: 201,
  asks: true,
  answer: delegationOut,
  refusals: [
    'not_found',
    'delegation_not_permitted',
    'delegate_not_allowed',
    'depth_exceeded',
    'fanout_exceeded',
    'tree_full',
    ...GRANTING,
    ...ATTESTATION,
    ...NOT_LIVE,
    ...ASKING,
  ],
  idempotency: 'once',
  act: (world, { caller, body }) => {
    const { lease_id: lease, ttl_seconds: ttlSeconds, ...rest } = body
    return createDelegation(world, caller, { lease, ttlSeconds, ...rest })
  },
  count: (metrics, result) =>
    metrics.tokensIssued('delegation', result.ok ? 'allowed' : result.refusal.code),
  view: ({ token, claims }) => ({
    token,
    expires_at: timeText(claims.expiresAt),
    scope: claims.scope,
    delegate: claims.agent,
  }),
})

export const redeem = endpoint({
  summary: 'Turn a delegation token into a child lease, once',
  description:
    'For the delegate that the token names, by its own certificate. A second try is refused.',
  body: redeemDelegationBody,
  status: 201,
  answer: leaseOut,
  refusals: [
    'token_kind',
    'signature_invalid',
    'issuer_mismatch',
    'audience_mismatch',
    'not_yet_valid',
    'holder_binding_failed',
    'depth_exceeded',
    'fanout_exceeded',
    'tree_full',
    'not_narrower',
    'token_used',
    'contract_expired',
    'approval_required',
    'not_found',
    ...ATTESTATION,
    ...NOT_LIVE,
  ],
  idempotency: 'replay',
  act: (world, { caller, body }) => redeemDelegation(world, caller, { token: body.token }),
  count: (metrics, result) => metrics.redemption(result.ok ? 'allowed' : result.refusal.code),
  view: liveLeaseView,
})
