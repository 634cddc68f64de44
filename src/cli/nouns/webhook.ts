import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { TestedWebhookView, WebhookView } from '../../client/views/alerts.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { gathered } from '../options.ts'
import { EXIT } from '../outcome.ts'
import { writeSecret } from '../secret-file.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ webhook`: who is told of alerts. Owners only. */
export function registerWebhook(webhook: Command): void {
  webhook
    .command('add <url>')
    .description('name a receiver; the secret of its messages is shown once')
    .option('--kind <kind>', 'alerts of this kind; may be given again (default: any)', gathered)
    .option('--private-net', 'it may be at an address that is not public')
    .option('--out <file>', 'write the secret to a file of mode 0600')
    .action(add)
  webhook.command('list').description('receivers, and what waits for them').action(list)
  addConfirmOption(webhook.command('remove <id>').description('tell it nothing more')).action(
    remove,
  )
  webhook.command('test <id>').description('send it one message now').action(test)
}

interface AddOptions {
  readonly kind?: readonly string[]
  readonly privateNet?: true
  readonly out?: string
}

async function add(url: string, options: AddOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { kind, privateNet, out } = options
  const body = {
    url,
    ...(kind === undefined ? {} : { kinds: kind }),
    ...(privateNet === undefined ? {} : { private_net: true }),
  }
  const call = { method: 'POST', path: '/v1/webhooks', body } as const
  const made = await ask<WebhookView>(settings.bearer(), call)
  const { secret = '', ...shown } = made
  output.note(`${made.id} is told of alerts. The secret is not shown again.`)
  if (out === undefined) return output.result(made, () => secret)
  writeSecret(out, `${secret}\n`)
  await output.result({ ...shown, file: out }, () => out)
}

async function list(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const call = { method: 'GET', path: '/v1/webhooks' } as const
  const page = await ask<{ readonly items: readonly WebhookView[] }>(settings.bearer(), call)
  await settings.output.result(page, () =>
    table(
      ['ID', 'URL', 'KINDS', 'WAITING', 'FAILING SINCE'],
      page.items.map(({ id, url, kinds, waiting, failing_since: failing }) => [
        id,
        url,
        kinds === 'any' ? kinds : kinds.join(','),
        String(waiting ?? 0),
        failing ?? '-',
      ]),
    ),
  )
}

async function remove(id: string, { yes }: ConfirmOption, command: Command): Promise<void> {
  const settings = readSettings(command)
  await confirm(`Tell ${id} nothing more, and drop what waits for it?`, yes === true)
  const path = pathOf(['v1', 'webhooks', id])
  const answer = await ask<unknown>(settings.bearer(), { method: 'DELETE', path })
  await settings.output.result(answer ?? { removed: id }, () => `${id} is told nothing more.`)
}

async function test(id: string, _options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const path = pathOf(['v1', 'webhooks', id, 'test'])
  const tested = await ask<TestedWebhookView>(settings.bearer(), { method: 'POST', path })
  const { delivered, status, detail } = tested
  const why = status === null ? (detail ?? 'no answer') : `status ${status}`
  const sentence = delivered ? `It took the message (${why}).` : `It did not take it: ${why}.`
  await settings.output.result(tested, () => sentence)
  if (!delivered) process.exitCode = EXIT.failure
}
