import type { Command } from 'commander'
import type { DelegationView } from '../../client/views/tokens.ts'
import { addOwnerOptions, askOwner, type OwnerOptions } from '../ask-owner.ts'
import { readJsonArgument } from '../input.ts'
import { seconds } from '../options.ts'
import { writeSecret } from '../secret-file.ts'
import { readSettings } from '../settings.ts'

/** `writ delegate`: a delegation token for one other agent, redeemable once. */
export function registerDelegate(delegate: Command): void {
  addOwnerOptions(delegate)
    .requiredOption('--lease <lease>', 'the lease to pass a part of')
    .requiredOption('--to <agent>', 'spiffe://… of the agent that may redeem it')
    .requiredOption('--scope <json>', 'what the child may do: file, - or inline JSON')
    .option('--ttl <time>', 'life of the token: seconds, or 2m', seconds)
    .option('--reason <text>', 'why, for people to read')
    .option('--out <file>', 'write the token to a file of mode 0600')
    .action(create)
}

interface DelegateOptions extends OwnerOptions {
  readonly reason?: string
  readonly lease: string
  readonly to: string
  readonly scope: string
  readonly ttl?: number
  readonly out?: string
}

async function create(options: DelegateOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const scope = await readJsonArgument(options.scope)
  const connection = settings.certificate(settings.agentsAddress)
  const { lease: lease_id, to: delegate, ttl: ttl_seconds, reason } = options
  const body = { lease_id, delegate, scope, ttl_seconds, reason }
  const call = { method: 'POST', path: '/v1/delegations', body } as const
  const made = await askOwner<DelegationView>({ ...settings, connection }, call, options)
  settings.output.note(`For ${made.delegate}, redeemable once, until ${made.expires_at}.`)
  if (options.out === undefined) return settings.output.result(made, () => made.token)
  writeSecret(options.out, `${made.token}\n`)
  const { token: _token, ...shown } = made
  await settings.output.result({ ...shown, file: options.out }, () => options.out ?? '')
}
