import { createWriteStream, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { createClient } from '../../client/client.ts'
import { granted } from '../ask.ts'
import { tailTrail } from '../audit/tail.ts'
import { verifyExportFile, verifyOnServer } from '../audit/verify.ts'
import { count } from '../options.ts'
import { EXIT } from '../outcome.ts'
import { withProgress } from '../progress.ts'
import { readSettings } from '../settings.ts'
import { registerSearch } from './audit-search.ts'

/** `writ audit`: read the record of every decision, take it out, and see that it is whole. */
export function registerAudit(audit: Command): void {
  audit
    .command('tail')
    .description('the newest records; one JSON document a line with --json')
    .option('--lines <n>', 'how many to begin with', count, 20)
    .option('--follow', 'and those that come')
    .action(tail)
  registerSearch(audit)
  audit
    .command('verify [file]')
    .description('verify the trail on the server, or an export without it (- for stdin)')
    .option('--jwks <file>', 'keys to hold the checkpoints of an export against')
    .action(verify)
  audit
    .command('export')
    .description('the whole trail as JSON Lines')
    .option('--out <file>', 'into a file of mode 0600')
    .action(exportTrail)
}

async function tail(
  options: { readonly lines: number; readonly follow?: true },
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const client = createClient(settings.bearer())
  try {
    await tailTrail(client, output, options.lines, options.follow === true)
  } finally {
    await client.close()
  }
}

async function verify(
  file: string | undefined,
  options: { readonly jwks?: string },
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const found = await withProgress(output, 'Verifying the trail', (report) =>
    file === undefined
      ? verifyOnServer(settings.bearer())
      : verifyExportFile(file, options.jwks, report),
  )
  await output.result(found.document, () => found.sentence)
  if (!found.ok) process.exitCode = EXIT.failure
}

async function exportTrail(options: { readonly out?: string }, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const client = createClient(settings.bearer())
  try {
    const body = granted(await client.stream('/v1/audit/export'))
    if (options.out === undefined) {
      for await (const chunk of body) await output.raw(chunk as Uint8Array)
      return
    }
    const draft = `${options.out}.part`
    process.once('exit', () => rmSync(draft, { force: true }))
    let bytes = 0
    await withProgress(output, 'Taking out the trail, bytes', (report) => {
      body.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length
        report(bytes)
      })
      return pipeline(body, createWriteStream(draft, { mode: 0o600 }))
    })
    await rename(draft, options.out)
    await output.result({ file: options.out }, () => `The trail is in ${options.out}.`)
  } finally {
    await client.close()
  }
}
