import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { MintedView, PinBody, ReceiptView } from '../../client/views/tokens.ts'
import { shownJson } from '../../domain/shown-text.ts'
import { ask } from '../ask.ts'
import { addOwnerOptions, askOwner, type OwnerOptions } from '../ask-owner.ts'
import { readJsonArgument, readToken } from '../input.ts'
import { inspectToken } from '../inspect.ts'
import { count, seconds } from '../options.ts'
import { usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'

/** `writ token`: mint call tokens, ask whether one is good, look into one. */
export function registerToken(token: Command): void {
  const mintTokens = token
    .command('mint')
    .description('call tokens from a lease, each good for one call')
    .requiredOption('--lease <lease>', 'the lease to take them from')
    .requiredOption('--audience <uri>', 'the one resource they are for')
    .option('--count <n>', 'how many', count)
    .option('--scope <json>', 'narrower than the lease: file, - or inline JSON')
    .option('--ttl <time>', 'life: seconds, or 2m', seconds)
    .option('--pin <request>', 'good for this request only, such as "GET https://…"')
    .option('--reason <text>', 'why, for people to read')
  addOwnerOptions(mintTokens).action(mint)
  token
    .command('introspect [file]')
    .description('ask the authority whether a token is good now; never spends it')
    .action(introspect)
  token
    .command('inspect [file]')
    .description('show what a token says, without trusting or sending it')
    .action(inspect)
  token
    .command('receipt <token-id>')
    .description('as the one who spent a token, what became of it')
    .action(receipt)
}

interface MintOptions extends OwnerOptions {
  readonly reason?: string
  readonly lease: string
  readonly audience: string
  readonly count?: number
  readonly scope?: string
  readonly ttl?: number
  readonly pin?: string
}

async function mint(options: MintOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const connection = settings.certificate(settings.agentsAddress)
  const body = {
    lease_id: options.lease,
    audience: options.audience,
    count: options.count,
    ttl_seconds: options.ttl,
    scope: options.scope === undefined ? undefined : await readJsonArgument(options.scope),
    pin: options.pin === undefined ? undefined : pinOf(options.pin),
    reason: options.reason,
  }
  const call = { method: 'POST', path: '/v1/tokens', body } as const
  const minted = await askOwner<MintedView>({ connection, output }, call, options)
  await output.result(minted, () => minted.tokens.map(({ token }) => token).join('\n'))
}

async function introspect(file: string | undefined, _options: unknown, command: Command) {
  const { output, ...settings } = readSettings(command)
  const token = await readToken(file)
  const answer = await ask<{ readonly active: boolean }>(settings.either(), {
    method: 'POST',
    path: '/v1/tokens/introspect',
    body: { token },
  })
  await output.result(answer, () => shownJson(answer, 2))
}

async function inspect(file: string | undefined, _options: unknown, command: Command) {
  const { output } = readSettings(command)
  const inspected = inspectToken(await readToken(file), new Date())
  output.note('Not verified: anyone could have written this.')
  await output.result(inspected, () => shownJson(inspected, 2))
}

async function receipt(jti: string, _options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const connection = settings.certificate(settings.agentsAddress)
  const path = pathOf(['v1', 'receipts', jti])
  const found = await ask<ReceiptView>(connection, { method: 'GET', path })
  const { at, born_lease: born, record } = found
  const became = born === null ? '' : `, became ${born}`
  await output.result(found, () => `spent ${at}${became}, ${record.chain} ${record.sequence}`)
}

function pinOf(text: string): PinBody {
  const [method = '', target = '', ...rest] = text.split(' ')
  if (method === '' || target === '' || rest.length > 0) {
    throw usage('--pin takes a method and a URL, such as "GET https://api.example/x".')
  }
  return { method, target }
}
