import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Any access of the group or of others. */
const SHARED_BITS = 0o077
/** Any access of others, and writing by the group. */
const FOREIGN_BITS = 0o027
/** What may lie in a folder before it holds secrets. */
const PUBLIC_NAMES = new Set(['README.md', '.gitkeep', '.gitignore'])

/**
 * Makes sure that a folder for secrets exists and that only its owner can enter it (0700). A folder
 * without secrets is tightened; one that already holds some is a fault, because they may have been
 * read or replaced. Throws with a plain sentence.
 */
export function openSecretFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  const status = statSync(folder)
  if (!status.isDirectory()) throw new Error(`${folder} is not a folder.`)
  if ((status.mode & SHARED_BITS) === 0) return
  if (readdirSync(folder).some((name) => !PUBLIC_NAMES.has(name))) {
    throw new Error(
      `${folder} holds secrets and is open to other users. Run: chmod 700 ${folder} ` +
        '(and replace its keys if others may have read them).',
    )
  }
  chmodSync(folder, FOLDER_MODE)
}

/**
 * The text of a secret file of ours, or undefined when there is none. A file that the group or
 * others can touch is a fault, and so is a symbolic link. Throws with a plain sentence.
 */
export function readSecretFile(path: string): string | undefined {
  return readChecked(path, constants.O_NOFOLLOW, SHARED_BITS, 'chmod 600')
}

/**
 * The text of a secret file that the operator or the platform provides. Mounted secrets are often
 * links and readable by a group, so both are allowed; access of others, or writing by the group, is
 * a fault. Throws with a plain sentence, also when there is no such file.
 */
export function readProvidedSecret(path: string): string {
  const text = readChecked(path, 0, FOREIGN_BITS, 'chmod 400')
  if (text === undefined) throw new Error(`There is no file ${path}.`)
  return text
}

/**
 * Writes a secret file (0600) whole or not at all: a new file, flushed, then renamed over the old
 * one, then the folder flushed. After a crash the old text or the new one is there.
 */
export function replaceSecretFile(path: string, text: string): void {
  const fresh = writeBeside(path, text)
  try {
    renameSync(fresh, path)
  } catch (cause) {
    unlinkSync(fresh)
    throw cause
  }
  flushFolder(dirname(path))
}

/**
 * Like `replaceSecretFile`, but only when there is no such file; answers whether this call made it.
 * Of several processes exactly one gets true, and the others find its whole text.
 */
export function createSecretFile(path: string, text: string): boolean {
  const fresh = writeBeside(path, text)
  try {
    linkSync(fresh, path)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    unlinkSync(fresh)
  }
  flushFolder(dirname(path))
  return true
}

/** Removes a secret file if it is there, and flushes its folder: gone after a crash as well. */
export function removeSecretFile(path: string): void {
  rmSync(path, { force: true })
  flushFolder(dirname(path))
}

/** Whether an error is the named error of the operating system. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function writeBeside(path: string, text: string): string {
  const fresh = join(dirname(path), `.${randomBytes(12).toString('hex')}.tmp`)
  const file = openSync(fresh, 'wx', FILE_MODE)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return fresh
}

function readChecked(
  path: string,
  flags: number,
  refusedBits: number,
  remedy: string,
): string | undefined {
  let file: number
  try {
    // A pipe without a writer would hold up the whole process.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    if (isErrno(error, 'ELOOP')) throw new Error(`${path} is a link; put the file itself there.`)
    throw error
  }
  try {
    const status = fstatSync(file)
    if (!status.isFile()) throw new Error(`${path} is not a file.`)
    if ((status.mode & refusedBits) !== 0) {
      throw new Error(`${path} is open to other users. Run: ${remedy} ${path}`)
    }
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function flushFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
