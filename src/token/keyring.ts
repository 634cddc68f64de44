import { join } from 'node:path'
import type { KeyThumbprint } from '../domain/ids.ts'
import type { Clock, EpochSeconds } from '../domain/time.ts'
import {
  exclusively,
  type MasterKey,
  type MasterKeys,
  openSecretFolder,
} from '../vault/envelope.ts'
import { type PublishedKeys, publish } from './jwks.ts'
import type { KeyPurpose, KeySource, SignatureAlgorithm, SigningKey } from './key.ts'
import { type KeyState, stateOf, verifiesUntil } from './key-state.ts'
import { generateKey, type KeptKey, type LoadedKey } from './keyring-file.ts'
import { openShelf, resealRingFile, type Shelf } from './keyring-shelf.ts'

export type { KeyPurpose, KeySource, SigningKey, VerificationKey } from './key.ts'

const PURPOSES: readonly KeyPurpose[] = [
  'token',
  'receipt',
  'checkpoint',
  'feed',
  'event',
  'status',
  'leash',
]
/** What these keys sign is read after they are gone. */
const OUTLIVED: readonly KeyPurpose[] = ['receipt', 'checkpoint']
const LOCK_FILE = 'keyring.lock'

/** One key as shown to operators; nothing secret. */
export interface KeyView {
  readonly kid: KeyThumbprint
  readonly purpose: KeyPurpose
  readonly alg: SignatureAlgorithm
  readonly state: KeyState
  readonly createdAt: EpochSeconds
  /** From this moment it verifies no token; null while it is active. */
  readonly verifiesUntil: EpochSeconds | null
}

/**
 * The authority's own keys. One key, one algorithm, one purpose; one active key for each purpose.
 * What another process does to the ring in the same folder is known here within a second. Every
 * method throws a fault, never answers, when the file is damaged.
 */
export interface KeyRing extends KeySource {
  /** The key that signs now. */
  active(purpose: KeyPurpose): SigningKey
  /** Active and retiring keys: what a token may be signed with. */
  verification: KeySource['verification']
  /**
   * Also retired keys, for receipts and checkpoints, which outlive their keys. Never revoked keys,
   * and never retired keys for tokens or for the feed.
   */
  readonly archive: KeySource
  /** What the world may verify with: active and retiring keys (RFC 7517). */
  jwks(): PublishedKeys
  /** Every key there ever was, newest first. */
  list(): readonly KeyView[]
  /**
   * Makes a new active key; the old one becomes `retiring` for KEY_OVERLAP_SECONDS from `now`, and
   * its private half is erased. Safe against other processes on the folder.
   */
  rotate(purpose: KeyPurpose, now: EpochSeconds): Promise<SigningKey>
  /**
   * Takes a key out of force at once and for good: everything it signed is void. An active key gets
   * a successor. Answers false when there is no such key.
   */
  retire(kid: KeyThumbprint): Promise<boolean>
}

/**
 * Opens the ring kept in `keysDir` (`keyring.json`, private keys sealed under `master`), making one
 * key for each purpose that has none. `alg` is the algorithm name of keys made from now on.
 * Throws when the ring is damaged, holds a weak key, belongs to another master key, or the folder
 * is open to other users. An old copy of the file put back in its place can not be told from the
 * newest one: revoke the key in the store too.
 */
