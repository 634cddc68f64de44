import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { REPLACEMENT_FILE, requireNoReplacement } from './master-key.ts'
import {
  asMasterKey,
  freshKeyText,
  KEY_FILE,
  keyOf,
  keyOfPassphrase,
  keyTextOf,
  type MasterKeyEnvironment,
  type MasterKeySource,
  newPassphraseKey,
  PASSPHRASE_RECORD,
  sourceOf,
} from './master-key-source.ts'
import { type MasterKeys, sameKey } from './reseal.ts'
import { fingerprintOf, type MasterKey, seal, unseal } from './sealing.ts'
import {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
  removeSecretFile,
  replaceSecretFile,
} from './secret-file.ts'

/** What a source keeps in the keys folder. */
const PLACES = [
  ['folder', KEY_FILE],
  ['passphrase', PASSPHRASE_RECORD],
] as const

interface Side {
  readonly kind: MasterKeySource['kind']
  readonly fingerprint: string
  /** The record of a passphrase, as it stands or will stand in the keys folder. */
  readonly record: string | null
}

/** What is being done, in the clear; both keys authenticate all of it. */
interface Plan {
  readonly id: string
  readonly from: Side
  readonly to: Side
  /** Where the old key is written to before it goes, or null. */
  readonly keep: string | null
}

interface Journal {
  readonly version: '1'
  readonly plan: Plan
  /** The new key under the old one, and the old under the new: either has both. */
  readonly to_under_from: string
  readonly from_under_to: string
}

/** The replacing of one master key by another. */
export interface Replacement extends MasterKeys {
  readonly plan: Plan
  /** Whether an earlier run began it. */
  readonly resumed: boolean
}

/** What the new key shall be, and where a copy of the old one goes. */
export interface ReplacementTerms {
  readonly to: MasterKeySource
  readonly keep: string | null
}

/** A replacing that was begun in this folder and is not over, opened with either of its keys. */
export async function resumeReplacement(
  keysDir: string,
  environment: MasterKeyEnvironment,
): Promise<Replacement | undefined> {
  openSecretFolder(keysDir)
  const text = readSecretFile(join(keysDir, REPLACEMENT_FILE))
  if (text === undefined) return undefined
  const { plan, ...sealed } = JSON.parse(text) as Journal
  const { from, to } = plan
  for (const known of await candidates(keysDir, sourceOf(environment), plan)) {
    const fingerprint = fingerprintOf(known)
    const open = (one: string) => asMasterKey(unseal(known, labelOf(plan), one))
    if (fingerprint === from.fingerprint) {
      return { plan, resumed: true, from: known, to: open(sealed.to_under_from) }
    }
    if (fingerprint === to.fingerprint) {
      return { plan, resumed: true, from: open(sealed.from_under_to), to: known }
    }
  }
  throw new Error(
    `This is neither the old nor the new master key of ${keysDir}, and one of them is needed ` +
      'to finish what was begun.',
  )
}

/** Throws a plain sentence when what was begun is something else than what is asked for now. */
export async function requireSameTerms(
  { plan, to }: Replacement,
  { to: asked, keep }: ReplacementTerms,
): Promise<void> {
  const { record } = plan.to
  const again =
    asked.kind === 'folder'
      ? to
      : asked.kind === 'key_file'
        ? keyOf(readProvidedSecret(asked.path), asked.path)
        : record === null
          ? undefined
          : await keyOfPassphrase(record, REPLACEMENT_FILE, asked.passphrase)
  const same = asked.kind === plan.to.kind && again !== undefined && sameKey(again, to)
  if (same && (keep === null || resolve(keep) === plan.keep)) return
  throw new Error('An earlier run began with other options: finish it without any.')
}

/**
 * Says in the keys folder that the key `from` is being replaced: from then on nothing else opens
 * it. Made whole or not at all. Throws plain sentences, also when the new key is the old one or a
 * file would be written over.
 */
