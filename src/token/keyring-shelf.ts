import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyThumbprint } from '../domain/ids.ts'
import type { Clock, EpochSeconds } from '../domain/time.ts'
import {
  type MasterKey,
  type MasterKeys,
  readSecretFile,
  replaceSecretFile,
} from '../vault/envelope.ts'
import {
  type KeptKey,
  type LoadedKey,
  loadKey,
  readKeyRing,
  resealKeyRing,
  writeKeyRing,
} from './keyring-file.ts'

const RING_FILE = 'keyring.json'

/** The keys of the ring's file, kept in step with it. */
export interface Shelf {
  key(kid: KeyThumbprint): LoadedKey | undefined
  /** Oldest first. */
  keys(): readonly LoadedKey[]
  /** What the file says this instant; to be asked under the lock. */
  readAfresh(): readonly KeptKey[]
  /** Replaces the file; to be done under the lock. */
  write(kept: readonly KeptKey[]): void
}

/**
 * Opens the file of a key ring; none means no keys yet. Looks at most once for each second of the
 * clock whether another process replaced it, so that unknown kids cost strangers nothing. A file
 * that can not be read is a fault at every call until it can.
 */
export function openShelf(setup: {
  readonly keysDir: string
  readonly master: MasterKey
  readonly clock: Clock
}): Shelf {
  const { master, clock } = setup
  const path = join(setup.keysDir, RING_FILE)
  let loaded: ReadonlyMap<KeyThumbprint, LoadedKey> = new Map()
  let stamp = ''
  let lookedAt: EpochSeconds | undefined

  const readAfresh = (): readonly KeptKey[] => {
    const text = readSecretFile(path)
    if (text !== undefined) return readKeyRing(master, text)
    if (loaded.size > 0) throw new Error(`The key ring ${path} is gone.`)
    return []
  }
  const hold = (kept: readonly KeptKey[]): void => {
    loaded = new Map(kept.map((key) => [key.kid, reloaded(loaded.get(key.kid), key, master)]))
  }
  const look = (): void => {
    const now = clock.now()
    if (now === lookedAt) return
    const seen = stampOf(path)
    if (seen !== stamp || seen === '') hold(readAfresh())
    stamp = seen
    lookedAt = now
  }
  return {
    key: (kid) => {
      look()
      return loaded.get(kid)
    },
    keys: () => {
      look()
      return [...loaded.values()]
    },
    readAfresh,
    write: (kept) => {
      replaceSecretFile(path, writeKeyRing(master, kept))
      hold(kept)
      stamp = stampOf(path)
    },
  }
}

/** Seals the file anew under another master key; to be done under the lock. Answers its size. */
export function resealRingFile(keysDir: string, keys: MasterKeys): number {
  const path = join(keysDir, RING_FILE)
  const text = readSecretFile(path)
  if (text === undefined) throw new Error(`There is no key ring ${path}.`)
  const fresh = resealKeyRing(keys, text)
  if (fresh !== undefined) replaceSecretFile(path, fresh)
  return readKeyRing(keys.to, fresh ?? text).length
}

/** Checking and opening a key is dear, so a key that did not change is kept as it is. */
function reloaded(known: LoadedKey | undefined, kept: KeptKey, master: MasterKey): LoadedKey {
  const { x, alg, purpose, sealed } = kept
  const same =
    known?.kept.x === x &&
    known.kept.alg === alg &&
    known.kept.purpose === purpose &&
    known.kept.sealed === sealed
  return same ? { ...known, kept } : loadKey(master, kept)
}

/** Changes whenever the file is replaced: a new file has another inode or another time. */
function stampOf(path: string): string {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false })
  return status === undefined ? '' : `${status.ino}:${status.mtimeNs}:${status.size}`
}
