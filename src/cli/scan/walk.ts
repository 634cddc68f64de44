import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'

/** A larger file is data; one that people or tools keep secrets in is not. */
export const SCANNED_BYTES = 4 * 1024 * 1024
/** A NUL so early means that it is no text; git looks as far. */
const LOOKED_AT_FOR_NUL = 8_000
/** How long the walk keeps the process to itself, so that progress is drawn. */
const STRETCH_MS = 50

const NOT_ENTERED: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', '.hg', '.svn'],
  ...['.venv', 'venv', '__pycache__', '.tox'],
])

/** One file of text. */
export interface TextFile {
  /** From the folder that is walked, with forward slashes. */
  readonly path: string
  /** The bytes as Latin-1: what is looked for is ASCII, and lines are counted alike. */
  readonly text: string
  readonly mode: number
  /** The names beside it, itself among them. */
  readonly beside: ReadonlySet<string>
}

/** What was not looked at, by why. */
export interface Passed {
  binary: number
  large: number
  links: number
  unreadable: number
  folders: number
}

/** Nothing passed yet. */
export const passedNothing = (): Passed => ({
  ...{ binary: 0, large: 0, links: 0, unreadable: 0, folders: 0 },
})

/**
 * The files of text below a folder, by name. Follows no link and opens nothing but plain files, so
 * it never leaves the folder and never waits for a pipe. Holds one file and the names of the
 * folders it is in, however large the tree; `.git` is entered for its settings alone.
 */
export async function* textFilesIn(
  folder: string,
  skipped: ReadonlySet<string>,
  passed: Passed,
): AsyncGenerator<TextFile> {
  const buffer = Buffer.allocUnsafeSlow(SCANNED_BYTES + 1)
  const waiting: { path: string; entries: Dirent[]; names: ReadonlySet<string> }[] = []
  const enter = (path: string) => {
    const entries = entriesOf(join(folder, path), passed)
    const names = new Set(entries.map(({ name }) => name))
    waiting.push({ path, entries: entries.reverse(), names })
  }
  enter('')
  let since = performance.now()
  for (let place = waiting.at(-1); place !== undefined; place = waiting.at(-1)) {
    if (performance.now() - since > STRETCH_MS) {
      await breathe()
      since = performance.now()
    }
    const entry = place.entries.pop()
    if (entry === undefined) {
      waiting.pop()
      continue
    }
    const path = place.path === '' ? entry.name : `${place.path}/${entry.name}`
    if (skipped.has(path)) passed.folders += 1
    else if (entry.isSymbolicLink()) passed.links += 1
    else if (entry.isDirectory()) {
      if (NOT_ENTERED.has(entry.name)) passed.folders += 1
      else enter(path)
    } else if (entry.isFile()) {
      const read = readText(join(folder, path), buffer, passed)
      if (read !== undefined) yield { path, ...read, beside: place.names }
    }
  }
}

function entriesOf(folder: string, passed: Passed): Dirent[] {
  try {
    const all = readdirSync(folder, { withFileTypes: true })
    const git = folder.endsWith('/.git')
    const entries = git ? all.filter(({ name }) => name === 'config') : all
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    passed.unreadable += 1
    return []
  }
}

function readText(
  path: string,
  buffer: Buffer,
  passed: Passed,
): { readonly text: string; readonly mode: number } | undefined {
  let file: number | undefined
  try {
    // A pipe or a link may have taken the place of the file meanwhile.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = fstatSync(file)
    if (!status.isFile()) return undefined
    return textOf(file, status, buffer, passed)
  } catch {
    passed.unreadable += 1
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function textOf(file: number, { size, mode }: Stats, buffer: Buffer, passed: Passed) {
  if (size > SCANNED_BYTES) {
    passed.large += 1
    return undefined
  }
  let length = 0
  for (let more = -1; more !== 0 && length < buffer.length; length += more) {
    more = readSync(file, buffer, length, buffer.length - length, null)
  }
  const bytes = buffer.subarray(0, length)
  if (bytes.subarray(0, LOOKED_AT_FOR_NUL).includes(0)) {
    passed.binary += 1
    return undefined
  }
  return { text: bytes.toString('latin1'), mode }
}
