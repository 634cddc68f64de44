import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { parsePersonCertificate } from '../../pki/person-certificate.ts'
import type { RoleCredential } from '../../store/ports.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** A role token: `writ_owner_` or `writ_operator_` and 256 random bits; shown once. */
export function makeRoleToken(role: RoleCredential['role']): string {
  return drawSecret(`writ_${role}_`)
}

/** What was made, and the token that goes with it; none where a certificate is shown instead. */
interface MadeOperator {
  readonly credential: RoleCredential
  readonly token: string | undefined
}

/**
 * An owner makes a credential for an owner or operator: a token, or, with the PEM of a certificate,
 * the right to sign in with that one (RFC 8705 §2.2) and no token at all. Refusals: `forbidden`,
 * `conflict` for a name that is not its own, `malformed` for a certificate that is not fit for a
 * person.
 */
export async function createOperator(
  world: World,
  caller: Caller,
  input: {
    readonly name: string
    readonly role: RoleCredential['role']
    readonly certificate?: string | undefined
  },
): Promise<Result<MadeOperator>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const { name, role } = input
  const shown = input.certificate === undefined ? undefined : readShown(world, input.certificate)
  if (shown?.ok === false) return shown
  const certificate = shown?.value ?? null
  const token = certificate === null ? makeRoleToken(role) : undefined
  const decided = await decide<RoleCredential>(
    world,
    caller,
    'operator.created',
    async (tx, details) => {
      details.facts = certificate === null ? { name, role } : { name, role, certificate }
      const credential: RoleCredential = {
        tenant: caller.tenant,
        name,
        role,
        tokenHash: token === undefined ? null : hashSecret(token),
        certificate,
        createdAt: tx.now,
        revokedAt: null,
      }
      const own = requireNewName(await tx.roleCredentials(caller.tenant), name)
      if (!own.ok) return own
      const inserted = await tx.insertRoleCredential(credential)
      return inserted.ok ? accept(credential) : inserted
    },
  )
  const { result } = decided
  return result.ok ? accept({ credential: result.value, token }) : result
}

/** Who acts without being a person, and who people would take for such. */
const NOT_PEOPLE: ReadonlySet<string> = new Set([
  ...['authority', 'stranger', 'gateway', 'agent', 'system', 'writ'],
])

/**
 * Whether a name is told apart from all others by whoever reads it: none that differs from another
 * in the case of its letters alone, also from that of somebody who left, and none of Writ itself.
 * People that have such names go on with them. Refuses `conflict`.
 */
function requireNewName(known: readonly RoleCredential[], name: string): Result<void> {
  const folded = name.toLowerCase()
  const taken = (detail: string) =>
    refuse('conflict', { name }, [{ pointer: '/name', code: 'name_taken', detail }])
  if (NOT_PEOPLE.has(folded)) {
    return taken('Writ itself goes by this name; take another.')
  }
  if (known.some((other) => other.name === name)) return taken('This name is or was in use.')
  return known.some((other) => other.name.toLowerCase() === folded)
    ? taken('Another name differs from this one in capital letters alone.')
    : accept(undefined)
}

function readShown(world: World, pem: string): Result<RoleCredential['certificate']> {
  const read = parsePersonCertificate(pem, world.clock.now())
  return read.ok ? accept(read.value.certificate) : read
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
