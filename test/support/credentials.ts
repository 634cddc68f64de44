import { createSecretKey, randomBytes } from 'node:crypto'
import type { Credential, CredentialVersion } from '../../src/domain/credential.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import type { Store } from '../../src/store/ports.ts'
import {
  CredentialVault,
  type MasterKey,
  Secret,
  type SecretFields,
  type VaultParts,
} from '../../src/vault/envelope.ts'
import { T0 } from './store-facts.ts'

/** A master key of a test. */
export function testMaster(): MasterKey {
  return createSecretKey(randomBytes(32)) as MasterKey
}

/** A vault over a real store. */
export function testVault(
  store: Pick<Store, 'read'>,
  master: MasterKey,
  parts: Partial<VaultParts> = {},
): CredentialVault {
  return new CredentialVault({
    master,
    readVersion: (key, version) => store.read((reads) => reads.credentialVersion(key, version)),
    backends: {},
    ...parts,
  })
}

/** The parts of a secret. */
export function testFields(parts: Readonly<Record<string, string>>): SecretFields {
  return Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, Secret.of(text)]))
}

/** A credential without a mark: no vault opens it. */
export function testCredential(change: Partial<Credential> = {}): Credential {
  return {
    tenant: DEFAULT_TENANT,
    name: 'github',
    environment: 'production',
    owner: null,
    kind: 'bearer',
    category: 'api_key',
    origins: ['https://api.github.com'],
    placement: { in: 'bearer' },
    token: null,
    backend: 'embedded',
    version: 1,
    newestVersion: 1,
    state: 'active',
    requiresApproval: false,
    allowedActions: ['use'],
    classification: 'confidential',
    createdAt: T0,
    changedAt: T0,
    mark: '',
    ...change,
  }
}

/** One version of it. */
export function testVersion(
  credential: Credential,
  change: Partial<CredentialVersion> = {},
): CredentialVersion {
  const { tenant, name, environment, owner, version } = credential
  return {
    ...{ tenant, name, environment, owner, version },
    sealed: null,
    reference: null,
    createdAt: T0,
    createdBy: 'owner:ann',
    ...change,
  }
}
