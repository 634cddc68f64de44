import { createSecretKey, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { type MasterKey, vouch, vouchesFor } from './sealing.ts'
import { readProvidedSecret } from './secret-file.ts'

/** What the environment may say about the master key. */
export interface MasterKeyEnvironment {
  readonly WRIT_PASSPHRASE?: string | undefined
  readonly WRIT_PASSPHRASE_FILE?: string | undefined
  readonly WRIT_MASTER_KEY_FILE?: string | undefined
}

/** Where a master key comes from: the keys folder itself, a passphrase, a file elsewhere. */
export type MasterKeySource =
  | { readonly kind: 'folder' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key_file'; readonly path: string }

/** The master key in the keys folder, where nothing else is said. */
export const KEY_FILE = 'master.key'
/** Salt and check value of a passphrase, in the keys folder. */
export const PASSPHRASE_RECORD = 'passphrase.json'

const KEY_TEXT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const KEY_BYTES = 32
/** Shorter passphrases fall to guessing, however slow each guess is made. */
const PASSPHRASE_CHARACTERS_MIN = 12
/** scrypt (RFC 7914) at 128 MiB: about half a second for us, and for each guess of a thief. */
const SCRYPT_COST = 2 ** 17
const SCRYPT_BLOCK = 8
const SCRYPT_PARALLEL = 1
const SCRYPT_MEMORY_MAX = 256 * 1024 * 1024

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** The one source that the environment names; throws a plain sentence when it names several. */
export function sourceOf(environment: MasterKeyEnvironment): MasterKeySource {
  const named = Object.entries({
    WRIT_PASSPHRASE_FILE: environment.WRIT_PASSPHRASE_FILE,
    WRIT_PASSPHRASE: environment.WRIT_PASSPHRASE,
    WRIT_MASTER_KEY_FILE: environment.WRIT_MASTER_KEY_FILE,
  }).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]))
  const [source, ...others] = named
  if (others.length > 0) {
    throw new Error(`Set only one of ${named.map(({ name }) => name).join(', ')}.`)
  }
  if (source === undefined) return { kind: 'folder' }
  if (source.name === 'WRIT_MASTER_KEY_FILE') return { kind: 'key_file', path: source.value }
  const fromFile = source.name === 'WRIT_PASSPHRASE_FILE'
  return fromFile ? passphraseIn(source.value) : passphraseOf(source.value)
}

/** The passphrase that a file holds, without the line end at its end. */
export function passphraseIn(path: string): MasterKeySource & { kind: 'passphrase' } {
  return passphraseOf(readProvidedSecret(path))
}

function passphraseOf(text: string): MasterKeySource & { kind: 'passphrase' } {
  return { kind: 'passphrase', passphrase: text.replace(/\r?\n$/, '') }
}

/** 32 fresh random bytes as the text of a key file. */
export function freshKeyText(): string {
  return `${randomBytes(KEY_BYTES).toString('base64url')}\n`
}

/** The text of a key file that holds this master key: a secret (I12). */
export function keyTextOf(master: MasterKey): string {
  return `${master.export().toString('base64url')}\n`
}

/** The master key that a key file holds; throws a plain sentence that names the file. */
export function keyOf(text: string, path: string): MasterKey {
  const encoded = text.replace(/\r?\n$/, '')
  if (!KEY_TEXT.test(encoded)) {
    throw new Error(`${path} does not hold a master key (32 bytes as 43 base64url characters).`)
  }
  return asMasterKey(Buffer.from(encoded, 'base64url'))
}

/** A key of a passphrase with a fresh salt, and the record that finds it again. */
export async function newPassphraseKey(
  passphrase: string,
): Promise<{ readonly master: MasterKey; readonly record: string }> {
  if (passphrase.length < PASSPHRASE_CHARACTERS_MIN) {
    throw new Error(`A passphrase has at least ${PASSPHRASE_CHARACTERS_MIN} characters.`)
  }
  const salt = randomBytes(KEY_BYTES)
  const master = await stretch(passphrase, salt)
  const record = { kdf: 'scrypt', cost: SCRYPT_COST, salt: salt.toString('base64url') }
  const check = vouch(master, PASSPHRASE_RECORD, record.salt)
  return { master, record: `${JSON.stringify({ ...record, check })}\n` }
}

/**
 * The key of a passphrase by its record, or undefined when it is another passphrase. The record
 * fixes the salt; the cost is ours alone, so that nobody can lower it in the file. Throws when the
 * record is damaged; `path` is for the sentence.
 */
export async function keyOfPassphrase(
  text: string,
  path: string,
  passphrase: string,
): Promise<MasterKey | undefined> {
  const record = readRecord(text)
  if (record === undefined) throw new Error(`${path} is damaged.`)
  const master = await stretch(passphrase, Buffer.from(record.salt, 'base64url'))
  return vouchesFor(master, PASSPHRASE_RECORD, record.salt, record.check) ? master : undefined
}

function readRecord(text: string): { salt: string; check: string } | undefined {
  try {
    const { kdf, cost, salt, check } = JSON.parse(text)
    const known = kdf === 'scrypt' && cost === SCRYPT_COST
    return known && typeof salt === 'string' && KEY_TEXT.test(salt) && typeof check === 'string'
      ? { salt, check }
      : undefined
  } catch {
    return undefined
  }
}

async function stretch(passphrase: string, salt: Buffer): Promise<MasterKey> {
  const bytes = await derive(passphrase.normalize('NFKC'), salt, KEY_BYTES, {
    N: SCRYPT_COST,
    r: SCRYPT_BLOCK,
    p: SCRYPT_PARALLEL,
    maxmem: SCRYPT_MEMORY_MAX,
  })
  return asMasterKey(bytes)
}

/** Moves the bytes into a key object and overwrites them here. */
export function asMasterKey(bytes: Buffer): MasterKey {
  const master = createSecretKey(bytes) as MasterKey
  bytes.fill(0)
  return master
}
