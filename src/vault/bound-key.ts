import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { arch, platform } from 'node:os'

/** What ties a key to one machine and one person: neither alone opens it (LEASH-34). */
export interface Binding {
  readonly passphrase: string
  /** 32 bytes that this machine has and another does not. */
  readonly platformKey: Uint8Array
}

const PREFIX = 'writ-bound-key-v1.'
const CIPHER = 'aes-256-gcm'
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
/** 64 MiB and some tenths of a second for each guess; Node has scrypt, not Argon2id. */
const SCRYPT = { N: 65_536, r: 8, p: 1, maxmem: 96 * 1024 * 1024 } as const
/** Where Linux keeps the id of a machine; the second is older. */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/** Whether a text is a key that `sealBound` made. */
export function isBoundKey(text: string): boolean {
  return text.startsWith(PREFIX)
}

/**
 * Seals a secret for this machine and this passphrase: AES-256-GCM under scrypt over passphrase ‖
 * platform key. Answers one line of text.
 */
export function sealBound(plain: string, binding: Binding): string {
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(binding, salt), nonce)
  cipher.setAAD(Buffer.from(PREFIX))
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return PREFIX + Buffer.concat([salt, nonce, body, cipher.getAuthTag()]).toString('base64url')
}

/**
 * Opens what `sealBound` made under the same passphrase on the same machine. Throws with a plain
 * sentence otherwise; it can not tell which of the two is wrong.
 */
export function openBound(sealed: string, binding: Binding): string {
  const text = sealed.trim()
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url')
  if (!isBoundKey(text) || bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES) {
    throw new Error('The bound key is damaged.')
  }
  const salt = bytes.subarray(0, SALT_BYTES)
  const nonce = bytes.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES)
  const body = bytes.subarray(SALT_BYTES + NONCE_BYTES, bytes.length - TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, keyOf(binding, salt), nonce, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(PREFIX))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  } catch (cause) {
    const sentence = 'The key does not open: another passphrase, or another machine.'
    throw new Error(sentence, { cause })
  }
}

/**
 * The platform key: a digest of this machine's id and kind, or of the bytes of a file where a
 * machine has no id of its own (containers). Throws with a plain sentence when there is neither:
 * what can not be bound is not sealed at all.
 */
export function readPlatformKey(keyFile?: string): Uint8Array {
  const attributes = keyFile === undefined ? machineId() : readFileSync(keyFile, 'utf8').trim()
  if (attributes === undefined || attributes.length < 32) {
    throw new Error('This machine has no id to bind a key to: name a platform key file.')
  }
  const kind = `${platform()}/${arch()}`
  return createHash('sha256').update(`writ platform v1\n${kind}\n${attributes}`).digest()
}

function machineId(): string | undefined {
  for (const file of MACHINE_ID_FILES) {
    try {
      return readFileSync(file, 'utf8').trim()
    } catch {}
  }
  return undefined
}

/** The length of the passphrase goes first, so that no two pairs make the same bytes. */
function keyOf({ passphrase, platformKey }: Binding, salt: Uint8Array): Uint8Array {
  const words = Buffer.from(passphrase, 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(words.length)
  const secret = Buffer.concat([length, words, platformKey])
  const key = scryptSync(secret, salt, KEY_BYTES, SCRYPT)
  secret.fill(0)
  words.fill(0)
  return key
}
