import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MAIN, READER } from './cli-process.ts'

const DRIVER = fileURLToPath(new URL('terminal.py', import.meta.url))

/** Whether Python is here to hold the other end of a terminal. */
export const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0

/** What a command on a terminal came to; `screen` has all that was ever drawn. */
export interface OnTerminal {
  readonly exit: number
  readonly screen: string
  readonly stdout: string
}

/** Runs the real command on a terminal; each answer is typed once its question is to be read. */
export async function runOnTerminal(
  words: readonly string[],
  given: {
    readonly answers?: readonly (readonly [question: string, keys: string])[]
    readonly env?: NodeJS.ProcessEnv
    readonly columns?: number
    /** Whether stdout is a pipe, and stdin and stderr alone the terminal. */
    readonly piped?: boolean
  } = {},
): Promise<OnTerminal> {
  const { answers = [], env = {}, columns = 100, piped = false } = given
  const child = spawn('python3', [DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const command = [process.execPath, '--import', READER, MAIN, ...words]
  const own = { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env }
  child.stdin.end(JSON.stringify({ words: command, env: own, columns, answers, piped }))
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as OnTerminal
}
