import type { KeyObject } from 'node:crypto'
import type { KeyThumbprint } from '../domain/ids.ts'

/**
 * Names of the one signature scheme, Ed25519 (RFC 8032): `EdDSA` (RFC 8037) is what every verifier
 * knows, `Ed25519` (RFC 9864) is the fully specified name. The name is a property of the key.
 */
export type SignatureAlgorithm = 'EdDSA' | 'Ed25519'

/** What a key may sign; no key has two purposes (RFC 8725 §3.1, bis). */
export type KeyPurpose = 'token' | 'receipt' | 'checkpoint' | 'feed' | 'event' | 'status' | 'leash'

/** A public key in force. Whoever makes one has checked the bytes (`parseEd25519PublicKey`). */
export interface VerificationKey {
  readonly kid: KeyThumbprint
  readonly alg: SignatureAlgorithm
  readonly purpose: KeyPurpose
  /** 32 bytes, RFC 8032 §5.1.2. */
  readonly publicKey: Uint8Array
}

/** A private key that signs now. The `KeyObject` prints and serialises as nothing (I12). */
export interface SigningKey {
  readonly kid: KeyThumbprint
  readonly alg: SignatureAlgorithm
  readonly purpose: KeyPurpose
  readonly privateKey: KeyObject
}

/** Where verification keys come from. Undefined: no such key, or not in force any more. */
export interface KeySource {
  verification(kid: KeyThumbprint): VerificationKey | undefined
}
