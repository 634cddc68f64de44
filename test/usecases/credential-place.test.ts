import { describe, expect, it } from 'vitest'
import { DEFAULT_TENANT, type PrincipalId } from '../../src/domain/ids.ts'
import { storeContent } from '../../src/usecases/credentials/credential-content.ts'
import type { CredentialVault } from '../../src/vault/envelope.ts'
import { testCredential } from '../support/credentials.ts'

const NO_VAULT = {} as CredentialVault
const ANN = 'ann' as PrincipalId

function placed(owner: PrincipalId | null, reference: string, backend: 'file' | 'vault_kv') {
  const credential = { ...testCredential({ owner, backend }), tenant: DEFAULT_TENANT }
  const stored = storeContent(NO_VAULT, credential, 1, { reference })
  return stored.ok ? stored.value.reference : stored.refusal.reasons[0]?.pointer
}

describe.each(['file', 'vault_kv'] as const)('PROXY-43: a reference into %s', (backend) => {
  it('stays where its owner has its secrets, or where all have theirs', () => {
    expect(placed(ANN, 'owners/ann/github#token', backend)).toBe('owners/ann/github#token')
    expect(placed(null, 'shared/github', backend)).toBe('shared/github')
  })

  it.each([
    [ANN, 'owners/bob/github'],
    [ANN, 'owners/anna/github'],
    [ANN, 'owners/ann'],
    [ANN, 'shared/github'],
    [ANN, 'github'],
    [ANN, 'owners/ann/../bob/github'],
    [null, 'owners/ann/github'],
    [null, 'shared'],
    [null, '/shared/github'],
  ])('of %s to %s is malformed', (owner, reference) => {
    expect(placed(owner, reference, backend)).toBe('/reference')
  })
})
