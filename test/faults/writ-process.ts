import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../support/free-ports.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const READY_MS = 60_000
/** Of the workers of a process, each has its own port of `admin`, one after the other. */
const WORKERS_MOST = 4

/** The listeners of a command, in the words of its flags. */
type Listener = 'api' | 'agents' | 'gateway' | 'admin'

const LISTENERS: Readonly<Record<ProcessOrder['command'], readonly Listener[]>> = {
  serve: ['api', 'agents', 'gateway'],
  authority: ['api', 'agents'],
  gateway: ['gateway', 'admin'],
}

/** One real `writ` process that can be killed, paused and started again where it was. */
export interface WritProcess {
  /** Addresses and files as it told them when it was ready; the same after every restart. */
  readonly said: Readonly<Record<string, string>>
  readonly pid: number | undefined
  /** What it has written to stderr, the last megabyte of it: its log. */
  log(): string
  /** SIGKILL, and the wait for it. */
  kill(): Promise<void>
  /** SIGTERM; answers the exit status when it has ended. */
  end(): Promise<number | null>
  /** Starts it anew on the ports it had; throws with its complaint when it does not come up. */
  restart(): Promise<void>
  /** SIGSTOP or SIGCONT. Stopped, it keeps its connections and answers nothing. */
  stop(): void
  go(): void
}

/** How a process is started. */
export interface ProcessOrder {
  readonly command: 'serve' | 'authority' | 'gateway'
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Starts one on free ports and waits until it is ready. */
export async function startWrit(order: ProcessOrder): Promise<WritProcess> {
  const listeners = LISTENERS[order.command]
  const free = await freePorts(WORKERS_MOST * listeners.length)
  const ports = listeners.flatMap((name, at) => [
    `--${name}`,
    `127.0.0.1:${free[WORKERS_MOST * at]}`,
  ])
  let { child, said, log } = await start(order, ports)
  return {
    said,
    get pid() {
      return child.pid
    },
    log: () => log(),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    async end() {
      const gone = once(child, 'exit') as Promise<[number | null]>
      child.kill('SIGTERM')
      return (await gone)[0]
    },
    async restart() {
      ;({ child, said, log } = await start(order, ports))
    },
    stop: () => void child.kill('SIGSTOP'),
    go: () => void child.kill('SIGCONT'),
  }
}

async function start(
  { command, words, env }: ProcessOrder,
  ports: readonly string[],
): Promise<{ child: ChildProcess; said: Record<string, string>; log: () => string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, command, ...words, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  })
  // A test whose start failed half way ends what it had started, too.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1_000_000)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const { value, done } = await first
  clearTimeout(timer)
  const said = done === true ? undefined : (JSON.parse(value) as Record<string, string>)
  if (said === undefined || 'error' in said) {
    throw new Error(`writ ${command} did not start: ${complaint.slice(-2_000)}`)
  }
  return { child, said, log: () => complaint }
}
