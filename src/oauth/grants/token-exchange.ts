import { parseLeaseId } from '../../domain/ids.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AgentCaller } from '../../usecases/caller.ts'
import { confirmActor } from '../../usecases/tokens/confirm-actor.ts'
import { takeFromDelegation, takeToken } from '../../usecases/tokens/take-token.ts'
import type { World } from '../../usecases/world.ts'
import { badParameter, type Form, needed } from '../form.ts'
import { ACCESS_TOKEN, DELEGATION, JWT, LEASE } from '../token-types.ts'
import type { Grant, TokenParams } from './grant.ts'
import { answerOfTaken, answerOfToken } from './taken.ts'

/**
 * RFC 8693: a delegation token is redeemed for a child lease, or a lease of the caller is named,
 * and one call token is taken from it. Who acts is whoever the connection proves; `sub`, `act` and
 * `txn` come from the lease. Subject and actor are bound to one another by the delegation token
 * itself: it names the caller and its certificate, or is refused (I1, I8).
 */
export const tokenExchange: Grant = {
  grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
  async run(world, caller, params) {
    const { form } = params
    const issuedType = requestedType(form)
    if (!issuedType.ok) return issuedType
    const subject = needed(form, 'subject_token')
    if (!subject.ok) return subject
    const type = needed(form, 'subject_token_type')
    if (!type.ok) return type
    const actor = await actorOf(world, caller, form)
    if (!actor.ok) return actor
    const wanted = wantedOf(params)
    switch (type.value) {
      case DELEGATION:
      case JWT: {
        const asked = { ...wanted, token: subject.value }
        const taken = await takeFromDelegation(world, caller, asked)
        params.redeemed(taken.ok ? 'allowed' : taken.refusal.code)
        return taken.ok ? accept(answerOfTaken(taken.value, issuedType.value)) : taken
      }
      case LEASE: {
        const lease = parseLeaseId(subject.value)
        if (lease === undefined) return badParameter('subject_token', 'This is no lease id.')
        const minted = await takeToken(world, caller, { ...wanted, lease })
        return answerOfToken(lease, minted, issuedType.value)
      }
      default:
        return badParameter('subject_token_type', 'No token of this type is exchanged here.')
    }
  },
}

function wantedOf({ resource, details: scope, approval, pin, possession }: TokenParams) {
  return { audience: resource, scope, approval, pin, possession }
}

/** What is issued is one thing, a JWT that is used as an access token: both names are true. */
function requestedType(form: Form): Result<string> {
  const asked = form.get('requested_token_type') ?? ACCESS_TOKEN
  return asked === ACCESS_TOKEN || asked === JWT
    ? accept(asked)
    : badParameter('requested_token_type', 'No token of this type is issued here.')
}

async function actorOf(world: World, caller: AgentCaller, form: Form): Promise<Result<void>> {
  const token = form.get('actor_token')
  const type = form.get('actor_token_type')
  if ((token === undefined) !== (type === undefined)) {
    return badParameter('actor_token_type', 'An actor token and its type come together.')
  }
  if (token === undefined) return accept(undefined)
  if (type !== JWT && type !== ACCESS_TOKEN && type !== DELEGATION) {
    return badParameter('actor_token_type', 'No actor token of this type is taken here.')
  }
  return confirmActor(world, caller, { token })
}
