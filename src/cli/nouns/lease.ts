import type { Command } from 'commander'
import { type ApiCall, type Connection, pathOf } from '../../client/client.ts'
import type { PageView } from '../../client/views/common.ts'
import type { LeaseView } from '../../client/views/leases.ts'
import type { Labels } from '../../domain/labels.ts'
import { ask } from '../ask.ts'
import { addOwnerOptions, askOwner, type OwnerOptions } from '../ask-owner.ts'
import { readJsonArgument } from '../input.ts'
import { count, labelOption, seconds } from '../options.ts'
import { readSettings } from '../settings.ts'
import { leaseRows, leaseText } from '../text/lease.ts'

/** `writ lease`: open and end leases as their holder; look at them as anyone above. */
export function registerLease(lease: Command): void {
  addOwnerOptions(
    lease
      .command('open')
      .description('open a root lease within the contract')
      .requiredOption('--scope <json>', 'file, - or inline JSON')
      .option('--ttl <time>', 'seconds, or 10m, 4h', seconds)
      .option('--reason <text>', 'why, for people to read')
      .option('--label <key=value>', 'of the whole tree, for good; may be repeated', labelOption),
  ).action(open)
  lease.command('show <lease>').description('one lease and its state now').action(show)
  lease
    .command('list')
    .description('leases, newest first')
    .option('--holder <agent>', 'only those of this agent')
    .option('--root <lease>', 'only those of this tree')
    .option('--label <key=value>', 'only those with this label')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(list)
  addOwnerOptions(
    lease
      .command('renew <lease>')
      .description('move the end, never past an ancestor')
      .requiredOption('--ttl <time>', 'seconds from now, or 10m, 4h', seconds),
  ).action(renew)
  lease.command('release <lease>').description('give it back, with all below').action(release)
}

interface OpenOptions extends OwnerOptions {
  readonly scope: string
  readonly ttl?: number
  readonly reason?: string
  readonly label?: Labels
}

async function open(options: OpenOptions, command: Command): Promise<void> {
  const scope = await readJsonArgument(options.scope)
  const { ttl, reason, label: labels } = options
  const body = { scope, ttl_seconds: ttl, reason, labels }
  await askForLease(command, { method: 'POST', path: '/v1/leases', body }, options)
}

async function show(id: string, _options: unknown, command: Command): Promise<void> {
  const connection = readSettings(command).either()
  await printLease(command, { connection, method: 'GET', path: pathOf(['v1', 'leases', id]) })
}

interface ListOptions {
  readonly holder?: string
  readonly root?: string
  readonly label?: string
  readonly limit?: number
  readonly cursor?: string
}

async function list(options: ListOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const path = pathOf(['v1', 'leases'], { ...options })
  const page = await ask<PageView<LeaseView>>(settings.either(), { method: 'GET', path })
  await settings.output.result(page, () => leaseRows(page.items, settings.output))
  if (page.cursor !== null) settings.output.note(`More: --cursor ${page.cursor}`)
}

interface RenewOptions extends OwnerOptions {
  readonly ttl: number
}

async function renew(id: string, options: RenewOptions, command: Command): Promise<void> {
  const path = pathOf(['v1', 'leases', id, 'renew'])
  await askForLease(command, { method: 'POST', path, body: { ttl_seconds: options.ttl } }, options)
}

async function release(id: string, _options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  await printLease(command, {
    connection: settings.certificate(settings.agentsAddress),
    method: 'POST',
    path: pathOf(['v1', 'leases', id, 'release']),
  })
}

/** What a person may have to say yes to first. */
async function askForLease(
  command: Command,
  call: ApiCall & { readonly body: object },
  options: OwnerOptions,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const connection = settings.certificate(settings.agentsAddress)
  const view = await askOwner<LeaseView>({ connection, output }, call, options)
  await output.result(view, () => leaseText(view, output))
}

async function printLease(
  command: Command,
  { connection, ...call }: ApiCall & { readonly connection: Connection },
): Promise<void> {
  const { output } = readSettings(command)
  const view = await ask<LeaseView>(connection, call)
  await output.result(view, () => leaseText(view, output))
}
