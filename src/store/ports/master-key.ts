import type { Credential, CredentialVersion } from '../../domain/credential.ts'
import type { WebhookId } from '../../domain/ids.ts'

/**
 * How far the replacing of one master key by another is in the store; `another_key`: what is there
 * is sealed under neither, or on its way to a third.
 */
export type ReplacementState = 'not_begun' | 'under_way' | 'over' | 'another_key'

/** What is read about the key that rows are sealed under. */
export interface MasterKeyReads {
  masterKeyState(from: string, to: string): Promise<ReplacementState>
}

/** What decisions write about the key that rows are sealed under. */
export interface MasterKeyWrites {
  /**
   * Whether rows are sealed under this key, which holds until the transaction is over: whoever
   * writes sealed rows asks it in the same one. The first that asks says which key it is.
   */
  holdMasterKey(fingerprint: string): Promise<boolean>
  /** From here on nobody holds the key `from`, nor yet `to`. */
  beginMasterKey(from: string, to: string): Promise<void>
  /** From here on the key is `to`; false when it was before. */
  endMasterKey(to: string): Promise<boolean>
  /** Takes this key for the one of the store, whatever it was: what it did not seal is dead. */
  adoptMasterKey(fingerprint: string): Promise<void>
}

/** A sealed row under the new key; `already`: it is; `unopened`: it is dead under either. */
export type ResealedRow = { readonly text: string } | 'already' | 'unopened'

/** Knows both keys, and what each row is sealed to. */
export interface Resealer {
  mark(credential: Credential): ResealedRow
  version(version: CredentialVersion, sealed: string): ResealedRow
  webhook(id: WebhookId, secret: string): ResealedRow
}

/** How many sealed rows there are, and the names of those that neither key opens. */
export interface ResealedRows {
  readonly credentials: number
  readonly versions: number
  readonly webhooks: number
  readonly unopened: readonly string[]
}

/** Sealed rows, whatever they are of. */
export interface SealedRows {
  /** `holdMasterKey` in a transaction of its own. */
  hold(fingerprint: string): Promise<boolean>
  /**
   * Seals all rows anew, some in a transaction, after `beginMasterKey`: no row is added meanwhile.
   * Safe to do again after it was cut off.
   */
  reseal(resealer: Resealer, report: (done: number, total: number) => void): Promise<ResealedRows>
}
