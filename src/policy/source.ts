import { type FSWatcher, watch } from 'node:fs'
import type { EpochSeconds } from '../domain/time.ts'
import {
  type FolderRules,
  type PassedOver,
  type ReadFolder,
  readPolicyFolder,
  unexpected,
} from './read-folder.ts'
import type { Problem } from './rule.ts'
import type { PolicySet } from './set.ts'

/** Editors write more than once, and rename: changes are read when it has been quiet so long. */
const QUIET_MS = 50
/** Where nobody tells of changes (network file systems, folders that were replaced), we look. */
const POLL_MS = 2_000

/** The set in force, and what became of the last attempt to read another. */
export interface PolicySource {
  current(): PolicySet
  loadedAt(): EpochSeconds
  /** What is wrong with the folder as it is now; empty while the set in force is what it says. */
  problems(): readonly Problem[]
  /** Calls the listener whenever another set has come into force; answers how to stop that. */
  onChange(listener: () => void): () => void
}

/** A source that follows a folder. */
export interface WatchedPolicies extends PolicySource {
  /** Looks at the folder now. */
  reload(): Promise<void>
  close(): Promise<void>
}

/** Who is told of what came of reading the folder again. */
export interface PolicyNews {
  readonly loaded: (set: PolicySet) => void
  readonly refused: (problems: readonly Problem[]) => void
  /** Names that are not read though they are not hidden; with each set, and when they change. */
  readonly passedOver?: (names: readonly PassedOver[]) => void
}

/** The problems of a set that could not be used at all. */
export class PolicyFault extends Error {
  readonly problems: readonly Problem[]

  constructor(folder: string, problems: readonly Problem[]) {
    super(`policy_dir: ${problems.map((problem) => problemText(folder, problem)).join('\n')}`)
    this.name = 'PolicyFault'
    this.problems = problems
  }
}

/** `folder/file:line: reason`. */
export function problemText(folder: string, { file, line, reason }: Problem): string {
  return file === '' ? `${folder}: ${reason}` : `${folder}/${file}:${line}: ${reason}`
}

/**
 * Reads a folder and follows its changes without a restart (CDP-41). A set with a problem never
 * comes into force: the one before stays, and says so. Throws a PolicyFault when there is none
 * before.
 */
export async function watchPolicies(
  folder: string,
  options: FolderRules & {
    readonly now: () => EpochSeconds
    readonly news: PolicyNews
    readonly pollMs?: number
  },
): Promise<WatchedPolicies> {
  const first = await readPolicyFolder(folder, options)
  if (!first.ok) throw new PolicyFault(folder, first.problems)
  let set = first.set
  let loadedAt = options.now()
  let problems: readonly Problem[] = []
  const listeners = new Set<() => void>()
  const tellPassedOver = passedOverTeller(options.news)
  tellPassedOver(first, true)

  const take = (read: ReadFolder): void => {
    tellPassedOver(read, read.ok && read.set.version !== set.version)
    if (read.ok) {
      const isOther = read.set.version !== set.version
      const wasRefused = problems.length > 0
      problems = []
      if (isOther) {
        set = read.set
        loadedAt = options.now()
      }
      if (isOther || wasRefused) options.news.loaded(set)
      if (isOther) for (const listener of listeners) listener()
      return
    }
    const isNews = JSON.stringify(read.problems) !== JSON.stringify(problems)
    problems = read.problems
    if (isNews) options.news.refused(problems)
  }
  const follower = follow(folder, options.pollMs ?? POLL_MS, async () =>
    take(await readPolicyFolder(folder, options)),
  )
  return {
    current: () => set,
    loadedAt: () => loadedAt,
    problems: () => problems,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reload: follower.run,
    close: follower.close,
  }
}

/** Tells of what is not read, once for each set and for each change in what it is. */
function passedOverTeller({ passedOver }: PolicyNews) {
  let told = '[]'
  return ({ names }: ReadFolder, isOther: boolean): void => {
    const found = unexpected(names)
    const text = JSON.stringify(found)
    if (found.length > 0 && (isOther || text !== told)) passedOver?.(found)
    told = text
  }
}

/** Runs the work soon after every change and now and then besides; one run at a time, in order. */
function follow(folder: string, pollMs: number, work: () => Promise<void>) {
  let last: Promise<void> = Promise.resolve()
  let quiet: NodeJS.Timeout | undefined
  const run = (): Promise<void> => {
    last = last.then(work)
    return last
  }
  let watcher = watcherOf(folder, soon)
  function soon(): void {
    clearTimeout(quiet)
    quiet = setTimeout(() => void run(), QUIET_MS)
    quiet.unref()
  }
  const poll = setInterval(() => {
    watcher ??= watcherOf(folder, soon)
    void run()
  }, pollMs)
  poll.unref()
  return {
    run,
    close: async (): Promise<void> => {
      clearInterval(poll)
      clearTimeout(quiet)
      watcher?.close()
      watcher = undefined
      await last
    },
  }
}

/** A watcher that fails is no loss: the poll goes on. */
function watcherOf(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, changed)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
