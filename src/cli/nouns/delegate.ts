import type { Command } from 'commander'
import type { DelegationView } from '../../client/views.ts'
import { ask } from '../ask.ts'
import { readJsonArgument } from '../input.ts'
import { seconds } from '../options.ts'
import { writeSecret } from '../secret-file.ts'
import { readSettings } from '../settings.ts'

/** `writ delegate`: a delegation token for one other agent, redeemable once. */
export function registerDelegate(delegate: Command): void {
  delegate
    .requiredOption('--lease <lease>', 'the lease to pass a part of')
    .requiredOption('--to <agent>', 'spiffe://… of the agent that may redeem it')
    .requiredOption('--scope <json>', 'what the child may do: file, - or inline JSON')
    .option('--ttl <time>', 'life of the token: seconds, or 2m', seconds)
    .option('--out <file>', 'write the token to a file of mode 0600')
    .action(create)
}

interface DelegateOptions {
  readonly lease: string
  readonly to: string
  readonly scope: string
  readonly ttl?: number
  readonly out?: string
}

async function create(options: DelegateOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const scope = await readJsonArgument(options.scope)
  const made = await ask<DelegationView>(settings.certificate(settings.agentsAddress), {
    method: 'POST',
    path: '/v1/delegations',
    body: { lease_id: options.lease, delegate: options.to, scope, ttl_seconds: options.ttl },
  })
  settings.output.note(`For ${made.delegate}, redeemable once, until ${made.expires_at}.`)
  if (options.out === undefined) return settings.output.result(made, () => made.token)
  writeSecret(options.out, `${made.token}\n`)
  const { token: _token, ...shown } = made
  await settings.output.result({ ...shown, file: options.out }, () => options.out ?? '')
}
