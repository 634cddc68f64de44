/**
 * Secrets at rest, in one place: the master key, what is sealed under it, and the files it lies in.
 */

export {
  CredentialVault,
  MARK_LABEL,
  type OpenedCredential,
  type TokenSource,
  type VaultBackend,
  type VaultParts,
} from './credential-vault.ts'
export { exclusively } from './folder-lock.ts'
export { type MasterKeyEnvironment, openMasterKey, requireNoReplacement } from './master-key.ts'
export { type MasterKeySource, passphraseIn, sourceOf } from './master-key-source.ts'
export { hasTooManyBackslashes, intakeProblem, sendFault } from './placed-secret.ts'
export {
  beginReplacement,
  dropReplacement,
  finishReplacement,
  type Replacement,
  type ReplacementTerms,
  requireSameTerms,
  resumeReplacement,
} from './replacement.ts'
export { type MasterKeys, type Resealed, remarked, resealed } from './reseal.ts'
export {
  fingerprintOf,
  type MasterKey,
  macKey,
  seal,
  unseal,
  vouch,
  vouchesFor,
} from './sealing.ts'
export { dropFields, Secret, type SecretFields } from './secret.ts'
export {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
  replaceSecretFile,
} from './secret-file.ts'
