import { createSecretKey, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type MasterKey, vouch, vouchesFor } from './sealing.ts'
import {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
} from './secret-file.ts'

/** What the environment may say about the master key. */
export interface MasterKeyEnvironment {
  readonly WRIT_PASSPHRASE?: string | undefined
  readonly WRIT_PASSPHRASE_FILE?: string | undefined
  readonly WRIT_MASTER_KEY_FILE?: string | undefined
}

const KEY_FILE = 'master.key'
const PASSPHRASE_RECORD = 'passphrase.json'
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

/**
 * The master key of a keys folder, from exactly one source:
 * - `WRIT_PASSPHRASE_FILE` or `WRIT_PASSPHRASE`: scrypt; its salt and a check value are kept in
 *   `passphrase.json`.
 * - `WRIT_MASTER_KEY_FILE`: 32 bytes as base64url (43 characters) in a file kept elsewhere.
 * - neither: `master.key` (0600) in the folder, made at first start.
 *
 * A `master.key` beside the ciphertext protects only copies that leave it out, such as a backup of
 * the data folder. Whoever reads the whole folder has everything. Use one of the other sources
 * where that matters.
 *
 * Throws with a plain sentence when sources contradict each other, the passphrase is wrong, or a
 * file or folder is open to other users. Never falls back from one source to another.
 */
export async function openMasterKey(
  keysDir: string,
  environment: MasterKeyEnvironment,
): Promise<MasterKey> {
  openSecretFolder(keysDir)
  const named = Object.entries({
    WRIT_PASSPHRASE_FILE: environment.WRIT_PASSPHRASE_FILE,
    WRIT_PASSPHRASE: environment.WRIT_PASSPHRASE,
    WRIT_MASTER_KEY_FILE: environment.WRIT_MASTER_KEY_FILE,
  }).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]))
  const [source, ...others] = named
  if (others.length > 0) {
    throw new Error(`Set only one of ${named.map(({ name }) => name).join(', ')}.`)
  }
  if (source === undefined) return fromFolder(keysDir)
  if (source.name === 'WRIT_MASTER_KEY_FILE') {
    return keyOf(readProvidedSecret(source.value), source.value)
  }
  const fromFile = source.name === 'WRIT_PASSPHRASE_FILE'
  const passphrase = fromFile ? readProvidedSecret(source.value) : source.value
  return fromPassphrase(keysDir, passphrase.replace(/\r?\n$/, ''))
}

function fromFolder(keysDir: string): MasterKey {
  if (readSecretFile(join(keysDir, PASSPHRASE_RECORD)) !== undefined) {
    throw new Error(`${keysDir} is sealed with a passphrase. Set WRIT_PASSPHRASE_FILE.`)
  }
  const path = join(keysDir, KEY_FILE)
  if (readSecretFile(path) === undefined) {
    createSecretFile(path, `${randomBytes(KEY_BYTES).toString('base64url')}\n`)
  }
  return keyOf(readSecretFile(path) ?? '', path)
}

function keyOf(text: string, path: string): MasterKey {
  const encoded = text.replace(/\r?\n$/, '')
  if (!KEY_TEXT.test(encoded)) {
    throw new Error(`${path} does not hold a master key (32 bytes as 43 base64url characters).`)
  }
  return asMasterKey(Buffer.from(encoded, 'base64url'))
}

async function fromPassphrase(keysDir: string, passphrase: string): Promise<MasterKey> {
  if (readSecretFile(join(keysDir, KEY_FILE)) !== undefined) {
    throw new Error(`${keysDir} has a ${KEY_FILE}, so it is not sealed with a passphrase.`)
  }
  const path = join(keysDir, PASSPHRASE_RECORD)
  const known = readSecretFile(path)
  if (known !== undefined) return checkedAgainst(known, path, passphrase)
  if (passphrase.length < PASSPHRASE_CHARACTERS_MIN) {
    throw new Error(`A passphrase has at least ${PASSPHRASE_CHARACTERS_MIN} characters.`)
  }
  const salt = randomBytes(KEY_BYTES)
  const master = await stretch(passphrase, salt)
  const record = { kdf: 'scrypt', cost: SCRYPT_COST, salt: salt.toString('base64url') }
  const check = vouch(master, PASSPHRASE_RECORD, record.salt)
  if (createSecretFile(path, `${JSON.stringify({ ...record, check })}\n`)) return master
  return checkedAgainst(readSecretFile(path) ?? '', path, passphrase)
}

/** The record fixes the salt; the cost is ours alone, so that nobody can lower it in the file. */
async function checkedAgainst(text: string, path: string, passphrase: string): Promise<MasterKey> {
  const record = readRecord(text)
  if (record === undefined) throw new Error(`${path} is damaged.`)
  const master = await stretch(passphrase, Buffer.from(record.salt, 'base64url'))
  if (!vouchesFor(master, PASSPHRASE_RECORD, record.salt, record.check)) {
    throw new Error(`The passphrase is not the one ${path} was made with.`)
  }
  return master
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
function asMasterKey(bytes: Buffer): MasterKey {
  const master = createSecretKey(bytes) as MasterKey
  bytes.fill(0)
  return master
}
