import { basename } from 'node:path/posix'
import { IDENTITY_FILES } from '../settings.ts'
import type { Finding } from './scan-folder.ts'
import type { TextFile } from './walk.ts'

/** Any access of the group or of others. */
const SHARED_BITS = 0o077
/** What lies in the folder of keys of an authority, beside the ring that makes it one. */
const RING = 'keyring.json'
const BESIDE_RING: ReadonlySet<string> = new Set([
  ...[RING, 'master.key', 'owner.token', 'certificate-authority.sealed', 'passphrase.json'],
])

/** Whether a file is a key of Writ where it belongs: in an identity, or in a folder of keys. */
export function isOwnKey({ path, beside }: TextFile): boolean {
  const name = basename(path)
  if (name === IDENTITY_FILES.key) return beside.has(IDENTITY_FILES.certificate)
  return BESIDE_RING.has(name) && beside.has(RING)
}

/** The finding of a key of Writ that others can touch; undefined when it is closed. */
export function openOwnKey({ path, mode }: TextFile): Finding | undefined {
  if ((mode & SHARED_BITS) === 0) return undefined
  return { file: path, line: 1, what: 'key of Writ that others can read', shown: 'chmod 600' }
}
