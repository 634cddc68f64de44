import type { Credential, CredentialKey, CredentialVersion } from '../../domain/credential.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Result } from '../../domain/result.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { MasterKeyReads, MasterKeyWrites } from './master-key.ts'

/** What is read of upstream credentials; nothing of it is a secret in the clear. */
export interface CredentialReads extends MasterKeyReads {
  /**
   * The credential of a name for an owner: the owner's own when there is one, whatever its state,
   * else the shared one. With owner null the shared one alone.
   */
  credential(key: CredentialKey): Promise<Credential | undefined>
  /** Exactly the credential of this key. */
  ownCredential(key: CredentialKey): Promise<Credential | undefined>
  /** By name, environment and owner; of one environment where one is named. */
  credentials(
    filter: { readonly tenant: TenantId; readonly environment?: string },
    page: PageRequest,
  ): Promise<Page<Credential>>
  /** The versions that are kept, newest first. */
  credentialVersions(key: CredentialKey): Promise<readonly CredentialVersion[]>
  credentialVersion(key: CredentialKey, version: number): Promise<CredentialVersion | undefined>
}

/** What is written of upstream credentials. */
export interface CredentialWrites extends MasterKeyWrites {
  /** Refuses `conflict` when name, environment and owner are taken. */
  insertCredential(credential: Credential): Promise<Result<void>>
  /** Replaces everything but the key; a fault when there is none. */
  updateCredential(credential: Credential): Promise<void>
  /** Adds a version and removes all but the newest `kept`. */
  insertCredentialVersion(version: CredentialVersion, kept: number): Promise<void>
  /** Removes a credential with all its versions; answers false when there is none. */
  removeCredential(key: CredentialKey): Promise<boolean>
}
