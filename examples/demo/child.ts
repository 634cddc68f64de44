import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Endings } from './endings.ts'
import type { Envelope, Order, Replies, Reply } from './orders.ts'

const STOP_AFTER_MS = 3_000

/** An agent in its own process. */
export interface AgentProcess {
  readonly name: string
  readonly uri: string
  /** Throws when the process could not do it; a refusal of the service is an answer. */
  order<O extends Order>(order: O): Promise<Replies[O['op']]>
}

/** Starts an agent process that answers orders over its channel. */
export function startAgent(name: string, uri: string, endings: Endings): AgentProcess {
  const child = forkBeside('agent.ts', endings)
  const waiting = new Map<number, (reply: Reply) => void>()
  let orders = 0
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id)
  })
  child.on('exit', (code) => {
    for (const [id, answer] of waiting) answer({ id, error: `${name} has ended (${code})` })
    waiting.clear()
  })
  return {
    name,
    uri,
    async order<O extends Order>(order: O): Promise<Replies[O['op']]> {
      const id = orders
      orders += 1
      const reply = await new Promise<Reply>((resolve) => {
        waiting.set(id, resolve)
        child.send({ id, order } satisfies Envelope, (error) => {
          if (error !== null) resolve({ id, error: error.message })
        })
      })
      if ('error' in reply) throw new Error(`${name}: ${reply.error}`)
      return reply.value as Replies[O['op']]
    },
  }
}

/** The upstream in its own process. */
export interface UpstreamProcess {
  readonly port: number
  /** From then on what is private takes this key and no other. */
  demand(key: string): Promise<void>
}

/** Starts the upstream; answers once it listens. */
export async function startUpstream(endings: Endings): Promise<UpstreamProcess> {
  const child = forkBeside('upstream.ts', endings)
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
  return {
    port,
    async demand(key) {
      const taken = once(child, 'message')
      child.send({ key })
      await taken
    },
  }
}

/** The `writ` command as a process of its own, with everything it says on both streams. */
export interface CommandProcess {
  /** The first line of stdout; throws with what was said when the process ends before it. */
  readonly firstLine: Promise<string>
  /** All output so far, to be searched for what must not be in it (I12). */
  said(): string
  /** Tells it to end, and waits. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  crash(): Promise<void>
}

/** Runs `writ` with these words and variables. */
export function startCommand(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  endings: Endings,
): CommandProcess {
  const child = spawnCommand(words, env)
  endings.add(() => stopProcess(child))
  let out = ''
  let all = ''
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
      const end = out.indexOf('\n')
      if (end !== -1) resolve(out.slice(0, end))
    })
    child.once('exit', (code) => reject(new Error(`writ ended with ${code}: ${all}`)))
  })
  firstLine.catch(() => undefined)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      all += chunk.toString('utf8')
    })
  }
  return {
    firstLine,
    said: () => all,
    stop: () => stopProcess(child),
    crash: () => stopProcess(child, 'SIGKILL'),
  }
}

/** Runs `writ` to its end; answers what it printed on stdout. Throws unless it ended with 0. */
export async function runCommand(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawnCommand(words, env)
  const chunks: Buffer[] = []
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return Buffer.concat(chunks).toString('utf8')
  throw new Error(`writ ${words.join(' ')} ended with ${code}: ${Buffer.concat(said)}`)
}

function spawnCommand(words: readonly string[], env: Readonly<Record<string, string>>) {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  // Settings of whoever runs this, a database among them, are not for a demo.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('WRIT_'))
  return spawn(process.execPath, [...process.execArgv, main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), ...env },
  })
}

function forkBeside(file: string, endings: Endings): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)))
  endings.add(() => stopProcess(child))
  return child
}

/** Ends a process and waits for it; one that does not go by itself is killed. */
async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS)
  await gone
  clearTimeout(timer)
}
