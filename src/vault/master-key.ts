import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  freshKeyText,
  KEY_FILE,
  keyOf,
  keyOfPassphrase,
  type MasterKeyEnvironment,
  newPassphraseKey,
  PASSPHRASE_RECORD,
  sourceOf,
} from './master-key-source.ts'
import type { MasterKey } from './sealing.ts'
import {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
} from './secret-file.ts'

export type { MasterKeyEnvironment } from './master-key-source.ts'

/** In the keys folder while its master key is being replaced. */
export const REPLACEMENT_FILE = 'master-key.replacing.json'

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
 * Throws with a plain sentence when sources contradict each other, the passphrase is wrong, a
 * file or folder is open to other users, or the key is being replaced. Never falls back from one
 * source to another.
 */
export async function openMasterKey(
  keysDir: string,
  environment: MasterKeyEnvironment,
): Promise<MasterKey> {
  openSecretFolder(keysDir)
  requireNoReplacement(keysDir)
  const source = sourceOf(environment)
  if (source.kind === 'folder') return fromFolder(keysDir)
  if (source.kind === 'key_file') return keyOf(readProvidedSecret(source.path), source.path)
  return fromPassphrase(keysDir, source.passphrase)
}

/** Throws a plain sentence when the replacing of the master key is not over. */
export function requireNoReplacement(keysDir: string): void {
  if (!existsSync(join(keysDir, REPLACEMENT_FILE))) return
  throw new Error(
    `The master key of ${keysDir} is being replaced, and that is not over. ` +
      'Finish it first: run `writ keys rewrap` again.',
  )
}

function fromFolder(keysDir: string): MasterKey {
  if (readSecretFile(join(keysDir, PASSPHRASE_RECORD)) !== undefined) {
    throw new Error(`${keysDir} is sealed with a passphrase. Set WRIT_PASSPHRASE_FILE.`)
  }
  const path = join(keysDir, KEY_FILE)
  if (readSecretFile(path) === undefined) createSecretFile(path, freshKeyText())
  return keyOf(readSecretFile(path) ?? '', path)
}

async function fromPassphrase(keysDir: string, passphrase: string): Promise<MasterKey> {
  if (readSecretFile(join(keysDir, KEY_FILE)) !== undefined) {
    throw new Error(`${keysDir} has a ${KEY_FILE}, so it is not sealed with a passphrase.`)
  }
  const path = join(keysDir, PASSPHRASE_RECORD)
  const known = readSecretFile(path)
  if (known !== undefined) return checkedAgainst(known, path, passphrase)
  const { master, record } = await newPassphraseKey(passphrase)
  if (createSecretFile(path, record)) return master
  return checkedAgainst(readSecretFile(path) ?? '', path, passphrase)
}

async function checkedAgainst(text: string, path: string, passphrase: string): Promise<MasterKey> {
  const master = await keyOfPassphrase(text, path, passphrase)
  if (master !== undefined) return master
  throw new Error(`The passphrase is not the one ${path} was made with.`)
}
