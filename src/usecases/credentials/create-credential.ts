import type { Credential } from '../../domain/credential.ts'
import { type CredentialTerms, checkCredential } from '../../domain/credential-checks.ts'
import type { PrincipalId } from '../../domain/ids.ts'
import { CREDENTIAL_VERSIONS_KEPT } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
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
 * An owner puts an upstream credential into the vault. From then on nobody reads it back: not its
 * owner, not an operator (PROXY-23). Refusals: `forbidden`, `malformed`, `conflict`.
 */
export async function createCredential(
  world: World,
  caller: Caller,
  input: {
    readonly terms: CredentialTerms
    readonly owner: PrincipalId | null
    readonly requiresApproval: boolean
    readonly allowedActions: Credential['allowedActions']
    readonly classification: Credential['classification']
    readonly content: CredentialContent
  },
): Promise<Result<Credential>> {
  const { owner, requiresApproval, allowedActions, classification, content } = input
  const writer = requireWriter(caller, { owner })
  if (!writer.ok) return writer
  const checked = checkCredential(input.terms)
  if (!checked.ok) {
    const { pointer, detail } = checked
    return refuse('malformed', {}, [{ pointer, code: 'malformed', detail }])
  }
  const terms = checked.value
  if (!world.vault.has(terms.backend)) {
    const detail = 'This backend is not set up here.'
    return refuse('malformed', {}, [{ pointer: '/backend', code: 'malformed', detail }])
  }
  const key = { tenant: caller.tenant, name: terms.name, environment: terms.environment, owner }
  const stored = storeContent(world.vault, { ...terms, ...key }, 1, content)
  if (!stored.ok) return stored
  const { kind, category, backend } = terms
  const decided = await decide(world, caller, 'credential.created', async (tx, details) => {
    const origins = terms.origins.join(' ')
    details.facts = credentialFacts(key, {
      ...{ kind, category, backend, origins, classification },
      allowedActions: allowedActions.join(' '),
      version: 1,
    })
    await requireMasterKey(world, tx)
    const credential = world.vault.marked({
      ...terms,
      ...key,
      version: 1,
      newestVersion: 1,
      state: 'active',
      requiresApproval,
      allowedActions,
      classification,
      createdAt: tx.now,
      changedAt: tx.now,
    })
    const inserted = await tx.insertCredential(credential)
    if (!inserted.ok) return inserted
    const by = { createdAt: tx.now, createdBy: actorOf(caller) }
    const version = { ...key, ...stored.value, ...by, version: 1 }
    await tx.insertCredentialVersion(version, CREDENTIAL_VERSIONS_KEPT)
    return accept(credential)
  })
  return decided.result
}
