import type { Command } from 'commander'
import { keepServing } from '../keep-serving.ts'
import { addServerOptions, readServerConfig } from '../server-config.ts'
import { readSettings } from '../settings.ts'

/** `writ gateway`: one more gateway process on the same data and keys folders. */
export function registerGateway(gateway: Command): void {
  addServerOptions(gateway)
  gateway.action(start)
}

async function start(_options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { serve } = await import('../../compose.ts')
  await keepServing(
    () => serve(config, ['gateway']),
    async ({ gateway }) => output.result({ gateway }, () => `gateway  ${gateway}`),
  )
}
