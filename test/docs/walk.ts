import { setTimeout as delay } from 'node:timers/promises'
import { type Block, treatmentOf, type Walked } from './blocks.ts'
import { type Desk, takeDesk } from './desk.ts'
import { isAsTold } from './expected.ts'
import { type Before, beforeOf } from './readers.ts'
import { openTerminal, type Served, serve, type Terminal } from './terminal.ts'

/** How long a server may take until it has said what it says. */
const READY_MS = 60_000
/** What serves says where it is; a warning or a failure that comes first does not. */
const SAYS_WHERE = /^\S.*https?:\/\//m

/**
 * Does what a reader of a document does, with `bash -euo pipefail` in a folder of its own:
 *
 * - ```` ```sh ```` runs; all blocks of a document are one shell. The first failing command ends it.
 * - ```` ```sh serve ```` runs in a terminal of its own until the document ends; with a name
 *   (`sh serve authority`), until a block serves under the same name.
 * - ```` ```text ```` right after either is what it prints; see `isAsTold`.
 * - ```` ```sh ci ```` is run by .ci/run, ```` ```sh unrun ```` by nobody; see fences.test.ts.
 */
export async function walk(document: Walked): Promise<void> {
  const desk = await takeDesk()
  const servers = new Map<string, Served>()
  const terminal = openTerminal(desk)
  try {
    await lay(beforeOf(document.path), desk, servers, terminal)
    for (const [at, block] of document.blocks.entries()) {
      const next = document.blocks[at + 1]
      const told = block.after === '' && next?.words[0] === 'text' ? next.text : undefined
      await follow(block, told, { desk, servers, terminal, path: document.path })
    }
  } finally {
    await terminal.close()
    await Promise.all([...servers.values()].map((server) => server.stop()))
    desk.clear()
  }
}

interface Place {
  readonly desk: Desk
  readonly servers: Map<string, Served>
  readonly terminal: Terminal
  readonly path: string
}

async function follow(block: Block, told: string | undefined, place: Place): Promise<void> {
  const { desk, servers, terminal } = place
  const name = `${place.path}:${block.line}`.replaceAll('/', '-')
  const commands = desk.ports.here(block.text)
  const treatment = treatmentOf(block)
  if (treatment === 'run') {
    const output = desk.ports.told(await terminal.run(name, commands))
    if (told !== undefined && !isAsTold(output, told))
      throw differs(place.path, block, told, output)
  }
  if (treatment === 'serve') {
    const key = block.words[2] ?? name
    await servers.get(key)?.stop()
    const server = serve(desk, name, commands)
    servers.set(key, server)
    await ready(server, desk, (output) =>
      told === undefined ? SAYS_WHERE.test(output) : isAsTold(output, told),
    ).catch((cause: Error) => {
      throw new Error(`${place.path}:${block.line}: ${cause.message}`, { cause })
    })
  }
}

/** What the reader has before the document begins. */
async function lay(
  before: Before,
  desk: Desk,
  servers: Map<string, Served>,
  terminal: Terminal,
): Promise<void> {
  const { here } = desk.ports
  const env = Object.entries((await before.environment?.(desk)) ?? {})
  if (before.first !== undefined) await terminal.run('before-the-authority', here(before.first))
  if (before.serves !== undefined) {
    const authority = serve(desk, 'authority', here(before.serves))
    servers.set('authority', authority)
    await ready(authority, desk, (output) => output.includes('\n'))
  }
  const exports = env.map(([name, value]) => `export ${name}='${value}'\n`).join('')
  await terminal.run('before', `${exports}${here(before.commands ?? 'true')}\n`)
}

async function ready(
  server: Served,
  desk: Desk,
  isReady: (output: string) => boolean,
): Promise<void> {
  const end = Date.now() + READY_MS
  for (;;) {
    const output = desk.ports.told(server.output())
    if (isReady(output)) return
    if (Date.now() > end) throw new Error(`a server is not ready; it printed:\n${output}`)
    await delay(25)
  }
}

function differs(path: string, block: Block, told: string, output: string): Error {
  return new Error(`${path}:${block.line} says\n${told}\nbut prints\n${output}`)
}
