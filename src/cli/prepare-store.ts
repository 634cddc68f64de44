import { type Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config.ts'
import { count } from './options.ts'

/** What may be done to a store before processes serve it, and how many do. */
export interface StoreOptions {
  readonly acceptRollback?: true
  readonly migrate?: true
  readonly workers: number
}

/** Beyond this a machine is better served by more machines. */
const WORKERS_MAX = 64

/** Gives a command `--accept-rollback`, `--migrate` and `--workers`. */
export function addStoreOptions(command: Command): void {
  command.option(
    '--accept-rollback',
    'serve a store that is older than its last checkpoint; voids every outstanding token',
  )
  command.option('--migrate', 'bring the tables of the database to this version first')
  addWorkersOption(command)
}

/** Gives a command `--workers`. */
export function addWorkersOption(command: Command): void {
  command.option(
    '--workers <n>',
    'processes that share the listeners, one for each core',
    workers,
    1,
  )
}

/** Does to the store what the options say. */
export async function prepareStore(config: Config, options: StoreOptions): Promise<void> {
  const { acceptStoreRollback, migrateStore } = await import('../compose.ts')
  if (options.migrate === true) await migrateStore(config)
  if (options.acceptRollback === true) await acceptStoreRollback(config)
}

function workers(text: string): number {
  const number = count(text)
  if (number <= WORKERS_MAX) return number
  throw new InvalidArgumentError(`Give at most ${WORKERS_MAX}.`)
}
