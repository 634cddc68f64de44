import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type KeyThumbprint, parseKeyThumbprint } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import {
  type MasterKey,
  type MasterKeys,
  resealed,
  seal,
  unseal,
  vouch,
  vouchesFor,
} from '../vault/envelope.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import type { KeyPurpose, SignatureAlgorithm, SigningKey, VerificationKey } from './key.ts'
import { faultFinder, integer, list, object, oneOf, parsedBy, text } from './shape.ts'
import { thumbprintOf } from './thumbprint.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

/** One key as it lies in `keyring.json`: public but for `sealed`, and not to be forged. */
export interface KeptKey {
  readonly kid: KeyThumbprint
  readonly purpose: KeyPurpose
  readonly alg: SignatureAlgorithm
  /** Public key, base64url of 32 bytes. */
  readonly x: string
  readonly created_at: EpochSeconds
  /** When its successor took over, or null while it signs. */
  readonly rotated_at: EpochSeconds | null
  /** When it was taken out of force at once, or null. */
  readonly revoked_at: EpochSeconds | null
  /** The private key, sealed under the master key; null from the moment it signs no more. */
  readonly sealed: string | null
}

/** A key ready for use; `signing` is null when the private key was erased. */
export interface LoadedKey {
  readonly kept: KeptKey
  readonly verification: VerificationKey
  readonly signing: SigningKey | null
}

const LABEL = 'keyring'
const isMoment = integer()
const isMomentOrNull = (value: unknown): boolean => value === null || isMoment(value)
const isKept = object({
  required: {
    kid: parsedBy(parseKeyThumbprint),
    purpose: oneOf(['token', 'receipt', 'checkpoint', 'feed', 'event', 'status', 'leash']),
    alg: oneOf(['EdDSA', 'Ed25519']),
    x: text(43),
    created_at: isMoment,
    rotated_at: isMomentOrNull,
    revoked_at: isMomentOrNull,
    sealed: (value) => value === null || typeof value === 'string',
  },
})
const findFault = faultFinder({
  required: { version: oneOf(['1']), keys: list(isKept, 0, 100_000), mark: text(43) },
})

/** The text of a key ring file: its keys, and a mark that only the master key can make. */
export function writeKeyRing(master: MasterKey, keys: readonly KeptKey[]): string {
  const mark = vouch(master, LABEL, JSON.stringify(keys))
  return `${JSON.stringify({ version: '1', keys, mark }, null, 2)}\n`
}

/** Reads such a text. Throws a fault when it was changed, or written under another master key. */
export function readKeyRing(master: MasterKey, text: string): readonly KeptKey[] {
  const file = parseFile(text)
  if (file === undefined) throw new Error('The key ring is damaged.')
  if (!vouchesFor(master, LABEL, JSON.stringify(file.keys), file.mark)) {
    throw new Error('The key ring was changed or belongs to another master key.')
  }
  return file.keys
}

/**
 * A ring of the old master key as one of the new; undefined when it is that already. Throws a fault
 * when neither wrote it, or a private key in it does not open.
 */
export function resealKeyRing(keys: MasterKeys, text: string): string | undefined {
  const file = parseFile(text)
  if (file !== undefined && vouchesFor(keys.to, LABEL, JSON.stringify(file.keys), file.mark)) {
    return undefined
  }
  const kept = readKeyRing(keys.from, text).map((key) => {
    if (key.sealed === null) return key
    const sealed = resealed(keys, labelOf(key.kid), key.sealed)
    if (typeof sealed === 'string') throw new Error(`Key ${key.kid} of the key ring is damaged.`)
    return { ...key, sealed: sealed.text }
  })
  return writeKeyRing(keys.to, kept)
}

/**
 * A new key, its private half sealed. Its id never begins with a dash: every command line would
 * take it for an option. The pair is taken encoded and read back: Node 20 hangs when a key is
 * exported while the collector frees the job that made that very key object.
 */
export function generateKey(
  master: MasterKey,
  wanted: { readonly purpose: KeyPurpose; readonly alg: SignatureAlgorithm },
  now: EpochSeconds,
): KeptKey {
  const { privateKey: pkcs8 } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  const publicKey = publicBytes(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  const kid = thumbprintOf(publicKey)
  if (kid.startsWith('-')) return generateKey(master, wanted, now)
  const sealed = seal(master, labelOf(kid), pkcs8)
  pkcs8.fill(0)
  const { purpose, alg } = wanted
  const x = encodeBase64url(publicKey)
  return { kid, purpose, alg, x, created_at: now, rotated_at: null, revoked_at: null, sealed }
}

/**
 * Makes a kept key usable. Throws a fault when its public key is weak or not what `kid` says, when
 * the private key does not open or is another key's.
 */
export function loadKey(master: MasterKey, kept: KeptKey): LoadedKey {
  const { kid, alg, purpose } = kept
  const publicKey = decodeBase64url(kept.x)
  if (publicKey === undefined || !parseEd25519PublicKey(publicKey).ok) {
    throw new Error(`Key ${kid} of the key ring is weak.`)
  }
  if (thumbprintOf(publicKey) !== kid) throw new Error(`Key ${kid} of the key ring is another key.`)
  const verification = { kid, alg, purpose, publicKey }
  if (kept.sealed === null) return { kept, verification, signing: null }
  const pkcs8 = unseal(master, labelOf(kid), kept.sealed)
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  if (thumbprintOf(publicBytes(privateKey)) !== kid) {
    throw new Error(`The private key of ${kid} in the key ring is another key's.`)
  }
  return { kept, verification, signing: { kid, alg, purpose, privateKey } }
}

function publicBytes(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const bytes = x === undefined ? undefined : decodeBase64url(x)
  if (bytes === undefined) throw new Error('This is no Ed25519 key.')
  return bytes
}

function labelOf(kid: KeyThumbprint): string {
  return `signing-key:${kid}`
}

function parseFile(text: string): { keys: readonly KeptKey[]; mark: string } | undefined {
  try {
    const file: unknown = JSON.parse(text)
    return findFault(file) === undefined
      ? (file as { keys: readonly KeptKey[]; mark: string })
      : undefined
  } catch {
    return undefined
  }
}
