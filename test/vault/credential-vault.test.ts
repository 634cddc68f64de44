import { describe, expect, it } from 'vitest'
import type { Credential, CredentialVersion, Placement } from '../../src/domain/credential.ts'
import type { PrincipalId, TenantId } from '../../src/domain/ids.ts'
import {
  CREDENTIAL_FIELD_BYTES_MAX,
  CREDENTIAL_FIELDS_MAX,
  CREDENTIAL_HEADER_CHARACTERS_MAX,
} from '../../src/domain/limits.ts'
import { CredentialVault, type VaultBackend } from '../../src/vault/envelope.ts'
import { testCredential, testFields, testMaster, testVersion } from '../support/credentials.ts'

const master = testMaster()

/** A vault over one version, and the credential that opens it. */
function vaultOf(
  credential: Credential,
  parts: Readonly<Record<string, string>> = { value: 'ghp_canary' },
) {
  const versions = new Map<string, CredentialVersion>()
  const vault = new CredentialVault({
    master,
    readVersion: async (_key, version) => versions.get(String(version)),
    backends: {},
  })
  const sealed = vault.seal(credential, credential.version, testFields(parts))
  versions.set(String(credential.version), testVersion(credential, { sealed }))
  return { vault, versions, credential: vault.marked(credential) }
}

async function reasonOf(vault: CredentialVault, credential: Credential): Promise<unknown> {
  const opened = await vault.open(credential)
  if (opened.ok) return 'opened'
  expect(opened.refusal.code).toBe('credential_unavailable')
  return opened.refusal.facts['reason']
}

describe('the embedded vault', () => {
  it('KS-04: opens what it sealed, by AES-256-GCM under a key of the record', async () => {
    const { vault, credential, versions } = vaultOf(testCredential())
    expect(versions.get('1')?.sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/)
    const opened = await vault.open(credential)
    if (!opened.ok) throw new Error('refused')
    const { fields, version, drop } = opened.value
    expect([version, fields['value']?.use(String)]).toEqual([1, 'ghp_canary'])
    drop()
    expect(() => fields['value']?.use(String)).toThrow('dropped')
  })

  const moved: readonly (readonly [string, Partial<Credential>])[] = [
    ['another tenant', { tenant: 'other' as TenantId }],
    ['another name', { name: 'gitlab' }],
    ['another environment', { environment: 'staging' }],
    ['another owner', { owner: 'ann' as PrincipalId }],
    ['another version', { version: 2 }],
  ]
  it.each(moved)('CDP-17: a sealed text put under %s does not open', async (_name, change) => {
    const first = vaultOf(testCredential())
    const other = vaultOf(testCredential(change))
    const sealed = first.versions.get('1')?.sealed ?? null
    const at = String(other.credential.version)
    other.versions.set(at, testVersion(other.credential, { sealed }))
    expect(await reasonOf(other.vault, other.credential)).toBe('fault')
  })

  const redirected: readonly (readonly [string, Partial<Credential>])[] = [
    ['origin', { origins: ['https://evil.example'] }],
    ['placement', { placement: { in: 'query', name: 'q' } }],
    ['owner', { owner: 'eve' as PrincipalId }],
    ['category', { category: 'other' }],
    ['state', { state: 'disabled' }],
    ['approval', { requiresApproval: true }],
    ['actions', { allowedActions: ['use', 'retrieve'] }],
    ['classification', { classification: 'public' }],
    ['version', { version: 2 }],
    ['backend', { backend: 'file' }],
  ]
  it.each(redirected)('a row whose %s was changed in the database is dead', async (_, change) => {
    const { vault, credential } = vaultOf(testCredential())
    expect(await reasonOf(vault, { ...credential, ...change })).toBe('altered')
  })

  it('LEASH-38: what can not be had is refused, and nothing is kept to fall back upon', async () => {
    const { vault, credential, versions } = vaultOf(testCredential())
    expect(await reasonOf(vault, credential)).toBe('opened')
    versions.clear()
    expect(await reasonOf(vault, credential)).toBe('no_version')
    const disabled = vault.marked({ ...credential, state: 'disabled' })
    expect(await reasonOf(vault, disabled)).toBe('disabled')
    expect(await reasonOf(vault, vault.marked({ ...credential, backend: 'file' }))).toBe(
      'not_set_up',
    )
  })

  it('PROXY-18: a backend that throws is a refusal, and its fault is told', async () => {
    const faults: unknown[] = []
    const away: VaultBackend = { open: () => Promise.reject(new Error('away')) }
    const vault = new CredentialVault({
      master,
      readVersion: async (key, version) => testVersion(testCredential({ ...key, version })),
      backends: { vault_kv: away },
      failed: (fault) => faults.push(fault),
    })
    const credential = vault.marked(testCredential({ backend: 'vault_kv' }))
    expect(await reasonOf(vault, credential)).toBe('fault')
    expect(faults).toHaveLength(1)
  })
})

describe('what a placement can not hold is not handed out', () => {
  const header: Placement = { in: 'header', name: 'x-api-key', prefix: '' }
  const unfit: readonly (readonly [string, Placement, Record<string, string>])[] = [
    ['nothing', header, { value: '' }],
    ['a line end in a header', header, { value: 'a\r\nx-evil: 1' }],
    ['a line feed at the end', { in: 'bearer' }, { value: 'a\n' }],
    ['a zero byte', header, { value: 'a\0b' }],
    ['a space in a bearer token', { in: 'bearer' }, { value: 'a b' }],
    ['a letter beyond ASCII in a query', { in: 'query', name: 'key' }, { value: 'ä' }],
    ['a control in a password', { in: 'basic', username: 'u' }, { value: 'a\u0007' }],
    ['another part', header, { password: 'a' }],
    ['too much', header, { value: 'x'.repeat(CREDENTIAL_HEADER_CHARACTERS_MAX + 1) }],
    ['far too much', { in: 'none' }, { value: 'x'.repeat(CREDENTIAL_FIELD_BYTES_MAX + 1) }],
  ]
  it.each(unfit)('%s', async (_name, placement, parts) => {
    const { vault, credential } = vaultOf(testCredential({ placement, kind: 'api_key' }), parts)
    expect(await reasonOf(vault, credential)).toBe('unfit')
  })

  const fit: readonly (readonly [string, Placement, string])[] = [
    ['a space in a header', header, 'Token abc'],
    ['a password in UTF-8', { in: 'basic', username: 'u' }, 'pässwörd ✓'],
    ['as much as a header takes', header, 'x'.repeat(CREDENTIAL_HEADER_CHARACTERS_MAX)],
    ['lines of a private key', { in: 'none' }, '-----BEGIN\n…\n'],
    ['as much as there may be', { in: 'none' }, 'x'.repeat(CREDENTIAL_FIELD_BYTES_MAX)],
  ]
  it.each(fit)('but %s is', async (_name, placement, value) => {
    const { vault, credential } = vaultOf(testCredential({ placement, kind: 'custom' }), { value })
    expect(await reasonOf(vault, credential)).toBe('opened')
  })

  it('a custom credential has at most CREDENTIAL_FIELDS_MAX parts', async () => {
    const parts = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`part${index}`, 'x']))
    const custom = testCredential({ kind: 'custom', placement: { in: 'none' } })
    const most = vaultOf(custom, parts(CREDENTIAL_FIELDS_MAX))
    expect(await reasonOf(most.vault, most.credential)).toBe('opened')
    const more = vaultOf(custom, parts(CREDENTIAL_FIELDS_MAX + 1))
    expect(await reasonOf(more.vault, more.credential)).toBe('unfit')
  })
})
