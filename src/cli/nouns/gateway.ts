import type { Command } from 'commander'
import type { Config } from '../../settings/config.ts'
import { addWorkersOption } from '../options.ts'
import { keepServing } from '../serving/keep-serving.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { forWorker } from '../serving/workers.ts'
import { readSettings, type Settings } from '../settings.ts'

/** Where a gateway tells of itself unless told otherwise: it has no other listener for people. */
const ADMIN = { host: '127.0.0.1', port: 9444 } as const

/**
 * `writ gateway`: one more gateway process on the same store and keys folder, or, with
 * `--authority`, one that has neither.
 */
export function registerGateway(gateway: Command): void {
  addWorkersOption(gateway)
  addServerOptions(gateway)
  gateway.action(start)
}

async function start(options: { readonly workers: number }, command: Command): Promise<void> {
  const { output, files } = readSettings(command)
  const config = forWorker(ofGateway(readServerConfig(command), files))
  await keepServing({
    output,
    workers: options.workers,
    async start() {
      if (config.authority.length > 0) {
        const { serveRemoteGateway } = await import('../../compose/gateway.ts')
        return serveRemoteGateway(config)
      }
      const { serve } = await import('../../compose/serve.ts')
      return serve(config, ['gateway'])
    },
    ready: ({ gateway, handles, admin }) => ({
      document: { gateway, handles, admin },
      lines: () =>
        [
          `gateway  ${gateway}`,
          ...(handles === undefined ? [] : [`handles  ${handles}/proxy`]),
          ...(admin === undefined ? [] : [`admin    ${admin}`]),
        ].join('\n'),
    }),
  })
}

/** The settings of a gateway; the flags that name an identity elsewhere name it here as well. */
function ofGateway(config: Config, files: Settings['files']): Config {
  const or = (setting: string, file: string | undefined) =>
    setting === '' ? (file ?? '') : setting
  const admin = config['listeners.admin']
  return {
    ...config,
    'listeners.admin': admin === 'auto' ? ADMIN : admin,
    'gateway.certificate': or(config['gateway.certificate'], files.certificate),
    'gateway.private_key': or(config['gateway.private_key'], files.key),
    'gateway.authority_ca': or(config['gateway.authority_ca'], files.ca),
  }
}
