import { holderOf, type Lease } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Transaction } from '../../store/ports.ts'
import type { ProvenKey } from '../../token/dpop.ts'
import type { AgentCaller } from '../caller.ts'

/** What a holder asks its call tokens to be bound to. */
interface Binding {
  readonly possession?: ProvenKey | undefined
  readonly bind?: 'key' | undefined
}

/**
 * Takes the proof that came with a mint, once: it is remembered in the transaction of the mint, and
 * a mint that is refused takes that back with the rest. Refusals: `proof_invalid` for a proof that
 * was taken before, or where a key is asked for and none proven; `forbidden` where tokens are to be
 * bound to a key alone and the terms of a holder do not allow it.
 */
export async function requireBinding(
  tx: Transaction,
  caller: AgentCaller,
  lineage: readonly Lease[],
  { possession, bind }: Binding,
): Promise<Result<void>> {
  if (possession === undefined) {
    return bind === undefined ? accept(undefined) : refuse('proof_invalid', { proof: 'none' })
  }
  if (bind === 'key') {
    for (const lease of lineage) {
      const holder = holderOf(lease)
      const agent = await tx.agent(lease.tenant, holder)
      if (agent?.terms.keyOnly === true) continue
      const detail = 'The contract of a holder wants the certificate beside the key.'
      return refuse('forbidden', { keyOnly: holder }, [{ pointer: '/bind', code: 'terms', detail }])
    }
  }
  const { id: key, expiresAt } = possession.proof
  const taken = await tx.spendProof({ tenant: caller.tenant, key, expiresAt })
  return taken.ok ? accept(undefined) : refuse('proof_invalid', { proof: 'used' })
}

/** What the tokens are bound to (I8): the certificate, the key as well, or the key alone. */
export function confirmationOf(
  { certificate }: AgentCaller,
  { possession, bind }: Binding,
): TokenClaims['confirmation'] {
  if (possession === undefined) return { certificate }
  const { key } = possession
  return bind === 'key' ? { key } : { certificate, key }
}
