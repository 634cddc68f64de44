import { REDEEM_BATCH_BYTES_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import { introspectToken } from '../../usecases/tokens/introspect-token.ts'
import { mintTokens } from '../../usecases/tokens/mint-tokens.ts'
import { proveKey } from '../../usecases/tokens/prove-key.ts'
import { redeemTokens } from '../../usecases/tokens/redeem-token.ts'
import { endpoint } from '../endpoint.ts'
import {
  introspectBody,
  introspectionOut,
  mintBody,
  mintedOut,
  redeemBody,
  redeemedOut,
} from '../schemas/tokens.ts'
import { claimsView, introspectionView } from '../views/claims.ts'
import { redeemedView } from '../views/redeemed.ts'
import { redemptionOf, withReceipt } from './redemptions.ts'
import { ASKING, ATTESTATION, NOT_LIVE, REDEEMING } from './refusals.ts'

export const mint = endpoint({
  summary: 'Take single-use call tokens from a lease',
  description:
    'Each is for one call to one audience, bound to the certificate of the caller or to a ' +
    'proven key. The uses are counted when they are spent.',
  body: mintBody,
  status: 201,
  asks: true,
  answer: mintedOut,
  refusals: [
    'not_found',
    'audience_mismatch',
    'not_narrower',
    'request_mismatch',
    'proof_invalid',
    'forbidden',
    'contract_expired',
    ...ATTESTATION,
    ...NOT_LIVE,
    ...ASKING,
  ],
  idempotency: 'once',
  act: async (world, { caller, body, connection }) => {
    const { lease_id: lease, ttl_seconds: ttlSeconds, ...rest } = body
    const proven = await proveKey(world, { method: 'POST', ...connection })
    if (!proven.ok) return proven
    return mintTokens(world, caller, { lease, ttlSeconds, possession: proven.value, ...rest })
  },
  count: (metrics, result) =>
    result.ok
      ? metrics.tokensIssued('call', 'allowed', result.value.length)
      : metrics.tokensIssued('call', result.refusal.code),
  view: (minted) => ({
    tokens: minted.map(({ token, claims }) => ({
      token,
      jti: claims.jti,
      expires_at: timeText(claims.expiresAt),
    })),
  }),
})

export const introspect = endpoint({
  summary: 'Ask whether a token is still worth presenting (RFC 7662)',
  description: 'Never spends it. Nobody learns why a token is inactive.',
  body: introspectBody,
  answer: introspectionOut,
  refusals: [],
  act: (world, { caller, body }) => introspectToken(world, caller, { token: body.token }),
  view: introspectionView,
})

export const redeem = endpoint({
  summary: 'Admit one call and spend its token',
  description:
    'At most once (I7): after a lost answer, the receipt tells what became of it. ' +
    'For enforcement points without a store, for audiences of their contract.',
  body: redeemBody,
  // A body that is judged goes along, of up to JUDGED_BODY_BYTES_MAX.
  bodyBytesMax: REDEEM_BATCH_BYTES_MAX,
  answer: redeemedOut,
  refusals: REDEEMING,
  act: async (world, { caller, body, fault }) => {
    const started = await redeemTokens(world, caller, [redemptionOf(body, caller.request)])
    if (!started.ok) return started
    const [only = refuse('fault')] = await Promise.all(started.value)
    return only.ok ? accept(await withReceipt(world, only.value, fault)) : only
  },
  count: (metrics, result) => metrics.redemption(result.ok ? 'allowed' : result.refusal.code),
  view: (redeemed) => ({ claims: claimsView(redeemed.admitted.claims), ...redeemedView(redeemed) }),
})
