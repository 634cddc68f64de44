import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { AuditFoundView, AuditRecordNowView } from '../../client/views/audit.ts'
import { ask } from '../ask.ts'
import { count } from '../options.ts'
import { fields } from '../output.ts'
import { readSettings } from '../settings.ts'
import { bodyOf, recordLine } from '../text/audit-line.ts'

/** `writ audit search` and `writ audit show`: finding a decision, and reading why. */
export function registerSearch(audit: Command): void {
  audit
    .command('search')
    .description('records, newest first')
    .option('--event <event>', 'such as token.redeemed')
    .option('--outcome <word>', 'allowed, refused, or the word of one refusal')
    .option('--actor <agent>', 'of this agent, spiffe://…')
    .option('--lease <lease>', 'about this lease')
    .option('--request <id>', 'of this request, req_…')
    .option('--text <text>', 'a part of the text of the record')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(search)
  audit
    .command('show <chain> <sequence>')
    .description('one record, and how it stands in its chain')
    .action(show)
}

async function search(
  options: Readonly<Record<string, string | number | undefined>>,
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'audit', 'search'], options)
  const found = await ask<AuditFoundView>(settings.bearer(), { method: 'GET', path })
  await output.result(found, () =>
    found.items.length === 0
      ? 'No records.'
      : found.items
          .map((record) => {
            const place = output.paint('dim', `${record.chain} ${record.sequence}`)
            return `${recordLine(record, output)}  ${place}`
          })
          .join('\n'),
  )
  if (found.cursor !== null) output.note(`More: --cursor ${found.cursor}`)
}

async function show(
  chain: string,
  sequence: string,
  _options: unknown,
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'audit', 'records', chain, sequence])
  const found = await ask<AuditRecordNowView>(settings.bearer(), { method: 'GET', path })
  const { record, linked, checkpoint } = found
  await output.result(found, () =>
    fields([
      ['record', `${record.chain} ${record.sequence}`],
      ['neighbours', linked ? 'name it, and it them' : 'do not agree with it'],
      ['checkpoint', checkpoint === null ? 'none yet' : `${checkpoint.number}, ${checkpoint.at}`],
      ['says', JSON.stringify(bodyOf(record), null, 2).split('\n')],
    ]),
  )
}
