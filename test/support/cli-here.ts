import { runCommandLine } from '../../src/cli/run.ts'
import type { Ran } from './cli-process.ts'

type Write = typeof process.stdout.write

/**
 * Runs the command in this process, one run at a time: the same as a process of its own but for
 * stdin, which nobody gives it, and without the second that a start takes.
 */
export async function runHere(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const before = { env: process.env, out: process.stdout.write, err: process.stderr.write }
  const said = { out: '', err: '' }
  const into =
    (stream: 'out' | 'err'): Write =>
    (chunk: string | Uint8Array) => {
      said[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
      return true
    }
  process.env = { ...env }
  process.exitCode = undefined
  process.stdout.write = into('out')
  process.stderr.write = into('err')
  try {
    const exit = await runCommandLine(words)
    return { exit, stdout: said.out, stderr: said.err }
  } finally {
    process.env = before.env
    process.stdout.write = before.out
    process.stderr.write = before.err
    process.exitCode = undefined
  }
}
