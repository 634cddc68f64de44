import type { Command } from 'commander'
import { keepRoot } from '../keep-root.ts'
import { keepServing } from '../serving/keep-serving.ts'
import { addPrepareOptions, type PrepareOptions, prepareStore } from '../serving/prepare-store.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { forWorker } from '../serving/workers.ts'
import { readSettings } from '../settings.ts'

/** `writ authority`: the two listeners of the authority without a gateway. */
export function registerAuthority(authority: Command): void {
  addPrepareOptions(authority)
  addServerOptions(authority)
  authority.action(start)
}

async function start(options: PrepareOptions, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { serve } = await import('../../compose/serve.ts')
  await keepServing({
    output,
    workers: options.workers,
    prepare: () => prepareStore(config, options),
    start: () => serve(forWorker(config), ['authority']),
    ready: ({ api, agents, admin, ownerTokenFile, rootPem }) => {
      const ca = keepRoot(config, { rootPem })
      const files = {
        owner_token_file: ownerTokenFile,
        ...(ca === undefined ? {} : { ca_file: ca }),
      }
      const root = ca === undefined ? '' : `\nroot     ${ca}`
      return {
        document: { api, agents, admin, ...files },
        lines: () => `api      ${api}\nagents   ${agents}${root}`,
      }
    },
  })
}
