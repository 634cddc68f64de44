import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Desk } from './desk.ts'

/** One shell in which blocks run one after the other; it ends at the first command that fails. */
export interface Terminal {
  /** Runs one block; answers what it printed, or throws with it. */
  run(name: string, commands: string): Promise<string>
  close(): Promise<void>
}

/** A process that serves until it is stopped. */
export interface Served {
  /** What it printed so far. */
  output(): string
  stop(): Promise<void>
}

const STRICT = ['--noprofile', '--norc', '-euo', 'pipefail']
/** Waits for the name of a block, runs it, tells that it is done; a failure ends the shell. */
const READER = 'while read -r -u 4 block; do source "$block" 3>&- 4<&-; echo >&3; done'

/** Opens one in the reader's folder. */
export function openTerminal(desk: Desk): Terminal {
  const log = logOf(desk, 'terminal')
  const file = openSync(log, 'a')
  const shell = spawn('bash', [...STRICT, '-c', READER], {
    cwd: desk.folder,
    env: desk.env,
    stdio: ['ignore', file, file, 'pipe', 'pipe'],
    detached: true,
  })
  closeSync(file)
  const exited = once(shell, 'exit').then(([code]) => code as number | null)
  const done = shell.stdio[3] as Readable
  const ask = shell.stdio[4] as Writable
  let seen = 0
  return {
    async run(name, commands) {
      const block = logOf(desk, `${name}.sh`)
      writeFileSync(block, commands)
      ask.write(`${block}\n`)
      const status = await Promise.race([once(done, 'data').then(() => undefined), exited])
      const all = readFileSync(log)
      const output = all.subarray(seen).toString('utf8')
      seen = all.length
      if (status !== undefined) {
        throw new Error(`${name} ended with ${status}.\n${commands}\nprinted:\n${output}`)
      }
      return output
    },
    close: () => endGroup(shell, exited, 'SIGTERM'),
  }
}

/** Starts what serves in a terminal of its own. */
export function serve(desk: Desk, name: string, commands: string): Served {
  const log = logOf(desk, `${name}.log`)
  const file = openSync(log, 'w')
  const block = logOf(desk, `${name}.sh`)
  writeFileSync(block, commands)
  const server = spawn('bash', [...STRICT, block], {
    cwd: desk.folder,
    env: desk.env,
    stdio: ['ignore', file, file],
    detached: true,
  })
  closeSync(file)
  const exited = once(server, 'exit').then(([code]) => code as number | null)
  return {
    output() {
      const said = readFileSync(log, 'utf8')
      if (server.exitCode === null) return said
      throw new Error(`${name} ended with ${server.exitCode}.\n${commands}\nprinted:\n${said}`)
    },
    stop: () => endGroup(server, exited, 'SIGINT'),
  }
}

/** Ends a shell and everything it started. */
async function endGroup(
  shell: ChildProcess,
  exited: Promise<number | null>,
  signal: NodeJS.Signals,
): Promise<void> {
  const group = -(shell.pid ?? 0)
  if (group === 0) return
  const send = (what: NodeJS.Signals | 0) => {
    try {
      return process.kill(group, what)
    } catch {
      return false
    }
  }
  send(signal)
  const patience = AbortSignal.timeout(10_000)
  while (send(0) && !patience.aborted) await delay(25)
  send('SIGKILL')
  await exited
}

function logOf(desk: Desk, name: string): string {
  const folder = join(desk.folder, '.walk')
  mkdirSync(folder, { recursive: true })
  return join(folder, name)
}
