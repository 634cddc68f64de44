import type { Credential, CredentialKey } from '../../domain/credential.ts'
import { checkOrigins } from '../../domain/credential-checks.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'
import { credentialFacts, requireWriter } from './credential-content.ts'
import { soundCredential } from './rotate-credential.ts'

/** What may change of a credential; kind, placement and backend are for its life. */
export type CredentialChange = Partial<
  Pick<
    Credential,
    'state' | 'origins' | 'category' | 'requiresApproval' | 'allowedActions' | 'classification'
  >
>

/**
 * An owner changes what a credential may be used for; the next call goes by it. To disable one that
 * is another principal's own, and nothing else, is open to every owner.
 * Refusals: `forbidden`, `not_found`, `malformed`, `credential_unavailable`.
 */
export async function changeCredential(
  world: World,
  caller: Caller,
  input: { readonly key: CredentialKey; readonly change: CredentialChange },
): Promise<Result<Credential>> {
  const { key, change } = input
  const stops = change.state === 'disabled' && Object.keys(change).length === 1
  const writer = stops ? requireRole(caller, 'owner') : requireWriter(caller, key)
  if (!writer.ok) return writer
  const event = change.state === 'disabled' ? 'credential.disabled' : 'credential.changed'
  const decided = await decide(world, caller, event, async (tx, details) => {
    const { origins, allowedActions, ...plain } = change
    const told = {
      ...plain,
      ...(origins === undefined ? {} : { origins: origins.join(' ') }),
      ...(allowedActions === undefined ? {} : { allowedActions: allowedActions.join(' ') }),
    }
    details.facts = credentialFacts(key, told)
    const known = await soundCredential(world, tx, key)
    if (!known.ok) return known
    const sent = checkOrigins(origins ?? known.value.origins, known.value.placement)
    if (!sent.ok) {
      const { pointer, detail } = sent
      return refuse('malformed', {}, [{ pointer, code: 'malformed', detail }])
    }
    const changed = world.vault.marked({ ...known.value, ...change, changedAt: tx.now })
    await tx.updateCredential(changed)
    return accept(changed)
  })
  return decided.result
}

/**
 * An owner removes a credential with all its versions, another principal's own too. Refusals:
 * `forbidden`, `not_found`.
 */
export async function removeCredential(
  world: World,
  caller: Caller,
  input: { readonly key: CredentialKey },
): Promise<Result<void>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const { key } = input
  const decided = await decide<void>(world, caller, 'credential.removed', async (tx, details) => {
    details.facts = credentialFacts(key)
    return (await tx.removeCredential(key)) ? accept(undefined) : refuse('not_found')
  })
  return decided.result
}
