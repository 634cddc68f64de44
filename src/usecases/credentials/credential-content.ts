import type { Credential, CredentialKey, CredentialVersion } from '../../domain/credential.ts'
import { isReference } from '../../domain/credential-checks.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { CredentialVault } from '../../vault/envelope.ts'
import { intakeProblem, Secret } from '../../vault/envelope.ts'
import { type Caller, type PersonCaller, requireRole } from '../caller.ts'

/** A secret as it comes in: its parts, or the name it has in another backend. */
export type CredentialContent =
  | { readonly fields: Readonly<Record<string, string>> }
  | { readonly reference: string }

/** What one version will hold, checked; nothing of it can be read back through a face. */
export type StoredContent = Pick<CredentialVersion, 'sealed' | 'reference'>

/**
 * Where in a backend outside the store a credential's secret may lie: an owner who names places at
 * will would have the vault hand it what belongs to others.
 */
function placeOf(owner: Credential['owner']): string {
  return owner === null ? 'shared/' : `owners/${owner}/`
}

/**
 * Turns what came in into what is stored: parts are sealed for exactly this version. The copies
 * made here are overwritten; the texts of the request body are V8's to collect.
 * Refuses `malformed` when the content is not one for this backend, kind or placement.
 */
export function storeContent(
  vault: CredentialVault,
  credential: Pick<Credential, keyof CredentialKey | 'kind' | 'placement' | 'backend'>,
  version: number,
  content: CredentialContent,
): Result<StoredContent> {
  const inStore = credential.backend === 'embedded'
  if (!('fields' in content)) {
    if (inStore) return malformed('/reference', 'The embedded backend takes the secret itself.')
    const { reference } = content
    if (!isReference(reference)) return malformed('/reference', 'A path, or path#part.')
    const place = placeOf(credential.owner)
    if (!reference.startsWith(place)) {
      return malformed('/reference', `A reference of this credential begins with ${place}`)
    }
    return accept({ sealed: null, reference })
  }
  if (!inStore) return malformed('/fields', 'This backend takes a reference, never the secret.')
  const entries = Object.entries(content.fields)
  const fields = Object.fromEntries(entries.map(([name, text]) => [name, Secret.of(text)]))
  try {
    const never = intakeProblem(credential, fields)
    if (never !== undefined) return malformed('/fields/value', never)
    if (!vault.fits(credential, fields)) {
      const detail = 'The secret is missing, too long, or can not stand where it is placed.'
      return malformed('/fields', detail)
    }
    return accept({ sealed: vault.seal(credential, version, fields), reference: null })
  } finally {
    for (const secret of Object.values(fields)) secret.drop()
  }
}

/**
 * The owner who may write this credential: any for a shared one, and for a principal's own that
 * principal alone, since whoever plants a secret acts as whom it is for. Refuses `forbidden`.
 */
export function requireWriter(
  caller: Caller,
  key: Pick<CredentialKey, 'owner'>,
): Result<PersonCaller> {
  const person = requireRole(caller, 'owner')
  if (!person.ok) return person
  const may = key.owner === null || key.owner === person.value.name
  return may ? person : refuse('forbidden', { owner: key.owner })
}

/** What the record of a decision upon a credential says; never a value. */
export function credentialFacts(key: Omit<CredentialKey, 'tenant'>, more: Facts = {}): Facts {
  const { name, environment, owner } = key
  return { credential: name, environment, owner: owner ?? 'shared', ...more }
}

function malformed(pointer: string, detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer, code: 'malformed', detail }])
}
