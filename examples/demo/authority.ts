import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandProcess, startCommand } from './child.ts'
import type { Endings } from './endings.ts'
import { freePorts } from './free-ports.ts'

const LISTENERS = ['api', 'agents', 'gateway', 'handles'] as const
type Listener = (typeof LISTENERS)[number]

/** What `writ serve --json` says once every listener is open. */
interface Ready {
  readonly api: string
  readonly agents: string
  readonly gateway: string
  readonly handles: string
  readonly owner_token_file: string
}

/** The authority with its gateway, as one process that can be crashed and started again. */
export interface Authority {
  readonly addresses: Pick<Ready, Listener>
  /** The first owner's token. */
  readonly token: string
  /** Kills the process and starts it again on the same data, keys and ports. */
  crashAndRestart(): Promise<void>
  /** Ends the process and starts it again in the same way, with these settings from then on. */
  restart(settings: Readonly<Record<string, string>>): Promise<void>
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
  const ports = await freePorts(LISTENERS.length)
  const listeners = LISTENERS.flatMap((name, at) => [`--${name}`, `127.0.0.1:${ports[at]}`])
  let settings: Readonly<Record<string, string>> = {
    WRIT_ISSUER: 'https://authority.demo.example',
    WRIT_TRUST_DOMAIN: 'demo.writ',
  }
  const start = () => startCommand([...common, ...listeners], settings, endings)
  let running: CommandProcess = start()
  let before = ''
  const { owner_token_file: file, ...addresses } = readReady(await running.firstLine)
  const startAgain = async () => {
    before += running.said()
    running = start()
    readReady(await running.firstLine)
  }
  return {
    addresses,
    token: (await readFile(file, 'utf8')).trim(),
    async crashAndRestart() {
      await running.crash()
      await startAgain()
    },
    async restart(more) {
      settings = { ...settings, ...more }
      await running.stop()
      await startAgain()
    },
    said: () => before + running.said(),
  }
}

/** Throws with what it said when it did not get ready. */
function readReady(line: string): Ready {
  const said = JSON.parse(line) as Ready | { readonly error: string; readonly detail: string }
  if ('error' in said) throw new Error(`writ serve: ${said.detail}`)
  return said
}
