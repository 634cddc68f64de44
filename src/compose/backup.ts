import { createHash } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../settings/config.ts'
import { markRestored, readLastCheckpoint } from '../store/audit/last-checkpoint.ts'
import { MIGRATION_NAMES } from '../store/migrate.ts'
import { type CopyFacts, copySqlite, readCopy } from '../store/sqlite/backup.ts'
import { openSecretFolder, requireNoReplacement } from '../vault/envelope.ts'
import { STORE_FILE } from './world.ts'

/** What stands beside a backup, so that it can be told whether it is whole. */
export interface Manifest extends CopyFacts {
  readonly format: 'writ-backup-1'
  /** RFC 3339. */
  readonly at: string
  readonly bytes: number
  /** Hex SHA-256 of the copy. */
  readonly sha256: string
  /** The checkpoint that was newest beside the keys then, a compact JWS. */
  readonly checkpoint: string | null
  /** Sealed files of the keys folder, base64; never the master key. */
  readonly keys: Readonly<Record<string, string>>
}

/** What the master key seals, or makes it of a passphrase; each is of no use without that. */
const SEALED = ['keyring.json', 'certificate-authority.sealed', 'passphrase.json'] as const

/** The file beside a backup. */
export function manifestOf(file: string): string {
  return `${file}.manifest.json`
}

/**
 * Copies the store to a new file while processes serve it, with a manifest beside. Throws plain
 * sentences; a failure leaves no file.
 */
export async function backUp(
  config: Config,
  file: string,
  terms: { readonly withKeys: boolean },
): Promise<Manifest> {
  requireSqlite(config, 'pg_dump')
  requireNoReplacement(config.keys_dir)
  const checkpoint = (await readLastCheckpoint(config.keys_dir)) ?? null
  const facts = await copySqlite(join(config.data_dir, STORE_FILE), file)
  const manifest: Manifest = {
    format: 'writ-backup-1',
    at: new Date().toISOString(),
    bytes: statSync(file).size,
    sha256: await digestOf(file),
    checkpoint,
    keys: terms.withKeys ? sealedKeys(config.keys_dir) : {},
    ...facts,
  }
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`
  try {
    writeFileSync(manifestOf(file), text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    rmSync(file)
    throw cause
  }
  return manifest
}

/**
 * Puts a backup in the place of a store that is not there, after it was verified. From then on the
 * store does not serve until an operator accepts what is lost. Throws plain sentences.
 */
export async function restore(
  config: Config,
  file: string,
  terms: { readonly withKeys: boolean },
): Promise<Manifest> {
  requireSqlite(config, 'pg_restore, then `writ restore --mark`')
  const { data_dir: dataDir, keys_dir: keysDir } = config
  const place = join(dataDir, STORE_FILE)
  requireNone(filesOf(place))
  const manifest = readManifest(file)
  if (manifest.migrations.some((name) => !MIGRATION_NAMES.includes(name))) {
    throw new Error('The backup is of a newer Writ; restore it with that one.')
  }
  if (terms.withKeys) requireNone(Object.keys(manifest.keys).map((name) => join(keysDir, name)))
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const fresh = await copyWhole(file, manifest, `${place}.restoring`)
  openSecretFolder(keysDir)
  if (terms.withKeys) {
    for (const name of SEALED.filter((one) => one in manifest.keys)) {
      const bytes = Buffer.from(manifest.keys[name] ?? '', 'base64')
      writeFileSync(join(keysDir, name), bytes, { mode: 0o600, flag: 'wx' })
    }
  }
  await markRestored(keysDir, manifest.at)
  renameSync(fresh, place)
  return manifest
}

/**
 * Copies a backup, then holds the copy against the manifest, since the file may lie where others
 * write. What an attempt before has left is no part of it. Nothing stays where it fails.
 */
async function copyWhole(file: string, manifest: Manifest, fresh: string): Promise<string> {
  const clean = () => {
    for (const one of filesOf(fresh)) rmSync(one, { force: true })
  }
  clean()
  try {
    copyFileSync(file, fresh, constants.COPYFILE_EXCL)
    chmodSync(fresh, 0o600)
    const { bytes, sha256 } = manifest
    if (statSync(fresh).size !== bytes || (await digestOf(fresh)) !== sha256) {
      throw new Error(`${file} is not what its manifest says.`)
    }
    await readCopy(fresh)
    return fresh
  } catch (cause) {
    clean()
    throw cause
  }
}

/** A store, and what SQLite may have beside it. */
function filesOf(store: string): readonly string[] {
  return ['', '-wal', '-shm', '-journal'].map((end) => `${store}${end}`)
}

/** Tells the next start that the store was put back by other means. */
export async function markStoreRestored(config: Config): Promise<void> {
  openSecretFolder(config.keys_dir)
  await markRestored(config.keys_dir, new Date().toISOString())
}

function requireSqlite({ database_url: url, database_url_file: file }: Config, tool: string): void {
  if (url === '' && file === '') return
  throw new Error(`A PostgreSQL database is not copied by this command; use ${tool}.`)
}

function requireNone(paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(path))
  if (there === undefined) return
  throw new Error(`${there} is there already: move it away first; nothing is written over.`)
}

function readManifest(file: string): Manifest {
  const name = manifestOf(file)
  try {
    const read: unknown = JSON.parse(readFileSync(name, 'utf8'))
    if (isManifest(read)) return read
  } catch (cause) {
    throw new Error(`${name} can not be read.`, { cause })
  }
  throw new Error(`${name} is no manifest of a backup.`)
}

/** Whether a text has the members that restoring reads, each of its kind. */
function isManifest(read: unknown): read is Manifest {
  if (typeof read !== 'object' || read === null) return false
  const { format, at, sha256, bytes, migrations, keys }: Partial<Record<string, unknown>> = read
  return (
    format === 'writ-backup-1' &&
    [at, sha256].every((one) => typeof one === 'string' && /^[\w:.-]+$/.test(one)) &&
    typeof bytes === 'number' &&
    Array.isArray(migrations) &&
    migrations.every((one) => typeof one === 'string') &&
    typeof keys === 'object' &&
    keys !== null &&
    Object.values(keys).every((one) => typeof one === 'string')
  )
}

function sealedKeys(keysDir: string): Readonly<Record<string, string>> {
  const there = SEALED.filter((name) => existsSync(join(keysDir, name)))
  return Object.fromEntries(
    there.map((name) => [name, readFileSync(join(keysDir, name)).toString('base64')]),
  )
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}
