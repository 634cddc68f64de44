import { membersOf, notUnderstood, readNo } from '../../admission/remote-answer.ts'
import { REDEEM_DEADLINE_MS } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import { parseCosts } from '../../domain/scope/parse-bounds.ts'
import type { Settled } from '../../domain/settlement.ts'
import type { SettleCall } from '../settlements.ts'
import type { AuthorityLink } from './authority-link.ts'

/**
 * Settles one call over the API of the authority, as the enforcement point that redeemed it.
 * Rejects when there is no answer: the reservation then stands, unless the answer alone was lost.
 */
export async function settleAtAuthority(
  link: AuthorityLink,
  { root, jti, actual, usage, request: requestId }: Parameters<SettleCall>[0],
): Promise<Result<Settled>> {
  const used = usage && {
    model: usage.model,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
  }
  const body = JSON.stringify({ items: [{ root_id: root, jti, actual, usage: used }] })
  const signal = AbortSignal.timeout(REDEEM_DEADLINE_MS)
  const answer = await link.ask({
    method: 'POST',
    path: '/v1/settlements',
    body,
    requestId,
    signal,
  })
  if (answer.status !== 200) return readNo(answer.json)
  const { items } = membersOf(answer.json)
  const {
    ok,
    problem,
    lease_id: lease,
    spent,
    again,
  } = membersOf(Array.isArray(items) ? items[0] : undefined)
  if (ok !== true) return ok === false ? readNo(problem) : notUnderstood()
  const costs = parseCosts(spent)
  if (!costs.ok || typeof lease !== 'string') return notUnderstood()
  return accept({
    jti,
    lease: lease as Settled['lease'],
    spent: costs.value,
    again: again === true,
  })
}
