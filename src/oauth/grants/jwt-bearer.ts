import { accept } from '../../domain/result.ts'
import { isAwaiting } from '../../usecases/approvals/awaiting.ts'
import { takeForPerson } from '../../usecases/tokens/take-for-person.ts'
import { needed } from '../form.ts'
import type { Grant } from './grant.ts'
import { answerOfTaken } from './taken.ts'

/** RFC 7523 §2.1. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * RFC 7523 as an identity assertion grant (draft-ietf-oauth-identity-assertion-authz-grant): an
 * issuer vouches for a person to the agent of the connection, which so gets a root lease with that
 * person as subject and a call token of it. What is asked for is in the request or the assertion.
 */
export const jwtBearer: Grant = {
  grantType: JWT_BEARER,
  isOffered: ({ assertions }) => assertions !== undefined,
  async run(world, caller, { form, resource: audience, details: scope, ...more }) {
    const assertion = needed(form, 'assertion')
    if (!assertion.ok) return assertion
    const { approval, pin, possession } = more
    const wanted = { audience, scope, approval, pin, possession }
    const asked = { assertion: assertion.value, ...wanted }
    const taken = await takeForPerson(world, caller, asked)
    if (!taken.ok) return taken
    if (isAwaiting(taken.value)) return accept({ kind: 'pending', awaiting: taken.value })
    return accept(answerOfTaken(taken.value))
  },
}
