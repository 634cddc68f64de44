import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { RoleCredential } from '../../store/ports.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** A role token: `writ_owner_` or `writ_operator_` and 256 random bits; shown once. */
export function makeRoleToken(role: RoleCredential['role']): string {
  return drawSecret(`writ_${role}_`)
}

/** An owner makes a credential for an owner or operator. Refusals: `forbidden`, `conflict`. */
export async function createOperator(
  world: World,
  caller: Caller,
  input: { readonly name: string; readonly role: RoleCredential['role'] },
): Promise<Result<{ readonly credential: RoleCredential; readonly token: string }>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const { name, role } = input
  const token = makeRoleToken(role)
  const decided = await decide<RoleCredential>(
    world,
    caller,
    'operator.created',
    async (tx, details) => {
      details.facts = { name, role }
      const credential: RoleCredential = {
        tenant: caller.tenant,
        name,
        role,
        tokenHash: hashSecret(token),
        createdAt: tx.now,
        revokedAt: null,
      }
      const inserted = await tx.insertRoleCredential(credential)
      return inserted.ok ? accept(credential) : inserted
    },
  )
  const { result } = decided
  return result.ok ? accept({ credential: result.value, token }) : result
}

/** Lists the role credentials of the tenant; hashes are not for the wire. */
export function listOperators(
  world: World,
  caller: Caller,
): Promise<Result<readonly RoleCredential[]>> {
  return world.store.read(async (reads) => {
    const owner = requireRole(caller, 'owner')
    if (!owner.ok) return owner
    return accept(await reads.roleCredentials(caller.tenant))
  })
}

/** An owner ends a role credential at once; its own is left alone, so that one owner remains. */
export async function revokeOperator(
  world: World,
  caller: Caller,
  input: { readonly name: string },
): Promise<Result<void>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  if (owner.value.name === input.name) return refuse('conflict', { name: input.name })
  const decided = await decide<void>(world, caller, 'operator.revoked', async (tx, details) => {
    details.facts = { name: input.name }
    const revoked = await tx.revokeRoleCredential(caller.tenant, input.name, tx.now)
    return revoked ? accept(undefined) : refuse('not_found')
  })
  return decided.result
}
