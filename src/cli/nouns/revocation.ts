import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { PageView } from '../../client/views/common.ts'
import type { RevocationView } from '../../client/views/revocations.ts'
import { ask } from '../ask.ts'
import { count } from '../options.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ revocation`: what is taken back now. `writ revoke` takes back and lifts. */
export function registerRevocation(revocation: Command): void {
  revocation
    .command('list')
    .description('subjects that are revoked or suspended')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(list)
}

interface ListOptions {
  readonly limit?: number
  readonly cursor?: string
}

async function list(options: ListOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const path = pathOf(['v1', 'revocations'], { ...options })
  const call = { method: 'GET', path } as const
  const page = await ask<PageView<RevocationView>>(settings.bearer(), call)
  await settings.output.result(page, () =>
    table(
      ['SUBJECT', 'EFFECT', 'AT', 'REASON'],
      page.items.map(({ subject, effect, at, reason }) => [subject, effect, at, reason]),
    ),
  )
  if (page.cursor !== null) settings.output.note(`More: --cursor ${page.cursor}`)
}
