import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { type Client, createClient, pathOf } from '../../client/client.ts'
import type { AlertView } from '../../client/views/alerts.ts'
import type { PageView } from '../../client/views/common.ts'
import { shownJson } from '../../domain/shown-text.ts'
import { ask, granted } from '../ask.ts'
import { count } from '../options.ts'
import { type Output, printable } from '../output.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

const POLL_MS = 1_000
const PAGE_ROWS = 200

/** `writ alert`: what people should know of. */
export function registerAlert(alert: Command): void {
  alert
    .command('list')
    .description('newest first')
    .option('--kind <kind>', 'of this kind only')
    .option('--severity <severity>', 'info, warning or critical')
    .option('--subject <subject>', 'about agent:…, lease:… and so on')
    .option('--lease <id>', 'about this lease')
    .option('--open', 'only what nobody acknowledged')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(list)
  alert
    .command('tail')
    .description('the newest, and those that come; one JSON document a line with --json')
    .option('--lines <n>', 'how many to begin with', count, 20)
    .action(tail)
  alert.command('ack <id>').description('say that it was seen').action(acknowledge)
}

interface ListOptions {
  readonly kind?: string
  readonly severity?: string
  readonly subject?: string
  readonly lease?: string
  readonly open?: true
  readonly limit: number
}

async function list(options: ListOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const { kind, severity, subject, lease, open, limit } = options
  const path = pathOf(['v1', 'alerts'], {
    limit: Math.min(limit, PAGE_ROWS),
    ...(kind === undefined ? {} : { kind }),
    ...(severity === undefined ? {} : { severity }),
    ...(subject === undefined ? {} : { subject }),
    ...(lease === undefined ? {} : { lease_id: lease }),
    ...(open === undefined ? {} : { open: 'true' }),
  })
  const page = await ask<PageView<AlertView>>(settings.bearer(), { method: 'GET', path })
  await settings.output.result(page, () =>
    table(
      ['AT', 'SEVERITY', 'KIND', 'SUBJECT', 'SEEN BY', 'ID'],
      page.items.map((alert) => [
        alert.at,
        alert.severity,
        alert.kind,
        alert.subject,
        alert.acknowledged?.by ?? '-',
        alert.id,
      ]),
    ),
  )
}

async function acknowledge(id: string, _options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const path = pathOf(['v1', 'alerts', id, 'acknowledge'])
  const alert = await ask<AlertView>(settings.bearer(), { method: 'POST', path })
  await settings.output.result(alert, () => `${id} was seen by ${alert.acknowledged?.by ?? '-'}.`)
}

async function tail(options: { readonly lines: number }, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const client = createClient(settings.bearer())
  try {
    await follow(client, output, Math.min(options.lines, PAGE_ROWS))
  } finally {
    await client.close()
  }
}

/** Prints each alert once, the oldest of those shown first, until the process is ended. */
async function follow(client: Client, output: Output, lines: number): Promise<void> {
  let shown: ReadonlySet<string> | undefined
  for (;;) {
    const items = await newest(client, shown === undefined ? lines : PAGE_ROWS, shown)
    for (const alert of items.filter(({ id }) => shown?.has(id) !== true).toReversed()) {
      await output.raw(`${output.json ? shownJson(alert) : lineOf(alert, output)}\n`)
    }
    shown = new Set([...items.map(({ id }) => id), ...(shown ?? [])].slice(0, 10 * PAGE_ROWS))
    await setTimeout(POLL_MS)
  }
}

/** Page after page, back to one that was shown before. */
async function newest(
  client: Client,
  limit: number,
  shown: ReadonlySet<string> | undefined,
): Promise<readonly AlertView[]> {
  const found: AlertView[] = []
  let cursor: string | null = null
  do {
    const query: Record<string, string | number> = { limit, ...(cursor === null ? {} : { cursor }) }
    const path = pathOf(['v1', 'alerts'], query)
    const page: PageView<AlertView> = granted(
      await client.call<PageView<AlertView>>({ method: 'GET', path }),
    )
    found.push(...page.items)
    const reached = shown === undefined || page.items.some(({ id }) => shown.has(id))
    cursor = reached || found.length >= 10 * PAGE_ROWS ? null : page.cursor
  } while (cursor !== null)
  return found
}

function lineOf(alert: AlertView, output: Output): string {
  const colour = alert.severity === 'critical' ? 'red' : 'yellow'
  const severity = alert.severity === 'info' ? alert.severity : output.paint(colour, alert.severity)
  const facts = output.paint('dim', printable(JSON.stringify(alert.facts)))
  return `${alert.at} ${severity} ${alert.kind} ${printable(alert.subject)} ${facts}`
}