export async function openKeyRing(setup: {
  readonly keysDir: string
  readonly master: MasterKey
  readonly clock: Clock
  readonly alg?: SignatureAlgorithm
}): Promise<KeyRing> {
  const { keysDir, master, clock, alg = 'EdDSA' } = setup
  openSecretFolder(keysDir)
  const shelf = openShelf({ keysDir, master, clock })
  const change = (edit: (kept: readonly KeptKey[]) => readonly KeptKey[]): Promise<void> =>
    exclusively(join(keysDir, LOCK_FILE), () => shelf.write(edit(shelf.readAfresh())))
  // Every reader of leashes takes this one name and no other (LEASHX-01).
  const wanted = (purpose: KeyPurpose) =>
    ({ purpose, alg: purpose === 'leash' ? 'EdDSA' : alg }) as const
  const complete = (kept: readonly KeptKey[], now: EpochSeconds): readonly KeptKey[] => {
    const missing = PURPOSES.filter((purpose) => !kept.some((key) => isActive(key, purpose)))
    return [...kept, ...missing.map((purpose) => generateKey(master, wanted(purpose), now))]
  }

  if (PURPOSES.some((purpose) => activeOn(shelf, purpose) === undefined)) {
    await change((kept) => complete(kept, clock.now()))
  }
  const active = (purpose: KeyPurpose): SigningKey => {
    const key = activeOn(shelf, purpose)
    if (key === undefined) throw new Error(`The key ring has no active ${purpose} key.`)
    return key
  }
  return {
    ...readers(shelf, clock),
    active,
    rotate: async (purpose, now) => {
      await change((kept) => complete(kept.map(rotated(purpose, now)), now))
      return active(purpose)
    },
    retire: async (kid) => {
      const now = clock.now()
      await change((kept) => complete(kept.map(revoked(kid, now)), now))
      return shelf.key(kid) !== undefined
    },
  }
}

/**
 * Seals the ring of a folder under another master key, whole or not at all; answers how many keys
 * there are. Throws a fault when neither key opens it. Safe to do again.
 */
export async function resealRing(keysDir: string, keys: MasterKeys): Promise<number> {
  return exclusively(join(keysDir, LOCK_FILE), () => resealRingFile(keysDir, keys))
}

function readers(
  shelf: Shelf,
  clock: Clock,
): Pick<KeyRing, 'verification' | 'archive' | 'jwks' | 'list'> {
  const inForce = ({ kept }: LoadedKey): boolean => {
    const state = stateOf(kept, clock.now())
    return state === 'active' || state === 'retiring'
  }
  const archived = (key: LoadedKey): boolean =>
    inForce(key) || (OUTLIVED.includes(key.kept.purpose) && key.kept.revoked_at === null)
  const sourceOf = (accepted: (key: LoadedKey) => boolean): KeySource['verification'] => {
    return (kid) => {
      const key = shelf.key(kid)
      return key !== undefined && accepted(key) ? key.verification : undefined
    }
  }
  return {
    verification: sourceOf(inForce),
    archive: { verification: sourceOf(archived) },
    jwks: () =>
      publish(
        shelf
          .keys()
          .filter(inForce)
          .map(({ verification }) => verification),
      ),
    list: () => {
      const now = clock.now()
      return shelf
        .keys()
        .map(({ kept }) => viewOf(kept, now))
        .toReversed()
    },
  }
}

function activeOn(shelf: Shelf, purpose: KeyPurpose): SigningKey | undefined {
  return shelf.keys().find(({ kept }) => isActive(kept, purpose))?.signing ?? undefined
}

function isActive(kept: KeptKey, purpose: KeyPurpose): boolean {
  return kept.purpose === purpose && kept.rotated_at === null && kept.revoked_at === null
}

function rotated(purpose: KeyPurpose, now: EpochSeconds): (kept: KeptKey) => KeptKey {
  return (kept) => (isActive(kept, purpose) ? { ...kept, rotated_at: now, sealed: null } : kept)
}

/** A key that was rotated keeps that moment; a revoked one keeps its first revocation. */
function revoked(kid: KeyThumbprint, now: EpochSeconds): (kept: KeptKey) => KeptKey {
  return (kept) =>
    kept.kid === kid ? { ...kept, revoked_at: kept.revoked_at ?? now, sealed: null } : kept
}

function viewOf(kept: KeptKey, now: EpochSeconds): KeyView {
  const { kid, purpose, alg, created_at: createdAt } = kept
  const until = kept.revoked_at ?? verifiesUntil(kept)
  return { kid, purpose, alg, state: stateOf(kept, now), createdAt, verifiesUntil: until }
}
