import { createSecretKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { epochSeconds } from '../../src/domain/time.ts'
import { type KeyPurpose, type KeyRing, openKeyRing } from '../../src/token/keyring.ts'
import { type KeptKey, readKeyRing, writeKeyRing } from '../../src/token/keyring-file.ts'
import type { MasterKey } from '../../src/vault/envelope.ts'

export const PURPOSES: readonly KeyPurpose[] = [
  'token',
  'receipt',
  'checkpoint',
  'feed',
  'event',
  'status',
  'leash',
]
export const START = epochSeconds(1_800_000_000)
export const master = createSecretKey(Buffer.alloc(32, 1)) as MasterKey

/** Where and when a test is: a folder of its own, and the clock of every ring in it. */
export const at = { home: '', keysDir: '', now: START }
export const clock = { now: () => at.now }

/** To be called once in a file: each test starts in a fresh folder. */
export function eachInItsFolder(): void {
  beforeEach(() => {
    at.home = mkdtempSync(join(tmpdir(), 'writ-keyring-'))
    at.keysDir = join(at.home, 'keys')
    at.now = START
  })
  afterEach(() => rmSync(at.home, { recursive: true }))
}

/** Opens the ring of the folder, as another process would. */
export function open(): Promise<KeyRing> {
  return openKeyRing({ keysDir: at.keysDir, master, clock })
}

export function ringFile(): string {
  return join(at.keysDir, 'keyring.json')
}

/** The active keys, in the order of PURPOSES. */
export function kidsOf(ring: KeyRing): readonly string[] {
  return PURPOSES.map((purpose) => ring.active(purpose).kid)
}

export function passes(seconds: number): void {
  at.now = epochSeconds(at.now + seconds)
}

/** Writes the file anew with other keys, as somebody who has the master key could. */
export function editKeys(edit: (kept: readonly KeptKey[]) => readonly KeptKey[]): void {
  const kept = readKeyRing(master, readFileSync(ringFile(), 'utf8'))
  writeFileSync(ringFile(), writeKeyRing(master, edit(kept)))
}
