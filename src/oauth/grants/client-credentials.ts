import { accept } from '../../domain/result.ts'
import { isAwaiting } from '../../usecases/approvals/awaiting.ts'
import { takeFromRoot } from '../../usecases/tokens/take-token.ts'
import { badParameter } from '../form.ts'
import type { Grant } from './grant.ts'
import { answerOfTaken } from './taken.ts'

/**
 * RFC 6749 §4.4 with `tls_client_auth` (RFC 8705 §2.1): opens a root lease within the contract for
 * the `authorization_details` and takes a call token from it. The subject is the agent's owner.
 */
export const clientCredentials: Grant = {
  grantType: 'client_credentials',
  async run(world, caller, { resource, details, approval, pin, possession }) {
    if (details === undefined) {
      return badParameter('authorization_details', 'This grant has to say what is asked for.')
    }
    const asked = { audience: resource, scope: details, approval, pin, possession }
    const taken = await takeFromRoot(world, caller, asked)
    if (!taken.ok) return taken
    if (isAwaiting(taken.value)) return accept({ kind: 'pending', awaiting: taken.value })
    return accept(answerOfTaken(taken.value))
  },
}
