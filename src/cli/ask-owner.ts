import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import {
  type ApiCall,
  type Client,
  type Connection,
  createClient,
  pathOf,
} from '../client/client.ts'
import type { ApprovalView, AwaitsView } from '../client/views/approvals.ts'
import { granted } from './ask.ts'
import { CommandFailure, EXIT } from './outcome.ts'
import type { Output } from './output.ts'
import { approvalText } from './text/approval.ts'

const LOOK_EVERY_MS = 1_000

/** What a command that may need a person's yes can be told. */
export interface OwnerOptions {
  readonly wait?: boolean
  readonly approval?: string
}

/** Gives a command `--wait` and `--approval`. */
export function addOwnerOptions(command: Command): Command {
  return command
    .option('--wait', 'wait for the yes of the owner when it needs one')
    .option('--approval <id>', 'the yes to exactly this request')
}

/**
 * One call that may have to be approved first. Without `--wait` a question ends the command with
 * status 3, its document the word and the approval; with it the call is sent again once there is a
 * yes.
 */
export async function askOwner<T>(
  { connection, output }: { readonly connection: Connection; readonly output: Output },
  call: ApiCall & { readonly body: object },
  { wait = false, approval }: OwnerOptions,
): Promise<T> {
  const client = createClient(connection)
  try {
    const first = await client.call<T | AwaitsView>({ ...call, body: { ...call.body, approval } })
    if (!first.ok || first.status !== 202) return granted(first) as T
    const { approval: asked } = first.value as AwaitsView
    if (!wait) throw unanswered(asked, output)
    output.note(`Waiting for the yes of ${asked.owner} to ${asked.id}, until ${asked.expires_at}.`)
    const decided = await waitFor(client, asked)
    if (decided.state !== 'approved') throw refusedBy(decided)
    output.note('Approved.')
    const again = { ...call, body: { ...call.body, approval: asked.id } }
    return granted(await client.call<T>(again))
  } finally {
    await client.close()
  }
}

async function waitFor(client: Client, asked: ApprovalView): Promise<ApprovalView> {
  for (let seen = asked; ; ) {
    if (seen.state !== 'pending') return seen
    await sleep(LOOK_EVERY_MS)
    const path = pathOf(['v1', 'approvals', asked.id])
    seen = granted(await client.call<ApprovalView>({ method: 'GET', path }))
  }
}

function unanswered(asked: ApprovalView, output: Output): CommandFailure {
  const next = `Once ${asked.owner} has said yes: the same command with --approval ${asked.id}.`
  const code = 'approval_required'
  const first = `The owner has to approve this first. (${code})`
  const text = `${first}\n${approvalText(asked, output)}\n${next}`
  return new CommandFailure(EXIT.denied, text, { code, approval: asked })
}

function refusedBy(decided: ApprovalView): CommandFailure {
  const code = 'approval_denied'
  const text = `The approval is ${decided.state}. (${code})`
  return new CommandFailure(EXIT.denied, text, { code, approval: decided })
}