export async function beginReplacement(
  keysDir: string,
  from: { readonly master: MasterKey; readonly kind: Side['kind'] },
  { to: source, keep }: ReplacementTerms,
): Promise<Replacement> {
  requireNoReplacement(keysDir)
  for (const [kind, name] of PLACES) {
    if (kind === from.kind || !existsSync(join(keysDir, name))) continue
    throw new Error(`${join(keysDir, name)} is not in use: move it away first.`)
  }
  const kept = keep === null ? null : resolve(keep)
  if (kept !== null && existsSync(kept)) throw new Error(`${kept} is there already.`)
  if (kept !== null && !existsSync(dirname(kept))) throw new Error(`There is no ${dirname(kept)}.`)
  const to = await newKeyOf(keysDir, source)
  if (sameKey(from.master, to.master)) throw new Error('The new master key is the old one.')
  const record = readSecretFile(join(keysDir, PASSPHRASE_RECORD)) ?? null
  const plan: Plan = {
    id: randomBytes(16).toString('base64url'),
    from: { kind: from.kind, fingerprint: fingerprintOf(from.master), record },
    to: { kind: source.kind, fingerprint: fingerprintOf(to.master), record: to.record },
    keep: kept,
  }
  const label = labelOf(plan)
  const journal: Journal = {
    version: '1',
    plan,
    to_under_from: sealedKey(from.master, label, to.master),
    from_under_to: sealedKey(to.master, label, from.master),
  }
  const text = `${JSON.stringify(journal, null, 2)}\n`
  if (!createSecretFile(join(keysDir, REPLACEMENT_FILE), text)) requireNoReplacement(keysDir)
  return { plan, resumed: false, from: from.master, to: to.master }
}

/** Takes back a beginning after which nothing was sealed anew. */
export function dropReplacement(keysDir: string): void {
  removeSecretFile(join(keysDir, REPLACEMENT_FILE))
}

/**
 * The last steps, once everything is sealed under the new key: the old key is written where it is
 * to be kept, the new one takes its place in the folder, the old one leaves it. Safe to do again.
 */
export function finishReplacement(
  keysDir: string,
  { plan, from, to }: Replacement,
  report: (step: string) => void,
): void {
  const text = keyTextOf(from)
  if (plan.keep !== null && !createSecretFile(plan.keep, text)) {
    if (readSecretFile(plan.keep) !== text) throw new Error(`${plan.keep} is there already.`)
  }
  report('old key kept')
  const [key, record] = [join(keysDir, KEY_FILE), join(keysDir, PASSPHRASE_RECORD)]
  if (plan.to.kind === 'folder') replaceSecretFile(key, keyTextOf(to))
  if (plan.to.record !== null) replaceSecretFile(record, plan.to.record)
  report('new key in place')
  if (plan.from.kind === 'folder' && plan.to.kind !== 'folder') removeSecretFile(key)
  if (plan.from.kind === 'passphrase' && plan.to.kind !== 'passphrase') removeSecretFile(record)
  report('old key gone')
  removeSecretFile(join(keysDir, REPLACEMENT_FILE))
}

async function newKeyOf(
  keysDir: string,
  source: MasterKeySource,
): Promise<{ readonly master: MasterKey; readonly record: string | null }> {
  if (source.kind === 'passphrase') return newPassphraseKey(source.passphrase)
  if (source.kind === 'folder') {
    return { master: keyOf(freshKeyText(), join(keysDir, KEY_FILE)), record: null }
  }
  const { path } = source
  if (resolve(path) === resolve(keysDir, KEY_FILE)) throw new Error('Use --generate for that.')
  createSecretFile(path, freshKeyText())
  return { master: keyOf(readProvidedSecret(path), path), record: null }
}

/** The keys this source may stand for, whatever of the last steps was done. */
async function candidates(
  keysDir: string,
  source: MasterKeySource,
  plan: Plan,
): Promise<readonly MasterKey[]> {
  if (source.kind === 'key_file') return [keyOf(readProvidedSecret(source.path), source.path)]
  if (source.kind === 'folder') {
    const path = join(keysDir, KEY_FILE)
    const text = readSecretFile(path)
    return text === undefined ? [] : [keyOf(text, path)]
  }
  const records = [plan.from.record, plan.to.record].filter((record) => record !== null)
  const keys = await Promise.all(
    records.map((record) => keyOfPassphrase(record, REPLACEMENT_FILE, source.passphrase)),
  )
  return keys.filter((key) => key !== undefined)
}

function sealedKey(under: MasterKey, label: string, key: MasterKey): string {
  const bytes = key.export()
  try {
    return seal(under, label, bytes)
  } finally {
    bytes.fill(0)
  }
}

function labelOf(plan: Plan): string {
  return `master-key/${JSON.stringify(plan)}`
}
