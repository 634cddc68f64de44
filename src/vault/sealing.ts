import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

declare const brand: unique symbol

/**
 * The one key that everything at rest is sealed under. A `KeyObject`: its bytes stay outside the
 * JavaScript heap, and printing or serialising it shows none of them (I12).
 */
export type MasterKey = KeyObject & { readonly [brand]: 'MasterKey' }

const PREFIX = 'v1.'
const CIPHER = 'aes-256-gcm'
const SALT_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/**
 * Seals a secret for rest: AES-256-GCM under a key of its own, derived by HKDF-SHA-256 (RFC 5869)
 * from the master key, a fresh salt and the label. The label names the place of the record and is
 * authenticated, so a sealed text opens only under the label it was sealed for.
 *
 * Answers `v1.` and base64url(salt 32 ‖ nonce 12 ‖ ciphertext ‖ tag 16). Hides the content, not its
 * length. An older sealed text put back in the same place opens: freshness is the caller's concern.
 */
export function seal(master: MasterKey, label: string, plain: Uint8Array | string): string {
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, recordKey(master, 'seal', label, salt), nonce)
  cipher.setAAD(Buffer.from(PREFIX + label))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return PREFIX + Buffer.concat([salt, nonce, body, cipher.getAuthTag()]).toString('base64url')
}

/**
 * Opens what `seal` made under the same master key and label. Throws a fault with a plain sentence
 * when it was changed, moved, or sealed under another key; it can not tell which.
 */
export function unseal(master: MasterKey, label: string, sealed: string): Buffer {
  const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url')
  const canonical = PREFIX + bytes.toString('base64url') === sealed
  if (!canonical || bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES) {
    throw new Error(`The sealed record "${label}" is damaged.`)
  }
  const salt = bytes.subarray(0, SALT_BYTES)
  const nonce = bytes.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES)
  const body = bytes.subarray(SALT_BYTES + NONCE_BYTES, bytes.length - TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, recordKey(master, 'seal', label, salt), nonce, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(PREFIX + label))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(body), decipher.final()])
  } catch (cause) {
    throw new Error(`The sealed record "${label}" was changed or belongs to another master key.`, {
      cause,
    })
  }
}

/**
 * A mark (HMAC-SHA-256, base64url) that shows later, to `vouchesFor`, that this text was written by
 * a holder of the master key. For records that are public but must not be forged.
 */
export function vouch(master: MasterKey, label: string, text: string): string {
  return createHmac('sha256', recordKey(master, 'vouch', label))
    .update(text)
    .digest('base64url')
}

/** Whether `mark` is what `vouch` answers for this text, compared in constant time. */
export function vouchesFor(master: MasterKey, label: string, text: string, mark: string): boolean {
  const expected = Buffer.from(vouch(master, label, text))
  const given = Buffer.from(mark)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/**
 * A key for message authentication codes whose bytes another protocol prescribes. The same label
 * gives the same key, in every process under this master key, and no other use of it.
 */
export function macKey(master: MasterKey, label: string): KeyObject {
  return createSecretKey(recordKey(master, 'mac', label))
}

/**
 * What tells one master key from another and says nothing of either: to be written down where it is
 * known which key others are sealed under.
 */
export function fingerprintOf(master: MasterKey): string {
  return vouch(master, 'fingerprint', 'writ')
}

/** HKDF with the purpose in `info`: keys for sealing and for vouching never coincide. */
function recordKey(
  master: MasterKey,
  purpose: 'seal' | 'vouch' | 'mac',
  label: string,
  salt: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, salt, `writ/${purpose}/v1/${label}`, KEY_BYTES))
}
