import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type CommandProcess, startCommand } from './child.ts'

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
  stop(): Promise<void>
}

/** Starts it on fresh folders inside `folder`, with the routes given in TOML. */
export async function startAuthority(folder: string, routes: string): Promise<Authority> {
  const routesFile = join(folder, 'routes.toml')
  await writeFile(routesFile, routes)
  const common = [
    ...['serve', '--json', '--routes', routesFile],
    ...['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')],
  ]
  const settings = { WRIT_ISSUER: 'https://authority.demo.example', WRIT_TRUST_DOMAIN: 'demo.writ' }
  const start = (api: string, agents: string, gateway: string) =>
    startCommand([...common, '--api', api, '--agents', agents, '--gateway', gateway], settings)
  const [api = '', agents = '', gateway = ''] = await freeHosts(3)
  let running: CommandProcess = start(api, agents, gateway)
  let before = ''
  try {
    const { owner_token_file: file, ...addresses } = JSON.parse(await running.firstLine) as Ready
    const token = (await readFile(file, 'utf8')).trim()
    return {
      addresses,
      token,
      async restart() {
        await running.crash()
        before += running.said()
        running = start(api, agents, gateway)
        await running.firstLine
      },
      said: () => before + running.said(),
      stop: () => running.stop(),
    }
  } catch (error) {
    await running.stop()
    throw error
  }
}

/**
 * Addresses whose ports the system chose and nobody holds. The gateway has to know its own before it
 * starts, because requests name it, and a restart has to find the same ones.
 */
async function freeHosts(count: number): Promise<readonly string[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const hosts: string[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address !== 'string') hosts.push(`127.0.0.1:${address.port}`)
  }
  for (const server of servers) {
    server.close()
    await once(server, 'close')
  }
  return hosts
}
