/**
 * Secrets at rest, in one place: the master key, what is sealed under it, and the files it lies in.
 */
export {
  CredentialVault,
  type OpenedCredential,
  type TokenSource,
  type VaultBackend,
  type VaultParts,
} from './credential-vault.ts'
export { exclusively } from './folder-lock.ts'
export { type MasterKeyEnvironment, openMasterKey } from './master-key.ts'
export { type MasterKey, macKey, seal, unseal, vouch, vouchesFor } from './sealing.ts'
export { dropFields, Secret, type SecretFields } from './secret.ts'
export {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
  replaceSecretFile,
} from './secret-file.ts'
