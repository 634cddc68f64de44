import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AgentCaller } from '../caller.ts'
import { decideNo } from '../decide.ts'
import type { World } from '../world.ts'
import { introspectToken } from './introspect-token.ts'

/**
 * A token that is said to name the acting agent has to name the one whose connection this is, over
 * the certificate it presents now, and be usable (RFC 8693 §2.1; a splice of two tokens that are
 * each good is a delegation that never happened). It adds nothing: who acts is proven by the
 * connection (I8). Refuses `holder_binding_failed` for every other token, whatever is wrong, with a
 * record (I10).
 */
export async function confirmActor(
  world: World,
  caller: AgentCaller,
  input: { readonly token: string },
): Promise<Result<void>> {
  const found = await introspectToken(world, caller, input)
  if (!found.ok) return found
  const claims = found.value.active ? found.value.claims : undefined
  const same =
    claims?.agent === caller.uri && claims.confirmation.certificate === caller.certificate
  if (same) return accept(undefined)
  const result = refuse('holder_binding_failed', { actor: 'another' })
  return decideNo(world, caller, 'token.minted', { result, facts: {} })
}
