import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The newest checkpoint, kept beside the keys so that it does not go back with the store. */
const NAME = 'last-checkpoint'

/** The compact JWS in the file, or undefined when there is none. */
export function readLastCheckpoint(keysDir: string): Promise<string | undefined> {
  return readText(keysDir, NAME)
}

/** Replaces the file in one step that survives a power loss: whole old text or whole new text. */
export function replaceLastCheckpoint(keysDir: string, jws: string): Promise<void> {
  return replaceText(keysDir, NAME, jws)
}

/** The mark of a store that was put back. Of its own, since processes replace the checkpoint. */
const RESTORED = 'restored'

/**
 * Marks the store as one that was put back: what is lost since may be less than a checkpoint apart,
 * so nothing else could tell. A process that still runs on the store of before takes nothing away.
 */
export function markRestored(keysDir: string, at: string): Promise<void> {
  return replaceText(keysDir, RESTORED, at)
}

/** When the backup was made that the store was put back from; undefined when it was not. */
export function readRestored(keysDir: string): Promise<string | undefined> {
  return readText(keysDir, RESTORED)
}

/** What was lost is accepted. Durable. */
export async function clearRestored(keysDir: string): Promise<void> {
  await rm(join(keysDir, RESTORED), { force: true })
  await syncFolder(keysDir)
}

async function readText(keysDir: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(keysDir, name), 'utf8')).trim()
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}

async function replaceText(keysDir: string, name: string, text: string): Promise<void> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const fresh = join(keysDir, `.${name}.${randomBytes(6).toString('hex')}`)
  try {
    await writeDurably(fresh, `${text}\n`)
    await rename(fresh, join(keysDir, name))
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  await syncFolder(keysDir)
}

async function syncFolder(keysDir: string): Promise<void> {
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
