import type { Jti } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { SpentToken } from '../../store/ports.ts'
import type { Caller } from '../caller.ts'
import type { World } from '../world.ts'

/**
 * Settles a lost answer: what became of a spent token, for the certificate that spent it. To
 * everybody else, and for a token that was not spent: `not_found`.
 */
export function readReceipt(
  world: World,
  caller: Caller,
  input: { readonly jti: Jti },
): Promise<Result<SpentToken>> {
  return world.store.read(async (reads) => {
    const spent = await reads.spentToken(caller.tenant, input.jti)
    const mine = 'certificate' in caller && spent?.certificate === caller.certificate
    return spent !== undefined && mine ? accept(spent) : refuse('not_found', { jti: input.jti })
  })
}
