import type { Command } from 'commander'
import { keepServing } from '../keep-serving.ts'
import { addServerOptions, readServerConfig } from '../server-config.ts'
import { readSettings } from '../settings.ts'

/** `writ authority`: the two listeners of the authority in a process of their own. */
export function registerAuthority(authority: Command): void {
  addServerOptions(authority)
  authority.action(start)
}

async function start(_options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { serve } = await import('../../compose.ts')
  await keepServing(
    () => serve(config, ['authority']),
    async ({ api, agents, admin, ownerTokenFile }) => {
      const ready = { api, agents, admin, owner_token_file: ownerTokenFile }
      await output.result(ready, () => `api      ${api}\nagents   ${agents}`)
    },
  )
}
