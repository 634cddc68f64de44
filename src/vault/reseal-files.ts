import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileLabel, SEALED } from './file-backend.ts'
import { type MasterKeys, resealed } from './reseal.ts'
import { readProvidedSecret, replaceSecretFile } from './secret-file.ts'

/** How many sealed files there are, and which of them neither key opens. */
export interface ResealedFiles {
  readonly files: number
  readonly unopened: readonly string[]
}

/**
 * Throws a plain sentence when a sealed file of the folder could not be sealed anew: to be asked
 * before anything is.
 */
export function requireResealable(folder: string): void {
  for (const path of sealedFiles(folder)) {
    if (isLink(path)) throw new Error(`${path} is a link; put the file itself there.`)
    readProvidedSecret(path)
    accessSync(dirname(path), constants.W_OK)
  }
}

/**
 * Seals the files of the folder `vault.file_dir` that are sealed, each whole or not at all. Throws
 * when one can not be read or replaced. Safe to do again.
 */
export function resealFiles(folder: string, keys: MasterKeys): ResealedFiles {
  const paths = sealedFiles(folder)
  const unopened: string[] = []
  for (const path of paths) {
    const reference = relative(folder, path).split(sep).join('/')
    const fresh = isLink(path)
      ? 'unopened'
      : resealed(keys, fileLabel(reference), readProvidedSecret(path).trim())
    if (fresh === 'unopened') unopened.push(`file ${reference}`)
    else if (fresh !== 'already') replaceSecretFile(path, `${fresh.text}\n`)
  }
  return { files: paths.length, unopened }
}

function sealedFiles(folder: string): readonly string[] {
  if (folder === '' || !existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(SEALED))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}
