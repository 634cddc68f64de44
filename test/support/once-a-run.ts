import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const LOOK_MS = 200

interface Outcome<T> {
  readonly value?: T
  readonly fault?: string
}

/**
 * Makes something for all files of a test run, which are processes of their own: the first that
 * asks makes it, the others wait for what it came to. What it is has to fit JSON.
 */
export async function onceARun<T>(name: string, make: () => Promise<T>): Promise<T> {
  const told = join(tmpdir(), `${name}.told`)
  if (first(join(tmpdir(), `${name}.lock`))) {
    const outcome: Outcome<T> = await make().then(
      (value) => ({ value }),
      (fault: unknown) => ({ fault: fault instanceof Error ? (fault.stack ?? '') : String(fault) }),
    )
    writeFileSync(`${told}.new`, JSON.stringify(outcome))
    renameSync(`${told}.new`, told)
  }
  while (!existsSync(told)) await wait(LOOK_MS)
  const { value, fault } = JSON.parse(readFileSync(told, 'utf8')) as Outcome<T>
  if (fault !== undefined) throw new Error(`${name}: ${fault}`)
  return value as T
}

function first(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}
