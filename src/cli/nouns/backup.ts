import type { Command } from 'commander'
import { CommandFailure, EXIT, usage } from '../outcome.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { readSettings } from '../settings.ts'

interface KeysOption {
  readonly withKeys?: true
}

/** `writ backup`: a whole copy of the embedded store, while it is served. */
export function registerBackup(backup: Command): void {
  backup
    .argument('<file>', 'where the copy goes; its manifest goes beside it')
    .option('--with-keys', 'put the sealed keys into the manifest too, never the master key')
  addServerOptions(backup)
  backup.action(copy)
}

/** `writ restore`: puts such a copy in the place of a store that is not there. */
export function registerRestore(restore: Command): void {
  restore
    .argument('[file]', 'the copy, with its manifest beside it')
    .option('--with-keys', 'put the sealed keys of the manifest into the keys folder as well')
    .option('--mark', 'only say that the store was put back by other means, as by pg_restore')
  addServerOptions(restore)
  restore.action(putBack)
}

async function copy(file: string, options: KeysOption, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { backUp } = await import('../../compose/backup.ts')
  const withKeys = options.withKeys === true
  const { keys, ...manifest } = await backUp(config, file, { withKeys }).catch(failed)
  const shown = { file, ...manifest, keys: Object.keys(keys) }
  await output.result(
    shown,
    () => `${file} holds ${manifest.records} records, ${manifest.bytes} bytes; it is whole.`,
  )
}

async function putBack(
  file: string | undefined,
  options: KeysOption & { readonly mark?: true },
  command: Command,
): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  if ((file === undefined) !== (options.mark === true)) {
    throw usage('Name the file of a backup, or say --mark.')
  }
  const { markStoreRestored, restore } = await import('../../compose/backup.ts')
  if (file === undefined) await markStoreRestored(config).catch(failed)
  else await restore(config, file, { withKeys: options.withKeys === true }).catch(failed)
  await output.result({ restored: true }, () =>
    [
      'What was decided since the backup is lost: revocations, contracts, removed operators.',
      'The store does not serve until it is started once with --accept-rollback. Then every',
      'outstanding token is void and every agent suspended, until an owner lifts that.',
    ].join('\n'),
  )
}

function failed(cause: unknown): never {
  throw new CommandFailure(EXIT.failure, cause instanceof Error ? cause.message : String(cause))
}
