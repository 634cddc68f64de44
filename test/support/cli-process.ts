import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What one run of the command came to. */
export interface Ran {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The entry of the command, as a source file. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** What lets Node read it, wherever the command is started from or starts itself again. */
export const READER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** Runs the real `writ` command as a process, with nothing of this environment but the path. */
export async function runWrit(
  words: readonly string[],
  given: { readonly stdin?: string | Uint8Array; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', READER, MAIN, ...words], {
    env: { PATH: process.env['PATH'], ...given.env },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(given.stdin ?? '')
  const [exit] = (await once(child, 'close')) as [number | null]
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8')
  return { exit, stdout: text(out), stderr: text(err) }
}
