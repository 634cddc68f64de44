import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { resealRoot } from '../pki/root.ts'
import type { Config } from '../settings/config.ts'
import { requireAlone } from '../store/alone.ts'
import { openStore } from '../store/open.ts'
import type { ResealedRows } from '../store/ports/master-key.ts'
import type { Store } from '../store/ports.ts'
import { systemClock, systemIds } from '../system.ts'
import { type KeyRing, openKeyRing, resealRing } from '../token/keyring.ts'
import { requireReplaceable, resealStore } from '../usecases/master-key.ts'
import {
  beginReplacement,
  dropReplacement,
  finishReplacement,
  type MasterKeySource,
  type MasterKeys,
  openMasterKey,
  type Replacement,
  type ReplacementTerms,
  requireSameTerms,
  resumeReplacement,
  sourceOf,
} from '../vault/envelope.ts'
import { type ResealedFiles, requireResealable, resealFiles } from '../vault/reseal-files.ts'
import { storeOptions } from './world.ts'

/** Hears where it is; what is told of was done, and is on disk. */
export type ReportStep = (step: string, done?: number, total?: number) => void

/** What was sealed anew, and where both keys are now. */
export interface ReplacedMasterKey {
  /** Whether an earlier run had begun it. */
  readonly resumed: boolean
  readonly from: MasterKeySource['kind']
  readonly to: MasterKeySource['kind']
  /** Where the old key was written to, or null. */
  readonly kept: string | null
  /** Rows of the store; null when an earlier run did them all. */
  readonly rows: ResealedRows | null
  readonly files: ResealedFiles
  readonly keys: number
  readonly root: boolean
}

/**
 * Replaces the master key of an installation that no process serves: all that is sealed under it is
 * sealed under the new one. A file in the keys folder holds either key sealed under the other until
 * it is over, and nothing serves meanwhile; cut off anywhere, it is finished by doing it again with
 * either key, and the terms of the first time. `terms` are for a fresh beginning.
 *
 * A process that slipped in between does no harm: rows are written only by who has the key that the
 * store names, in the transaction of the write, and `openWorld` asks again once it has the store.
 * Throws plain sentences.
 */
export async function replaceMasterKey(
  config: Config,
  env: NodeJS.ProcessEnv,
  terms: ReplacementTerms | undefined,
  report: ReportStep = () => undefined,
): Promise<ReplacedMasterKey> {
  const { keys_dir: keysDir, trust_domain: trustDomain } = config
  if (!existsSync(join(keysDir, 'keyring.json'))) {
    throw new Error(`${keysDir} holds no keys of an authority.`)
  }
  const begun = await resumeReplacement(keysDir, env)
  if (begun !== undefined && terms !== undefined) await requireSameTerms(begun, terms)
  const replacement = begun ?? (await begin(config, env, terms))
  report('begun')
  const store = await openAlone(config, replacement)
  const rows = await resealStore(store, {
    keys: replacement,
    kinds: { from: replacement.plan.from.kind, to: replacement.plan.to.kind },
    request: systemIds.request(),
    report: (done, total) => report('rows', done, total),
  }).finally(() => store.close())
  report('store')
  const files = resealFiles(config['vault.file_dir'], replacement)
  report('files')
  const root = resealRoot(keysDir, trustDomain, replacement)
  report('root')
  const keys = await resealRing(keysDir, replacement)
  report('keys')
  finishReplacement(keysDir, replacement, report)
  const { plan, resumed } = replacement
  const { kind: from } = plan.from
  const { kind: to } = plan.to
  return { resumed, from, to, kept: plan.keep, rows: rows ?? null, files, keys, root }
}

async function begin(
  { keys_dir: keysDir, 'vault.file_dir': folder }: Config,
  env: NodeJS.ProcessEnv,
  terms: ReplacementTerms | undefined,
): Promise<Replacement> {
  if (terms === undefined) throw new Error(`Nothing was begun in ${keysDir}: say the new key.`)
  requireResealable(folder)
  const master = await openMasterKey(keysDir, env)
  await openKeyRing({ keysDir, master, clock: systemClock })
  return beginReplacement(keysDir, { master, kind: sourceOf(env).kind }, terms)
}

/** The store, once nobody else has it; what was only just begun is taken back otherwise. */
async function openAlone(config: Config, replacement: Replacement): Promise<Store> {
  try {
    const options = storeOptions(config, await ringOf(config.keys_dir, replacement))
    await requireAlone(options)
    const store = await openStore({ ...options, verifyAtStart: false })
    await requireReplaceable(store, replacement).catch(async (fault: unknown) => {
      await store.close()
      throw fault
    })
    return store
  } catch (fault) {
    if (!replacement.resumed) dropReplacement(config.keys_dir)
    throw fault
  }
}

/** The ring, whichever of the two keys it is sealed under by now. */
async function ringOf(keysDir: string, { from, to }: MasterKeys): Promise<KeyRing> {
  const open = (master: MasterKeys['from']) => openKeyRing({ keysDir, master, clock: systemClock })
  return open(to).catch(() => open(from))
}
