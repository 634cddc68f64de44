import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Serving } from '../../compose.ts'
import { keepServing } from '../keep-serving.ts'
import { addServerOptions, readServerConfig } from '../server-config.ts'
import { readSettings } from '../settings.ts'

/** `writ serve`: the authority and its gateway in one process, until it is told to stop. */
export function registerServe(serve: Command): void {
  serve.option('--dev', 'print the owner token and how to go on; for this machine alone')
  serve.option(
    '--accept-rollback',
    'serve a store that is older than its last checkpoint; voids every outstanding token',
  )
  serve.option('--migrate', 'bring the tables of the database to this version first')
  addServerOptions(serve)
  serve.action(start)
}

async function start(
  options: { readonly dev?: true; readonly acceptRollback?: true; readonly migrate?: true },
  command: Command,
): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { acceptStoreRollback, migrateStore, serve } = await import('../../compose.ts')
  await keepServing(
    async () => {
      if (options.migrate === true) await migrateStore(config)
      if (options.acceptRollback === true) await acceptStoreRollback(config)
      return serve(config)
    },
    async (serving) => {
      const { api, agents, gateway, admin, ownerTokenFile } = serving
      const ready = { api, agents, gateway, admin, owner_token_file: ownerTokenFile }
      await output.result(ready, () => (options.dev === true ? devText(serving) : text(serving)))
    },
  )
}

function text({ api, agents, gateway, ownerTokenFile }: Serving): string {
  return [
    `api      ${api}`,
    `agents   ${agents}`,
    `gateway  ${gateway}`,
    `The first owner's token is in ${ownerTokenFile}.`,
  ].join('\n')
}

/** What a first hour needs, to be copied. The token is printed only here, because of --dev. */
function devText(serving: Serving): string {
  return [
    'Writ runs for development: this terminal now shows the owner token.',
    '',
    `export WRIT_ADDR=${serving.api}`,
    `export WRIT_AGENTS_ADDR=${serving.agents}`,
    `export WRIT_GATEWAY_ADDR=${serving.gateway}`,
    `export WRIT_TOKEN=${ownerToken(serving.ownerTokenFile)}`,
    '',
    'Next, in another terminal:',
    '  writ agent add planner --contract contract.json',
    '  writ doctor',
  ].join('\n')
}

/** The first owner's token; an operator may have taken its file away, as one should. */
function ownerToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return `(${file} is not there any more)`
  }
}
