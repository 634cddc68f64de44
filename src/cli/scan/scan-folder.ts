import type { Report } from '../progress.ts'
import { isOwnKey, openOwnKey } from './own-keys.ts'
import { matchesIn } from './rules.ts'
import { type Passed, passedNothing, textFilesIn } from './walk.ts'

/** Findings that are told one by one; beyond it a tree is not looked through but cleared up. */
const FINDINGS_TOLD = 1_000

/** One likely secret in a file. */
export interface Finding {
  /** From the folder that was looked through. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly what: string
  readonly shown: string
}

/** What a look through a folder came to. */
export interface Scan {
  /** The first thousand, by file and line, at most one a line. */
  readonly findings: readonly Finding[]
  readonly found: number
  /** Files that were looked at. */
  readonly files: number
  /** Keys of Writ that lie where they belong, closed to others. */
  readonly ownKeys: number
  readonly passed: Readonly<Passed>
}

/** Looks through a folder for likely secrets. Reads, and changes nothing. */
export async function scanFolder(
  folder: string,
  skipped: ReadonlySet<string>,
  report: Report,
): Promise<Scan> {
  const passed = passedNothing()
  const findings: Finding[] = []
  let found = 0
  let files = 0
  let ownKeys = 0
  const tell = (finding: Finding) => {
    found += 1
    if (findings.length < FINDINGS_TOLD) findings.push(finding)
  }
  for await (const file of textFilesIn(folder, skipped, passed)) {
    files += 1
    report(files)
    if (isOwnKey(file)) {
      const open = openOwnKey(file)
      if (open === undefined) ownKeys += 1
      else tell(open)
      continue
    }
    for (const finding of linesOf(file.path, file.text)) tell(finding)
  }
  return { findings, found, files, ownKeys, passed }
}

/** The matches of a file by line; of several in one line the first is told. */
function* linesOf(path: string, text: string): Generator<Finding> {
  let line = 1
  // Looked for once for each line: one line of a file may have all of its matches.
  let end = text.indexOf('\n')
  let last = 0
  for (const { offset, what, shown } of matchesIn(path, text)) {
    while (end >= 0 && end < offset) {
      line += 1
      end = text.indexOf('\n', end + 1)
    }
    if (line !== last) yield { file: path, line, what, shown }
    last = line
  }
}
