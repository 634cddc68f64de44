import type { Command } from 'commander'
import { CommandFailure, EXIT } from '../outcome.ts'
import { withProgress } from '../progress.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { readSettings } from '../settings.ts'

/** `writ migrate`: makes or renews the tables of the configured database, and ends. */
export function registerMigrate(migrate: Command): void {
  addServerOptions(migrate)
  migrate.action(run)
}

async function run(_options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { migrateStore } = await import('../../compose/serve.ts')
  const work = () => migrateStore(config)
  await withProgress(output, 'Bringing the tables to this version', work).catch(
    (cause: unknown) => {
      const sentence = cause instanceof Error ? cause.message : String(cause)
      throw new CommandFailure(EXIT.failure, sentence)
    },
  )
  await output.result({ migrated: true }, () => 'The tables are those of this version.')
}
