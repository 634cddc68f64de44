import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { PageView } from '../../client/views/common.ts'
import type { EnrollmentView, RegistrationView } from '../../client/views/enrollment.ts'
import { ask } from '../ask.ts'
import { join } from '../enroll-join.ts'
import { readJsonArgument } from '../input.ts'
import { count } from '../options.ts'
import { fields, type Output } from '../output.ts'
import { readSettings, type Settings } from '../settings.ts'
import { table } from '../table.ts'

const LOOK_EVERY_MS = 1_000

/** `writ enroll`: invite an agent, join as one, let it in or turn it away. */
export function registerEnroll(enroll: Command): void {
  enroll
    .command('new')
    .description('as the owner, invite one agent; its token is shown once')
    .option('--ttl <seconds>', 'how long the token is good (default: 120)', count)
    .option('--wait', 'wait until somebody registers with it; by itself on a terminal')
    .action(create)
  enroll
    .command('join')
    .description('as the agent, answer an invitation: its token in --token-file, or on stdin')
    .requiredOption('--name <name>', 'the name to ask for')
    .option('--out <folder>', 'where key and certificates go (default: ./<name>)')
    .option('--agent-type <words>', 'what kind of agent this is')
    .option('--program <file>', 'the program whose SHA-256 is reported')
    .option('--evidence <json>', 'attestation evidence: file, - or inline JSON')
    .option('--bind', 'keep the key sealed under a passphrase and this machine')
    .option('--timeout <seconds>', 'how long to wait for the owner', count, 3_600)
    .action(join)
  enroll
    .command('pending')
    .description('who asked to be let in and waits')
    .option('--all', 'also those that were decided or have ended')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(pending)
  enroll.command('show <id>').description('one registration, as it is to be judged').action(show)
  enroll
    .command('approve <id>')
    .description('let an agent in; without terms its owner is asked each time')
    .requiredOption('--contract <json>', 'its ceiling: a scope in a file, - or inline')
    .option('--terms <json>', 'approval mode, categories, rate and end: file or inline')
    .action(approve)
  enroll.command('deny <id>').description('turn an agent away').action(deny)
}

async function create(
  options: { readonly ttl?: number; readonly wait?: true },
  command: Command,
): Promise<void> {
  const settings = readSettings(command)
  const { output } = settings
  const made = await ask<EnrollmentView & { readonly token: string }>(settings.bearer(), {
    method: 'POST',
    path: '/v1/enrollments',
    body: { ttl_seconds: options.ttl },
  })
  output.note(`For one agent, until ${made.expires_at}. The token is not shown again.`)
  await output.result(made, () => made.token)
  const watched = !output.json && process.stderr.isTTY === true
  if (options.wait || watched) await untilAnswered(settings, made.id)
}

async function untilAnswered(settings: Settings, id: string): Promise<void> {
  const { output } = settings
  const path = pathOf(['v1', 'enrollments', id])
  output.note('Waiting for the agent …')
  for (;;) {
    const now = await ask<EnrollmentView>(settings.bearer(), { method: 'GET', path })
    if (now.registration !== null) {
      output.note(`Registered: ${now.registration}. Look: writ enroll show ${now.registration}`)
      return
    }
    if (now.state === 'expired') {
      output.note('Nobody came in time.')
      return
    }
    await sleep(LOOK_EVERY_MS)
  }
}

async function pending(
  options: { readonly all?: true; readonly limit?: number; readonly cursor?: string },
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { all, ...query } = options
  const path = pathOf(['v1', 'registrations'], query)
  const page = await ask<PageView<RegistrationView>>(settings.bearer(), { method: 'GET', path })
  const items = page.items.filter(({ state }) => all || state === 'pending')
  await output.result({ ...page, items }, () =>
    items.length === 0
      ? 'Nobody waits.'
      : table(
          ['ID', 'NAME', 'STATE', 'EVIDENCE', 'FROM', 'SINCE'],
          items.map((one) => [
            one.id,
            one.name,
            one.state,
            one.attestation.tier,
            one.address ?? '-',
            one.registered_at,
          ]),
        ),
  )
  if (page.cursor !== null) output.note(`More: --cursor ${page.cursor}`)
}

async function show(id: string, _options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'registrations', id])
  const one = await ask<RegistrationView>(settings.bearer(), { method: 'GET', path })
  await output.result(one, () => registrationText(one, output))
}

async function approve(
  id: string,
  options: { readonly contract: string; readonly terms?: string },
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const contract = await readJsonArgument(options.contract)
  const terms = options.terms === undefined ? undefined : await readJsonArgument(options.terms)
  const one = await ask<RegistrationView>(settings.bearer(), {
    method: 'POST',
    path: pathOf(['v1', 'registrations', id, 'approve']),
    body: { contract, terms },
  })
  await output.result(one, () => registrationText(one, output))
}

async function deny(id: string, _options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'registrations', id, 'deny'])
  const one = await ask<RegistrationView>(settings.bearer(), { method: 'POST', path })
  await output.result(one, () => `${one.name} was turned away.`)
}

function registrationText(one: RegistrationView, output: Output): string {
  const said = Object.entries(one.self_reported).filter(([, word]) => word !== null)
  return [
    output.paint('bold', one.uri),
    fields([
      ['id', one.id],
      ['state', one.state],
      ['invited by', one.owner],
      ['key', `${one.key_thumbprint} (possession proven)`],
      ['evidence', `${one.attestation.tier} by ${one.attestation.method}`],
      ['from', `${one.address ?? 'unknown'} (seen)`],
      ['until', one.expires_at],
      ...(one.terms === null ? [] : [['terms', JSON.stringify(one.terms)] as const]),
    ]),
    ...(said.length === 0
      ? []
      : [
          output.paint('dim', 'It says of itself, and nobody vouches for it:'),
          fields(said.map(([name, word]) => [name.replaceAll('_', ' '), word ?? ''])),
        ]),
  ].join('\n')
}
