import type { KeyThumbprint } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { subjectOf } from '../domain/revocation.ts'
import type { KeyPurpose, KeyView } from '../token/keyring.ts'
import { type Caller, requireDeployment, requireRole } from './caller.ts'
import { decide } from './decide.ts'
import type { World } from './world.ts'

/** Every key there ever was, newest first; nothing secret. */
export async function listKeys(world: World, caller: Caller): Promise<Result<readonly KeyView[]>> {
  const person = requireRole(caller, 'owner', 'operator')
  return person.ok ? accept(world.keys.list()) : person
}

/**
 * Makes a new active key for a purpose; the old one goes on verifying until what it signed has run
 * out. The key file changes inside the transaction, so that no rotation goes unrecorded; a rotation
 * whose commit failed stands, and is harmless.
 */
export async function rotateKey(
  world: World,
  caller: Caller,
  input: { readonly purpose: KeyPurpose },
): Promise<Result<KeyView>> {
  const person = requireDeployment(caller)
  if (!person.ok) return person
  const decided = await decide<KeyView>(world, caller, 'key.rotated', async (tx, details) => {
    const { kid } = await world.keys.rotate(input.purpose, tx.now)
    details.facts = { purpose: input.purpose, kid }
    return viewOf(world, kid)
  })
  return decided.result
}

/**
 * Takes a key out of force at once: everything it signed is void, also in the store, so that an old
 * copy of the key file revives nothing. An active key gets a successor.
 */
export async function retireKey(
  world: World,
  caller: Caller,
  input: { readonly kid: KeyThumbprint; readonly reason: string },
): Promise<Result<KeyView>> {
  const person = requireDeployment(caller)
  if (!person.ok) return person
  const decided = await decide<KeyView>(world, caller, 'key.retired', async (tx, details) => {
    const { kid, reason } = input
    details.facts = { kid, reason }
    const subject = subjectOf('key', kid)
    if (!(await world.keys.retire(kid))) return refuse('not_found', { kid })
    await tx.recordRevocation(caller.tenant, { subject, effect: 'revoked', reason, at: tx.now })
    return viewOf(world, kid)
  })
  return decided.result
}

function viewOf(world: World, kid: KeyThumbprint): Result<KeyView> {
  const view = world.keys.list().find((key) => key.kid === kid)
  return view === undefined ? refuse('not_found', { kid }) : accept(view)
}
