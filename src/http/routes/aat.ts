import { AAT_BODY_BYTES_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept } from '../../domain/result.ts'
import { redeemChain } from '../../usecases/aat/redeem-chain.ts'
import { endpoint } from '../endpoint.ts'
import { redeemChainBody, redeemedChainOut } from '../schemas/aat.ts'
import { redeemedView } from '../views/redeemed.ts'
import { withReceipt } from './redemptions.ts'
import { REDEEMING } from './refusals.ts'

export const redeem = endpoint({
  summary: 'Admit one call that came with a chain of attenuating tokens',
  description:
    'By draft-niyikiza-oauth-attenuating-agent-tokens-02 the chain is verified, joined to leases ' +
    'here, and its proof is spent, at most once (I7). For enforcement points, for audiences of ' +
    'their contract.',
  body: redeemChainBody,
  bodyBytesMax: AAT_BODY_BYTES_MAX,
  answer: redeemedChainOut,
  refusals: [
    ...REDEEMING,
    'not_narrower',
    'delegation_not_permitted',
    'depth_exceeded',
    'fanout_exceeded',
    'tree_full',
  ],
  act: async (world, { caller, body, fault }) => {
    const { aat_chain: chain, aat_pop: proof, request_id: requestId = caller.request } = body
    const { request, ...rest } = body
    if (request.type !== 'tool') {
      const detail = 'Chains are about calls of tools.'
      return refuse('malformed', {}, [{ pointer: '/request/type', code: 'malformed', detail }])
    }
    const { audience, costs, address } = rest
    const admitted = await redeemChain(world, caller, {
      chain,
      proof,
      audience,
      request,
      costs,
      address,
      requestId,
    })
    return admitted.ok ? accept(await withReceipt(world, admitted.value, fault)) : admitted
  },
  count: (metrics, result) => metrics.redemption(result.ok ? 'allowed' : result.refusal.code),
  view: (redeemed) => {
    const { id, lineage } = redeemed.admitted.claims.lease
    return { ...redeemedView(redeemed), lease: { id, lineage: [...lineage] } }
  },
})
