import type { Credential, CredentialKey, CredentialVersion } from '../../domain/credential.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import { type Caller, requireRole } from '../caller.ts'
import type { World } from '../world.ts'

/** A credential and what is known of its versions; the secret is not here and nowhere readable. */
export interface CredentialNow {
  readonly credential: Credential
  readonly versions: readonly CredentialVersion[]
}

/** Reads one credential without its secret; for owners and operators. */
export function readCredential(
  world: World,
  caller: Caller,
  input: { readonly key: CredentialKey },
): Promise<Result<CredentialNow>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const credential = await reads.ownCredential(input.key)
    if (credential === undefined) return refuse('not_found')
    return accept({ credential, versions: await reads.credentialVersions(input.key) })
  })
}

/** Lists the credentials of the tenant, of one environment where one is named. */
export function listCredentials(
  world: World,
  caller: Caller,
  input: { readonly environment?: string | undefined; readonly page: PageRequest },
): Promise<Result<Page<Credential>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const { environment, page } = input
    const { tenant } = caller
    const filter = environment === undefined ? { tenant } : { tenant, environment }
    return accept(await reads.credentials(filter, page))
  })
}
