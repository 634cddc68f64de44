import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandProcess, startCommand } from './child.ts'
import type { Endings } from './endings.ts'

/** What `writ serve --json` says once every listener is open. */
interface Ready {
  readonly api: string
  readonly agents: string
  readonly gateway: string
  readonly owner_token_file: string
}

/** The authority with its gateway, as one process that can be crashed and started again. */
export interface Authority {
  readonly addresses: Pick<Ready, 'api' | 'agents' | 'gateway'>
  /** The first owner's token. */
  readonly token: string
  /** Kills the process and starts it again on the same data, keys and ports. */
  restart(): Promise<void>
  /** Everything every process so far has written. */
  said(): string
}

/** Starts it on fresh folders inside `folder`, with the routes given in TOML. */
export async function startAuthority(
  folder: string,
  routes: string,
  endings: Endings,
): Promise<Authority> {
  const routesFile = join(folder, 'routes.toml')
  await writeFile(routesFile, routes)
  const common = [
    ...['serve', '--json', '--routes', routesFile],
    ...['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')],
  ]
  const settings = { WRIT_ISSUER: 'https://authority.demo.example', WRIT_TRUST_DOMAIN: 'demo.writ' }
  const start = (api: string, agents: string, gateway: string) =>
    startCommand(
      [...common, '--api', api, '--agents', agents, '--gateway', gateway],
      settings,
      endings,
    )
  const anyPort = '127.0.0.1:0'
  let running: CommandProcess = start(anyPort, anyPort, anyPort)
  let before = ''
  const { owner_token_file: file, ...addresses } = JSON.parse(await running.firstLine) as Ready
  const host = (address: string) => new URL(address).host
  return {
    addresses,
    token: (await readFile(file, 'utf8')).trim(),
    async restart() {
      await running.crash()
      before += running.said()
      const { api, agents, gateway } = addresses
      running = start(host(api), host(agents), host(gateway))
      await running.firstLine
    },
    said: () => before + running.said(),
  }
}
