import type { Credential, CredentialKey } from '../../domain/credential.ts'
import { CREDENTIAL_VERSIONS_KEPT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Transaction } from '../../store/ports.ts'
import { actorOf, type Caller } from '../caller.ts'
import { decide } from '../decide.ts'
import { requireMasterKey } from '../master-key.ts'
import type { World } from '../world.ts'
import {
  type CredentialContent,
  credentialFacts,
  requireWriter,
  storeContent,
} from './credential-content.ts'

/**
 * An owner replaces the secret of a credential. The next call anywhere uses the new one; agents,
 * leases and tokens do not notice (KS-09). Refusals: `forbidden`, `not_found`, `malformed`,
 * `credential_unavailable`.
 */
export async function rotateCredential(
  world: World,
  caller: Caller,
  input: { readonly key: CredentialKey; readonly content: CredentialContent },
): Promise<Result<Credential>> {
  const { key, content } = input
  const writer = requireWriter(caller, key)
  if (!writer.ok) return writer
  const decided = await decide(world, caller, 'credential.rotated', async (tx, details) => {
    details.facts = credentialFacts(key)
    const known = await soundCredential(world, tx, key)
    if (!known.ok) return known
    const version = known.value.newestVersion + 1
    const { version: replaced, backend } = known.value
    details.facts = credentialFacts(key, { backend, version, replaced })
    const stored = storeContent(world.vault, known.value, version, content)
    if (!stored.ok) return stored
    const by = { createdAt: tx.now, createdBy: actorOf(caller) }
    const made = { ...key, ...stored.value, ...by, version }
    await tx.insertCredentialVersion(made, CREDENTIAL_VERSIONS_KEPT)
    const changes = { version, newestVersion: version, changedAt: tx.now }
    const rotated = world.vault.marked({ ...known.value, ...changes })
    await tx.updateCredential(rotated)
    return accept(rotated)
  })
  return decided.result
}

/**
 * An owner puts an older version that is still kept in use again. Refusals: `forbidden`,
 * `not_found`, `credential_unavailable`.
 */
export async function rollBackCredential(
  world: World,
  caller: Caller,
  input: { readonly key: CredentialKey; readonly version: number },
): Promise<Result<Credential>> {
  const { key, version } = input
  const writer = requireWriter(caller, key)
  if (!writer.ok) return writer
  const decided = await decide(world, caller, 'credential.rolled_back', async (tx, details) => {
    details.facts = credentialFacts(key, { version })
    const known = await soundCredential(world, tx, key)
    if (!known.ok) return known
    details.facts = credentialFacts(key, { version, replaced: known.value.version })
    if ((await tx.credentialVersion(key, version)) === undefined) return refuse('not_found')
    const rolledBack = world.vault.marked({ ...known.value, version, changedAt: tx.now })
    await tx.updateCredential(rolledBack)
    return accept(rolledBack)
  })
  return decided.result
}

/**
 * The credential of a key, as a vault with our master key last wrote it: a row that was changed
 * behind our back is not marked anew. To be asked by who writes it. Refusals: `not_found`,
 * `credential_unavailable`.
 */
export async function soundCredential(
  world: World,
  tx: Transaction,
  key: CredentialKey,
): Promise<Result<Credential>> {
  await requireMasterKey(world, tx)
  const known = await tx.ownCredential(key)
  if (known === undefined) return refuse('not_found')
  return world.vault.vouchesFor(known)
    ? accept(known)
    : refuse('credential_unavailable', { reason: 'altered' })
}
