import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { CreatedHandleView, HandlePageView, HandleView } from '../../client/views/handles.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { gathered, seconds } from '../options.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ handle`: bearer references to a lease, for agents that can only send a header. */
export function registerHandle(handle: Command): void {
  handle
    .command('create')
    .description('make one; its text is printed this once, and nothing else')
    .requiredOption('--lease <lease>', 'the lease it refers to')
    .requiredOption('--label <text>', 'what people know it by')
    .option('--ttl <time>', 'life: seconds, or 1h', seconds)
    .option('--address <prefix>', 'only from there; may be given again', gathered)
    .option('--certificate <thumbprint>', 'only over a connection with this certificate')
    .action(create)
  handle
    .command('list')
    .description('newest first; never their texts')
    .option('--lease <lease>', 'those of one lease')
    .action(list)
  const revoking = handle
    .command('revoke <id>')
    .description('take one back, at once')
    .option('--reason <text>', 'for the record', 'by hand')
  addConfirmOption(revoking).action(revoke)
}

interface CreateOptions {
  readonly lease: string
  readonly label: string
  readonly ttl?: number
  readonly address?: readonly string[]
  readonly certificate?: string
}

async function create(options: CreateOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const made = await ask<CreatedHandleView>(settings.either(), {
    method: 'POST',
    path: '/v1/handles',
    body: {
      lease_id: options.lease,
      label: options.label,
      ttl_seconds: options.ttl,
      addresses: options.address,
      certificate: options.certificate,
    },
    idempotencyKey: randomUUID(),
  })
  output.note(`${made.id} until ${made.expires_at}`)
  await output.result(made, () => made.handle)
}

async function list(options: { readonly lease?: string }, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'handles'], { lease_id: options.lease })
  const page = await ask<HandlePageView>(settings.either(), { method: 'GET', path })
  await output.result(page, () => rows(page.items))
}

interface RevokeOptions extends ConfirmOption {
  readonly reason: string
}

async function revoke(id: string, options: RevokeOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  await confirm(`Take back ${id} for good?`, options.yes === true)
  const revoked = await ask<HandleView>(settings.either(), {
    method: 'POST',
    path: pathOf(['v1', 'handles', id, 'revoke']),
    body: { reason: options.reason },
  })
  await output.result(revoked, () => `${revoked.id} is revoked.`)
}

function rows(handles: readonly HandleView[]): string {
  if (handles.length === 0) return 'No handles.'
  return table(
    ['ID', 'LABEL', 'LEASE', 'ENDS', 'STATE'],
    handles.map((handle) => [
      handle.id,
      handle.label,
      handle.lease_id,
      handle.expires_at,
      handle.revoked_at === null ? 'stands' : `revoked ${handle.revoked_at}`,
    ]),
  )
}
