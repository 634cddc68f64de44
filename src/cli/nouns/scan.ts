import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import { gathered } from '../options.ts'
import { EXIT, usage } from '../outcome.ts'
import { type Output, printableLine } from '../output.ts'
import { withProgress } from '../progress.ts'
import { type Scan, scanFolder } from '../scan/scan-folder.ts'
import { SCANNED_BYTES } from '../scan/walk.ts'
import { readSettings } from '../settings.ts'

/** What no look through a folder tells. */
const NOT_SEEN = [
  'what older commits of git have',
  'archives, databases and other files that are no text',
  'secrets without a known form or place, such as a password in a program',
] as const

/** `writ scan`: keys that others left in a folder. Asks nobody, sends nothing. */
export function registerScan(scan: Command): void {
  scan
    .argument('[folder]', 'the folder; this one unless said')
    .option('--skip <path>', 'file or folder in it to leave out; may be given again', gathered)
    .action(look)
}

async function look(
  given: string | undefined,
  options: { readonly skip?: readonly string[] },
  command: Command,
): Promise<void> {
  const { output } = readSettings(command)
  const folder = folderOf(given ?? '.')
  const skipped = new Set((options.skip ?? []).map((path) => path.replace(/^\.\/|\/+$/g, '')))
  const scan = await withProgress(output, 'looking through files', (report) =>
    scanFolder(folder, skipped, report),
  )
  const ok = scan.found === 0
  await output.result({ ok, ...scan, not_seen: NOT_SEEN }, () => textOf(scan, output))
  if (!ok) process.exitCode = EXIT.failure
}

/** The folder itself, also behind a link: what is in it is judged, not how it was called. */
function folderOf(name: string): string {
  try {
    const folder = realpathSync(name)
    const isFolder = statSync(folder).isDirectory()
    // What can not be listed is not clean.
    if (isFolder) accessSync(folder, constants.R_OK | constants.X_OK)
    if (isFolder) return folder
  } catch (cause) {
    throw usage(`Cannot read ${name}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.`)
  }
  throw usage(`${name} is not a folder.`)
}

function textOf(scan: Scan, { paint }: Output): string {
  const { findings, found, files, ownKeys, passed } = scan
  const lines = findings.map(({ file, line, what, shown }) => {
    const place = paint('bold', `${printableLine(file)}:${line}`)
    return `${place}  ${printableLine(what)}  ${paint('dim', printableLine(shown))}`
  })
  const more = found - findings.length
  const left = [
    [passed.binary, 'no text'],
    [passed.large, `larger than ${SCANNED_BYTES / 1024 ** 2} MiB`],
    [passed.links, 'links'],
    [passed.unreadable, 'not readable'],
    [passed.folders, 'skipped'],
  ] as const
  const told = left.flatMap(([count, why]) => (count === 0 ? [] : [`${count} ${why}`]))
  return [
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    `${found === 0 ? 'Nothing' : found} found in ${files} ${files === 1 ? 'file' : 'files'}.`,
    ...(ownKeys === 0 ? [] : [`Keys of Writ, closed to others: ${ownKeys}.`]),
    ...(told.length === 0 ? [] : [`Not looked at: ${told.join(', ')}.`]),
    `Not seen: ${NOT_SEEN.join('; ')}.`,
  ].join('\n')
}
