import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAIN, type Ran, READER, runWrit } from './cli-process.ts'
import { freePorts } from './free-ports.ts'

/** A running `writ serve` in a temporary folder, and the command to speak with it. */
export interface CliServer {
  readonly folder: string
  /** Addresses of its listeners, as the command reads them. */
  readonly env: NodeJS.ProcessEnv
  /** Port of an upstream that answers every request with its method, target and body. */
  readonly upstreamPort: number
  /** Where its listeners are. */
  readonly addresses: { readonly api: string; readonly agents: string; readonly gateway: string }
  /** Runs the command as the owner, with the folder's addresses in the environment. */
  owner(words: readonly string[], stdin?: string): Promise<Ran>
  /** Runs the command as nobody in particular: only `--identity` says who. */
  writ(words: readonly string[], stdin?: string, env?: NodeJS.ProcessEnv): Promise<Ran>
  /** Ends the server with a signal; answers its exit status. */
  end(signal: NodeJS.Signals): Promise<number | null>
  close(): Promise<void>
}

/**
 * Starts it; the route `up` with the resource id `https://gateway.test/up` leads to the upstream.
 * More routes may be given, as TOML, and more words of `writ serve`.
 */
export async function startCliServer(
  moreRoutes = '',
  moreWords: readonly string[] = [],
): Promise<CliServer> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-cli-'))
  const upstream = createServer(async (request, response) => {
    const chunks = await request.toArray()
    response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`)
  })
  const upstreamPort = await portOf(upstream)
  const routes = join(folder, 'routes.toml')
  const route = `upstream = "http://127.0.0.1:${upstreamPort}"\nresource = "https://gateway.test/up"`
  await writeFile(routes, `[[route]]\nname = "up"\n${route}\n${moreRoutes}`)
  const [api, agents, gateway] = await freePorts(3)
  const env = {
    PATH: process.env['PATH'],
    WRIT_ADDR: `http://127.0.0.1:${api}`,
    WRIT_AGENTS_ADDR: `https://127.0.0.1:${agents}`,
    WRIT_GATEWAY_ADDR: `https://127.0.0.1:${gateway}`,
  }
  const words = [
    ...['serve', '--json', '--routes', routes, '--log-level', 'warn'],
    ...['--data-dir', join(folder, 'data'), '--keys-dir', join(folder, 'keys')],
    ...['--api', `127.0.0.1:${api}`, '--agents', `127.0.0.1:${agents}`],
    ...['--gateway', `127.0.0.1:${gateway}`, ...moreWords],
  ]
  const child = spawn(process.execPath, ['--import', READER, MAIN, ...words], { env })
  const exited = once(child, 'exit') as Promise<[number | null]>
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  const ready = (await Promise.race([
    once(child.stdout, 'data'),
    exited.then(([code]) => Promise.reject(new Error(`writ serve ended with ${code}: ${said}`))),
  ])) as [Buffer]
  const { owner_token_file: file } = JSON.parse(ready[0].toString('utf8')) as {
    readonly owner_token_file: string
  }
  const run =
    (extra: NodeJS.ProcessEnv) =>
    (line: readonly string[], stdin?: string, more: NodeJS.ProcessEnv = {}) =>
      runWrit(line, {
        env: { ...env, ...extra, ...more },
        ...(stdin === undefined ? {} : { stdin }),
      })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return (await exited)[0]
  }
  return {
    folder,
    env,
    upstreamPort,
    addresses: {
      api: env.WRIT_ADDR,
      agents: env.WRIT_AGENTS_ADDR,
      gateway: env.WRIT_GATEWAY_ADDR,
    },
    owner: run({ WRIT_TOKEN_FILE: file }),
    writ: run({}),
    end,
    async close() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGKILL')
      upstream.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
