import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where results lie; documents and plots are made of them and of nothing else. */
const FOLDER = fileURLToPath(new URL('./results/', import.meta.url))

/** Where and how something was measured. */
export interface Circumstances {
  /** The command that repeats it. */
  readonly command: string
  /** Day, UTC. */
  readonly date: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly platform: string
  /** What else the machine did: load of the last minute when the run began. */
  readonly loadBefore: number
  /** Commit of the tree, with `+` when it held more than that. */
  readonly commit: string
}

/** A result as it is kept. */
export interface Kept<T> extends Circumstances {
  readonly data: T
}

const load = loadavg()[0] ?? 0

/** The circumstances of this process. */
export function circumstances(command: string): Circumstances {
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${process.arch}`,
    loadBefore: Number(load.toFixed(2)),
    commit: commit(),
  }
}

/** Keeps a result under its name. */
export function keep(name: string, command: string, data: unknown): void {
  mkdirSync(FOLDER, { recursive: true })
  const kept = { ...circumstances(command), data }
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(kept, null, 2)}\n`)
}

/** A result that was kept, or undefined; its shape is what `keep` was given. */
export function kept<T>(name: string): Kept<T> | undefined {
  const file = join(FOLDER, `${name}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept<T>) : undefined
}

function commit(): string {
  const git = (...words: string[]) => execFileSync('git', words, { encoding: 'utf8' }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', 'src', 'bench')
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
