import type { Command } from 'commander'
import type { Config } from '../../settings/config.ts'
import { addWorkersOption, type WorkersOption } from '../options.ts'

/** What may be done to a store before processes serve it. */
export interface PrepareOptions extends WorkersOption {
  readonly acceptRollback?: true
  readonly migrate?: true
}

/** Gives a command `--accept-rollback`, `--migrate` and `--workers`. */
export function addPrepareOptions(command: Command): void {
  command.option(
    '--accept-rollback',
    'serve a store that is older than its last checkpoint; voids every outstanding token',
  )
  command.option('--migrate', 'bring the tables of the database to this version first')
  addWorkersOption(command)
}

/** Does to the store what the options say. */
export async function prepareStore(config: Config, options: PrepareOptions): Promise<void> {
  const { acceptStoreRollback, migrateStore } = await import('../../compose/serve.ts')
  if (options.migrate === true) await migrateStore(config)
  if (options.acceptRollback === true) await acceptStoreRollback(config)
}
