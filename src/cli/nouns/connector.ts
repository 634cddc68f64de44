import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CONNECTOR_HEARTBEAT_MS } from '../../domain/limits.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { isBoundKey } from '../../vault/bound-key.ts'
import { readBinding } from '../bound-identity.ts'
import { join } from '../enroll-join.ts'
import { keepIdentity } from '../identity.ts'
import { count, gathered } from '../options.ts'
import { CommandFailure, exitOf, usage } from '../outcome.ts'
import { secretText } from '../secret-file.ts'
import { readSettings } from '../settings.ts'
import { VERSION } from '../version.ts'

const SELF = { name: 'writ-connector', version: VERSION } as const
const SECONDS = CONNECTOR_HEARTBEAT_MS / 1_000

/** `writ connector`: stands beside an agent, as its MCP server, and speaks with the authority. */
export function registerConnector(connector: Command): void {
  connector
    .command('join')
    .description('answer an invitation: its token in --token-file, or on stdin')
    .requiredOption('--name <name>', 'the name to ask for')
    .option('--out <folder>', 'where its state goes (default: ./<name>)')
    .option('--platform-key-file <file>', 'stands for the machine where it has no id')
    .option('--timeout <seconds>', 'how long to wait for the owner', count, 3_600)
    .action(enroll)
  connector
    .command('run')
    .description('serve MCP on stdin and stdout, as the agent of --identity')
    .option('--platform-key-file <file>', 'stands for the machine where it has no id')
    .option('--heartbeat <seconds>', `time between two heartbeats, at most ${SECONDS}`, count)
    .action(run)
  connector
    .command('config')
    .description('print what a host of MCP needs to start it')
    .option('--platform-key-file <file>', 'stands for the machine where it has no id')
    .action(config)
  connector
    .command('agents-md')
    .description('print the section for AGENTS.md that says which secrets a project needs')
    .requiredOption('--category <category>', 'a category it needs; may be given again', gathered)
    .action(agentsMd)
}

interface PlatformOptions {
  readonly platformKeyFile?: string
}

async function enroll(
  options: PlatformOptions & {
    readonly name: string
    readonly out?: string
    readonly timeout: number
  },
  command: Command,
): Promise<void> {
  const { name, out, timeout } = options
  bindTo(options)
  const fingerprint = await (await programOfThis())()
  const given = { name, timeout, agentType: 'writ connector', bind: true, fingerprint } as const
  await join(out === undefined ? given : { ...given, out }, command)
}

async function run(
  options: PlatformOptions & { readonly heartbeat?: number },
  command: Command,
): Promise<void> {
  bindTo(options)
  const settings = readSettings(command)
  const { heartbeat = SECONDS } = options
  if (heartbeat > SECONDS) throw usage(`A connector tells of itself every ${SECONDS} s or sooner.`)
  const { certificate, privateKey, ...where } = settings.certificate(settings.agentsAddress)
  const { identity = process.env['WRIT_IDENTITY'] } = command.optsWithGlobals<{
    readonly identity?: string
  }>()
  const { key } = settings.files
  if (identity === undefined || key === undefined || !isBoundKey(secretText(key))) {
    throw usage('Its key is not sealed for this machine: enroll it with writ connector join.')
  }
  if (certificate === undefined || privateKey === undefined) throw usage('Give --identity FOLDER.')
  readBinding()
  const { createLog } = await import('../../log.ts')
  const { openAuthority } = await import('../../connector/authority.ts')
  const { runConnector } = await import('../../connector/run.ts')
  const end = await runConnector({
    authority: openAuthority({ ...where, certificate, privateKey }, SELF, (issued, newKey) =>
      keepIdentity(identity, issued, newKey),
    ),
    log: createLog({ level: 'info' }),
    program: await programOfThis(),
    everyMs: heartbeat * 1_000,
    self: SELF,
  })
  if (end.kind === 'closed') return
  const sentence = `The authority does not serve this connector any more (${end.code}).`
  throw new CommandFailure(exitOf(end.code), sentence, { error: end.code, detail: sentence })
}

/** LEASH-44: as hosts of MCP write it down. No secret is in it: where one lies, a file says. */
async function config(options: PlatformOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { identity = '/path/to/its/folder' } = command.optsWithGlobals<{
    readonly identity?: string
  }>()
  const bound =
    options.platformKeyFile === undefined
      ? []
      : ['--platform-key-file', resolve(options.platformKeyFile)]
  const server = {
    command: process.execPath,
    args: [entryOfThis(), 'connector', 'run', '--identity', resolve(identity), ...bound],
    env: {
      WRIT_AGENTS_ADDR: settings.agentsAddress,
      WRIT_KEY_PASSPHRASE_FILE: process.env['WRIT_KEY_PASSPHRASE_FILE'] ?? '/path/to/passphrase',
    },
  }
  const all = { mcpServers: { leash: server } }
  await output.result(all, () => JSON.stringify(all, null, 2))
}

/** LEASH-45. */
async function agentsMd(
  { category }: { readonly category: readonly string[] },
  command: Command,
): Promise<void> {
  const known: readonly string[] = CREDENTIAL_CATEGORIES
  const odd = category.find((one) => !known.includes(one))
  if (odd !== undefined) throw usage(`${odd} is no category: ${known.join(', ')}.`)
  const { output } = readSettings(command)
  const text = [
    '# Secrets',
    '',
    'This project uses secrets over LEASH and has none of its own. Required categories:',
    '',
    ...category.map((one) => `- ${one}`),
    '',
    'Ask with the tool `leash/request_secret`, use what you get with `leash/execute_action`. Never',
    'look for secrets in files or in the environment, and never write one down.',
  ].join('\n')
  await output.result({ categories: category, text }, () => text)
}

/** From here on the machine is what the file says, for every key that is sealed or opened. */
function bindTo({ platformKeyFile }: PlatformOptions): void {
  if (platformKeyFile !== undefined) process.env['WRIT_PLATFORM_KEY_FILE'] = platformKeyFile
}

function entryOfThis(): string {
  return realpathSync(process.argv[1] ?? '')
}

async function programOfThis(): Promise<() => Promise<string>> {
  const { programReader } = await import('../../connector/program.ts')
  return programReader(entryOfThis(), process.execPath)
}
