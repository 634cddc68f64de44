import { join } from 'node:path'
import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { PageView } from '../../client/views/common.ts'
import type { CredentialView } from '../../client/views/credentials.ts'
import { openMasterKey, seal } from '../../vault/envelope.ts'
import { fileLabel } from '../../vault/file-backend.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { readContent, readPlacement, type SecretOptions } from '../credential-input.ts'
import { readJsonArgument, readTextArgument } from '../input.ts'
import { count, gathered } from '../options.ts'
import { usage } from '../outcome.ts'
import { fields, type Output } from '../output.ts'
import { writeSecret } from '../secret-file.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'
import { registerCredentialImport } from './credential-import.ts'

/** `writ credential`: secrets of upstreams go in, and are never shown. */
export function registerCredential(credential: Command): void {
  addSecretOptions(named(credential, 'add', 'put a secret in; it comes from stdin or a file'))
    .requiredOption('--kind <word>', 'api_key, bearer, basic, header, query, oauth_client, …')
    .option('--category <word>', 'api_key, ssh_key, database, payment or other', 'api_key')
    .option('--origin <origin>', 'where it may be sent; may be given again', gathered)
    .option('--placement <text>', 'bearer, basic:USER, query:NAME, header:NAME[:PREFIX], …')
    .option('--token <json>', 'token endpoint of an oauth_client: file, - or inline')
    .option('--backend <word>', 'embedded, file or vault_kv')
    .option('--requires-approval', 'each use needs a yes of the owner')
    .option('--allow <word>', 'use or retrieve; may be given again, use unless said', gathered)
    .option('--classification <word>', 'public, internal, confidential or restricted')
    .action(add)
  registerCredentialImport(credential)
  credential
    .command('list')
    .description('what there is, without the secrets')
    .option('--environment <word>', 'of one environment')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(list)
  named(credential, 'show', 'one credential and its versions').action(show)
  addSecretOptions(named(credential, 'rotate', 'replace the secret')).action(rotate)
  named(credential, 'rollback', 'use an older version again')
    .argument('<version>', 'its number', count)
    .action(rollBack)
  named(credential, 'disable', 'no call gets it any more').action(turn('disabled'))
  named(credential, 'enable', 'calls get it again').action(turn('active'))
  const removal = named(credential, 'remove', 'remove it with all its versions')
  addConfirmOption(removal).action(remove)
  const sealing = credential
    .command('seal <path>')
    .description('seal stdin into <path>.sealed of the folder vault.file_dir')
  addServerOptions(sealing)
  sealing.action(sealFile)
}

function named(credential: Command, verb: string, description: string): Command {
  return credential
    .command(`${verb} <name>`)
    .description(description)
    .option('--environment <word>', 'production unless said')
    .option('--owner <name>', 'a principal whose own it is; shared unless said')
}

function addSecretOptions(command: Command): Command {
  return command
    .option('--secret-file <file>', 'a file that holds the secret, closed to others')
    .option('--parts', 'the secret is a JSON object of named parts')
    .option('--reference <text>', 'its name in another backend, instead of the secret')
}

interface NamedOptions {
  readonly environment?: string
  readonly owner?: string
}

interface AddOptions extends NamedOptions, SecretOptions {
  readonly kind: string
  readonly category: string
  readonly origin?: readonly string[]
  readonly placement?: string
  readonly token?: string
  readonly backend?: string
  readonly requiresApproval?: true
  readonly allow?: readonly string[]
  readonly classification?: string
}

function pathTo(name: string, options: NamedOptions, ...rest: readonly string[]): string {
  const { environment, owner } = options
  return pathOf(['v1', 'credentials', name, ...rest], { environment, owner })
}

async function add(name: string, options: AddOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { kind, category, origin: origins, environment, owner, backend } = options
  const placement = readPlacement(options.placement)
  const token = options.token === undefined ? undefined : await readJsonArgument(options.token)
  const said = { name, kind, category, origins, environment, owner, backend, placement, token }
  const body = {
    ...said,
    requires_approval: options.requiresApproval,
    allowed_actions: options.allow,
    classification: options.classification,
    ...(await readContent(options)),
  }
  const call = { method: 'POST', path: '/v1/credentials', body } as const
  await tell(output, await ask<CredentialView>(settings.bearer(), call))
}

async function list(
  options: { readonly environment?: string; readonly limit?: number; readonly cursor?: string },
  command: Command,
): Promise<void> {
  const settings = readSettings(command)
  const { environment, limit, cursor } = options
  const path = pathOf(['v1', 'credentials'], { environment, limit, cursor })
  const call = { method: 'GET', path } as const
  const page = await ask<PageView<CredentialView>>(settings.bearer(), call)
  await settings.output.result(page, () => rows(page.items))
  if (page.cursor !== null) settings.output.note(`More: --cursor ${page.cursor}`)
}

async function show(name: string, options: NamedOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathTo(name, options)
  await tell(output, await ask<CredentialView>(settings.bearer(), { method: 'GET', path }))
}

async function rotate(
  name: string,
  options: NamedOptions & SecretOptions,
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathTo(name, options, 'rotate')
  const call = { method: 'POST', path, body: await readContent(options) } as const
  await tell(output, await ask<CredentialView>(settings.bearer(), call))
}

async function rollBack(
  name: string,
  version: number,
  options: NamedOptions,
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathTo(name, options, 'rollback')
  const call = { method: 'POST', path, body: { version } } as const
  await tell(output, await ask<CredentialView>(settings.bearer(), call))
}

function turn(state: CredentialView['state']) {
  return async (name: string, options: NamedOptions, command: Command): Promise<void> => {
    const { output, ...settings } = readSettings(command)
    const call = { method: 'PATCH', path: pathTo(name, options), body: { state } } as const
    await tell(output, await ask<CredentialView>(settings.bearer(), call))
  }
}

async function remove(
  name: string,
  options: NamedOptions & ConfirmOption,
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  await confirm(`Remove ${name} with all its versions?`, options.yes === true)
  await ask<unknown>(settings.bearer(), { method: 'DELETE', path: pathTo(name, options) })
  await output.result({ removed: name }, () => `${name} is gone, with all its versions.`)
}

async function sealFile(path: string, _options: unknown, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const folder = config['vault.file_dir']
  if (folder === '') throw usage('Say where with --vault-file-dir.')
  const master = await openMasterKey(config.keys_dir, process.env)
  const reference = `${path}.sealed`
  const text = await readTextArgument('-')
  writeSecret(join(folder, reference), `${seal(master, fileLabel(reference), text)}\n`)
  await output.result({ reference }, () => reference)
}

async function tell(output: Output, credential: CredentialView): Promise<void> {
  const { name, environment, owner, kind, category, backend, version, state } = credential
  await output.result(credential, () =>
    fields([
      ['name', name],
      ['environment', environment],
      ['owner', owner ?? 'shared'],
      ['kind', `${kind} (${category})`],
      ['sent to', credential.origins.join(' ') || 'nowhere'],
      ['placed in', credential.placement.in],
      ['backend', backend],
      ['version', version],
      ...(credential.versions === undefined
        ? []
        : ([['kept', credential.versions.map((one) => one.version).join(' ')]] as const)),
      ['state', state],
    ]),
  )
}

function rows(credentials: readonly CredentialView[]): string {
  return table(
    ['NAME', 'ENVIRONMENT', 'OWNER', 'KIND', 'BACKEND', 'VERSION', 'STATE'],
    credentials.map(({ name, environment, owner, kind, backend, version, state }) => [
      ...[name, environment, owner ?? 'shared', kind, backend, String(version), state],
    ]),
  )
}
