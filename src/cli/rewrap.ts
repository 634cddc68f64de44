import type { Command } from 'commander'
import type { ReplacedMasterKey } from '../compose/replace-master-key.ts'
import { type MasterKeySource, passphraseIn, sourceOf } from '../vault/envelope.ts'
import { addConfirmOption, type ConfirmOption, confirm } from './confirm.ts'
import { CommandFailure, EXIT, usage } from './outcome.ts'
import { withProgress } from './progress.ts'
import { addServerOptions, readServerConfig } from './serving/server-config.ts'
import { readSettings } from './settings.ts'

interface RewrapOptions extends ConfirmOption {
  readonly generate?: true
  readonly newPassphraseFile?: string
  readonly newKeyFile?: string
  readonly keepOld?: string
  readonly destroyOld?: true
}

/** `writ keys rewrap`: another master key, for an installation that nobody serves meanwhile. */
export function registerRewrap(keys: Command): void {
  const rewrap = keys
    .command('rewrap')
    .description('seal everything under another master key; the old one is read as servers read it')
    .option('--generate', 'the new key is made, and lies in the keys folder')
    .option('--new-passphrase-file <file>', 'the new key comes from this passphrase')
    .option('--new-key-file <file>', 'the new key lies in this file; made where there is none')
    .option('--keep-old <file>', 'write the old key to this file, for the backups made before')
    .option('--destroy-old', 'remove the old key from the keys folder, for good')
  addConfirmOption(rewrap)
  addServerOptions(rewrap)
  rewrap.action(run)
}

async function run(options: RewrapOptions, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const terms = termsOf(options)
  if (options.destroyOld === true) {
    const question = 'Backups made before open with the old master key alone. Destroy it?'
    await confirm(question, options.yes === true)
  }
  const { replaceMasterKey } = await import('../compose/replace-master-key.ts')
  const replaced = await withProgress(output, 'Sealing under the new master key', (report) =>
    replaceMasterKey(config, process.env, terms, (_step, done, total) => {
      if (done !== undefined) report(done, total)
    }),
  ).catch((cause: unknown) => {
    throw new CommandFailure(EXIT.failure, cause instanceof Error ? cause.message : String(cause))
  })
  const destroyed = replaced.from === 'folder' && replaced.kept === null
  const { rows, files } = replaced
  const unopened = [...(rows?.unopened ?? []), ...files.unopened]
  const old = destroyed ? 'destroyed' : (replaced.kept ?? 'not kept by Writ')
  const { resumed, from, to, keys, root } = replaced
  const { credentials, versions, webhooks } = rows ?? {}
  const counted = { credentials, versions, webhooks, files: files.files, keys, root }
  await output.result({ resumed, from, to, ...counted, unopened, old }, () =>
    [...told(replaced), ...unopened.map((name) => `Neither key opens: ${name}`)].join('\n'),
  )
}

/** What is asked for; undefined: finish what was begun. */
function termsOf(options: RewrapOptions) {
  const sources: MasterKeySource[] = []
  const { generate, newPassphraseFile, newKeyFile, keepOld: keep = null } = options
  if (generate === true) sources.push({ kind: 'folder' })
  if (newPassphraseFile !== undefined) sources.push(readPassphrase(newPassphraseFile))
  if (newKeyFile !== undefined) sources.push({ kind: 'key_file', path: newKeyFile })
  const [to, ...others] = sources
  if (others.length > 0)
    throw usage('Give one of --generate, --new-passphrase-file, --new-key-file.')
  if (keep !== null && options.destroyOld === true) throw usage('Keep the old key or destroy it.')
  if (to === undefined) return undefined
  const inFolder = sourceOf(process.env).kind === 'folder'
  if (inFolder && keep === null && options.destroyOld !== true) {
    throw usage('Say what becomes of the old key: --keep-old FILE, or --destroy-old.')
  }
  return { to, keep }
}

function readPassphrase(file: string): MasterKeySource {
  try {
    return passphraseIn(file)
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause))
  }
}

function told({ rows, files, keys, root, from, to, kept }: ReplacedMasterKey): readonly string[] {
  const stored =
    rows === null
      ? []
      : [`${rows.credentials} credentials with ${rows.versions} secrets, ${rows.webhooks} webhooks`]
  const all = [...stored, `${files.files} files`, `${keys} signing keys`, root ? 'the root' : '']
  const sealed = `Sealed anew: ${all.filter((part) => part !== '').join(', ')}.`
  return [sealed, NEXT[to], kept === null ? OLD[from] : `The old master key is in ${kept}.`]
}

const NEXT = {
  folder: 'The new master key is master.key in the keys folder.',
  passphrase: 'Start with the new passphrase from here on: WRIT_PASSPHRASE_FILE.',
  key_file: 'Start with the new key file from here on: WRIT_MASTER_KEY_FILE.',
} as const

const OLD = {
  folder: 'The old master key is removed. Backups made before open with a copy of it alone.',
  passphrase: 'The old passphrase opens backups made before, with their passphrase.json.',
  key_file: 'The old key file is where it was. It opens backups made before.',
} as const
