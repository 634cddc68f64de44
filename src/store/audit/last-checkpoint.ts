import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The newest checkpoint, kept beside the keys so that it does not go back with the store. */
const NAME = 'last-checkpoint'

/** The compact JWS in the file, or undefined when there is none. */
export async function readLastCheckpoint(keysDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(keysDir, NAME), 'utf8')).trim()
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}

const RESTORED = 'restored '

/**
 * Marks the store as one that was put back: what is lost since may be less than a checkpoint apart,
 * so nothing else could tell. What the file said before is kept below the mark.
 */
export async function markRestored(keysDir: string, at: string): Promise<void> {
  const last = lastSigned(await readLastCheckpoint(keysDir))
  await replaceLastCheckpoint(keysDir, `${RESTORED}${at}${last === undefined ? '' : `\n${last}`}`)
}

/** When the backup was made that the store was put back from; undefined when it was not. */
export function restoredAt(last: string | undefined): string | undefined {
  return last?.startsWith(RESTORED) ? last.split('\n')[0]?.slice(RESTORED.length) : undefined
}

/** The checkpoint in the file, below the mark where there is one. */
export function lastSigned(last: string | undefined): string | undefined {
  return restoredAt(last) === undefined ? last : last?.split('\n')[1]
}

/** Replaces the file in one step that survives a power loss: whole old text or whole new text. */
export async function replaceLastCheckpoint(keysDir: string, jws: string): Promise<void> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const fresh = join(keysDir, `.${NAME}.${randomBytes(6).toString('hex')}`)
  try {
    await writeDurably(fresh, `${jws}\n`)
    await rename(fresh, join(keysDir, NAME))
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  const folder = await open(keysDir, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
