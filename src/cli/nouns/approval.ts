import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { createClient, pathOf } from '../../client/client.ts'
import type { ApprovalView } from '../../client/views/approvals.ts'
import type { PageView } from '../../client/views/common.ts'
import { ask, granted } from '../ask.ts'
import { confirm } from '../confirm.ts'
import { count } from '../options.ts'
import { CommandFailure, EXIT } from '../outcome.ts'
import { type Output, printable } from '../output.ts'
import { readSettings } from '../settings.ts'
import { approvalRows, approvalText, approvalWord } from '../text/approval.ts'

/** What a line of a stream begins with when it holds the data of an event. */
const DATA = 'data: '

/** `writ approval`: what waits for the yes of an owner; for agents, what became of it. */
export function registerApproval(approval: Command): void {
  approval
    .command('list')
    .description('what waits for a yes')
    .option('--all', 'also what is decided or over')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(list)
  approval.command('show <id>').description('one approval, as it is to be judged').action(show)
  approval
    .command('approve <id>')
    .description('as the owner, say yes to exactly what is shown')
    .option('--digest <text>', 'of what you saw; anything else is refused')
    .option('--yes', 'do not ask')
    .action(approve)
  approval
    .command('deny <id>')
    .description('as the owner, say no; it is final')
    .option('--digest <text>', 'of what you saw; anything else is refused')
    .action(deny)
  approval
    .command('watch')
    .description('every change of an approval as it happens')
    .option('--after <number>', 'go on behind this event')
    .action(watch)
}

interface ListOptions {
  readonly all?: boolean
  readonly limit?: number
  readonly cursor?: string
}

async function list({ all, limit, cursor }: ListOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const open = all === true ? 'false' : 'true'
  const path = pathOf(['v1', 'approvals'], { open, limit, cursor })
  const page = await ask<PageView<ApprovalView>>(settings.either(), { method: 'GET', path })
  await output.result(page, () => approvalRows(page.items, output))
  if (page.cursor !== null) output.note(`More: --cursor ${page.cursor}`)
}

async function show(id: string, _options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'approvals', id])
  const view = await ask<ApprovalView>(settings.either(), { method: 'GET', path })
  await output.result(view, () => approvalText(view, output))
}

interface DecideOptions {
  readonly digest?: string
  readonly yes?: boolean
}

/** What is shown is what is decided: its digest goes along, so nothing can be put in its place. */
async function approve(id: string, options: DecideOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const view = await read(id, command)
  output.note(approvalText(view, output))
  requireSeen(view, options.digest)
  await confirm('Say yes to this?', options.yes === true)
  await decide('approve', view, { output, connection: settings.bearer() })
}

async function deny(id: string, options: DecideOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const view = await read(id, command)
  requireSeen(view, options.digest)
  await decide('deny', view, { output, connection: settings.bearer() })
}

function read(id: string, command: Command): Promise<ApprovalView> {
  const path = pathOf(['v1', 'approvals', id])
  return ask<ApprovalView>(readSettings(command).bearer(), { method: 'GET', path })
}

function requireSeen({ digest }: ApprovalView, seen: string | undefined): void {
  if (seen === undefined || seen === digest) return
  throw new CommandFailure(EXIT.failure, `This is not what you saw: its digest is ${digest}.`)
}

async function decide(
  word: 'approve' | 'deny',
  view: ApprovalView,
  { output, connection }: { output: Output; connection: Parameters<typeof ask>[0] },
): Promise<void> {
  const path = pathOf(['v1', 'approvals', view.id, word])
  const body = { digest: view.digest }
  const decided = await ask<ApprovalView>(connection, { method: 'POST', path, body })
  await output.result(decided, () => `${decided.id}  ${decided.state}`)
}

async function watch(options: { readonly after?: string }, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'approvals', 'stream'], { after: options.after })
  const client = createClient(settings.either())
  try {
    const stream = granted(await client.stream(path))
    for await (const line of createInterface({ input: stream })) {
      if (!line.startsWith(DATA)) continue
      const data = line.slice(DATA.length)
      const view = JSON.parse(data) as ApprovalView
      await output.raw(`${output.json ? data : lineOf(view, output)}\n`)
    }
  } finally {
    await client.close()
  }
}

function lineOf(view: ApprovalView, output: Output): string {
  const request = view.pin === null ? '' : `  ${view.pin.method} ${view.pin.target}`
  const what = `${view.kind}${request}  ${view.requester}`
  return `${view.id}  ${approvalWord(view.state, output)}  ${printable(what)}`
}
