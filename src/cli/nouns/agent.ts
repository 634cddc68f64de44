import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { AgentView, CertificateView } from '../../client/views/agents.ts'
import type { PageView } from '../../client/views/common.ts'
import { ask } from '../ask.ts'
import { keepIdentity, makeRequest, uriInFolder } from '../identity.ts'
import { readJsonArgument, readTextArgument } from '../input.ts'
import { count, gathered } from '../options.ts'
import { usage } from '../outcome.ts'
import { privateFolder, writeSecret } from '../secret-file.ts'
import { IDENTITY_FILES, readSettings } from '../settings.ts'
import { addedText, agentRows, agentText } from '../text/agent.ts'
import { registerEvidence } from './agent-evidence.ts'

/** For people who read the request; the authority gives the name from its own trust domain. */
const DOMAIN = [
  '--trust-domain <name>',
  'the domain in spiffe://<domain>/agent/<name>',
  process.env['WRIT_TRUST_DOMAIN'] ?? 'writ.local',
] as const

/** `writ agent`: enroll agents, set their contracts, keep their certificates fresh. */
export function registerAgent(agent: Command): void {
  registerEvidence(agent)
  agent
    .command('add <name>')
    .description('enroll an agent; its key is made here unless --csr brings a request')
    .requiredOption('--contract <json>', 'its ceiling: a scope in a file, - or inline')
    .option('--terms <json>', 'approval mode, categories, rate and end: file, - or inline')
    .option(...DOMAIN)
    .option('--role <role>', 'agent, or enforcement for an enforcement point', 'agent')
    .option('--server-name <name>', 'of an enforcement point; may be given again', gathered)
    .option('--csr <file>', 'a request made elsewhere with writ agent request')
    .option('--evidence <json>', 'attestation evidence: file, - or inline JSON')
    .option('--out <folder>', 'where key and certificates go (default: ./<name>)')
    .action(add)
  agent
    .command('federate <id>')
    .description('let in an agent of another trust domain, by its SPIFFE id')
    .requiredOption('--certificate <file>', 'the certificate it presents now, PEM; - for stdin')
    .requiredOption('--contract <json>', 'its ceiling: a scope in a file, - or inline')
    .option('--terms <json>', 'approval mode, categories, rate and end: file, - or inline')
    .option('--ca-out <file>', 'where our root certificate goes: the agent has to trust it')
    .action(federate)
  agent
    .command('announce')
    .description('as an agent of another trust domain, tell which certificate is the newest')
    .action(announce)
  agent
    .command('request <name>')
    .description('make a key and a certificate request; only the request leaves the folder')
    .option(...DOMAIN)
    .option('--out <folder>', 'where both go (default: ./<name>)')
    .action(request)
  agent
    .command('renew')
    .description('a new key and certificate for --identity FOLDER, over mTLS')
    .option('--evidence <json>', 'fresh attestation evidence')
    .action(renew)
  agent
    .command('reissue <name>')
    .description('as the owner, certify a new key of an agent, by name or whole id')
    .option(...DOMAIN)
    .option('--csr <file>', 'a request made elsewhere with writ agent request')
    .option('--evidence <json>', 'attestation evidence: file, - or inline JSON')
    .option('--out <folder>', 'where key and certificates go (default: ./<name>)')
    .action(reissue)
  agent
    .command('list')
    .description('enrolled agents')
    .option('--limit <n>', 'rows on the page', count)
    .option('--cursor <text>', 'where the page before ended')
    .action(list)
  agent.command('show <name>').description('one agent with its contract').action(show)
  agent
    .command('contract <name> <contract>')
    .description('set the ceiling; it holds at once, for tokens already out as well')
    .option('--terms <json>', 'approval mode, categories, rate and end; else they stay')
    .action(setContract)
}

interface KeyOptions {
  readonly trustDomain: string
  readonly csr?: string
  readonly evidence?: string
  readonly out?: string
}

interface AddOptions extends KeyOptions {
  readonly contract: string
  readonly terms?: string
  readonly role: string
  readonly serverName?: readonly string[]
}

async function reissue(name: string, options: KeyOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const made = options.csr === undefined ? await makeRequest(uriOf(name, options)) : undefined
  const csr = made?.csrPem ?? (await readTextArgument(options.csr ?? '-'))
  const folder = options.out ?? basename(name)
  privateFolder(folder)
  const issued = await ask<CertificateView>(settings.bearer(), {
    method: 'POST',
    path: pathOf(['v1', 'agents', name, 'certificate']),
    body: { csr, evidence: await optionalJson(options.evidence) },
  })
  await keepIdentity(folder, issued, made?.privateKeyPem)
  await output.result({ name, folder }, () => `${name} has a new certificate in ${folder}.`)
}

async function add(name: string, options: AddOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const contract = await readJsonArgument(options.contract)
  const terms = await optionalJson(options.terms)
  const evidence = await optionalJson(options.evidence)
  const made = options.csr === undefined ? await makeRequest(uriOf(name, options)) : undefined
  const csr = made?.csrPem ?? (await readTextArgument(options.csr ?? '-'))
  const folder = options.out ?? name
  privateFolder(folder)
  const enrolled = await ask<AgentView & CertificateView>(settings.bearer(), {
    method: 'POST',
    path: '/v1/agents',
    body: {
      ...{ name, role: options.role, server_names: options.serverName },
      ...{ csr, contract, terms, evidence },
    },
  })
  const { certificate, ca, ...agent } = enrolled
  await keepIdentity(folder, { certificate, ca }, made?.privateKeyPem)
  output.note(`Enrolled. Its identity is in ${folder}: use --identity ${folder}`)
  await output.result({ ...agent, folder }, () => addedText(agent, output))
}

type FederatedView = AgentView & Pick<CertificateView, 'ca'>

interface FederateOptions {
  readonly certificate: string
  readonly contract: string
  readonly terms?: string
  readonly caOut?: string
}

async function federate(id: string, options: FederateOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const certificate = await readTextArgument(options.certificate)
  const contract = await readJsonArgument(options.contract)
  const terms = await optionalJson(options.terms)
  const body = { id, certificate, contract, terms }
  const path = '/v1/agents/federated'
  const federated = await ask<FederatedView>(settings.bearer(), { method: 'POST', path, body })
  const { ca, ...agent } = federated
  if (options.caOut !== undefined) writeSecret(options.caOut, ca)
  output.note('Let in. Its own authority goes on certifying it.')
  await output.result({ ...agent }, () => addedText(agent, output))
}

async function announce(_options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const agent = await ask<AgentView>(settings.certificate(settings.agentsAddress), {
    method: 'PUT',
    path: '/v1/agents/self/certificate',
  })
  const { name, certificate_thumbprint: certificate } = agent
  await output.result({ ...agent }, () => `Delegations to ${name} are bound to ${certificate}.`)
}

interface RequestOptions {
  readonly trustDomain: string
  readonly out?: string
}

async function request(name: string, options: RequestOptions, command: Command): Promise<void> {
  const { output } = readSettings(command)
  const uri = uriOf(name, options)
  const { csrPem, privateKeyPem } = await makeRequest(uri)
  const folder = options.out ?? name
  privateFolder(folder)
  writeSecret(join(folder, IDENTITY_FILES.key), privateKeyPem)
  const file = join(folder, 'agent.csr')
  writeSecret(file, csrPem)
  output.note(`The key stays in ${folder}; the owner enrolls with: writ agent add --csr`)
  await output.result({ uri, folder, csr: file }, () => file)
}

async function renew(options: { readonly evidence?: string }, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const { identity = process.env['WRIT_IDENTITY'] } = command.optsWithGlobals<{
    readonly identity?: string
  }>()
  if (identity === undefined) throw usage('Which agent? Give --identity FOLDER.')
  const uri = await uriInFolder(identity)
  const { csrPem, privateKeyPem } = await makeRequest(uri)
  const issued = await ask<CertificateView>(settings.certificate(settings.agentsAddress), {
    method: 'POST',
    path: '/v1/agents/self/certificate',
    body: { csr: csrPem, evidence: await optionalJson(options.evidence) },
  })
  await keepIdentity(identity, issued, privateKeyPem)
  await output.result({ uri, folder: identity }, () => `${uri} has a new key and certificate.`)
}

interface ListOptions {
  readonly limit?: number
  readonly cursor?: string
}

async function list(options: ListOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'agents'], { ...options })
  const page = await ask<PageView<AgentView>>(settings.bearer(), { method: 'GET', path })
  await output.result(page, () => agentRows(page.items))
  if (page.cursor !== null) output.note(`More: --cursor ${page.cursor}`)
}

async function show(name: string, _options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const path = pathOf(['v1', 'agents', name])
  const agent = await ask<AgentView>(settings.either(), { method: 'GET', path })
  await output.result(agent, () => agentText(agent, output))
}

async function setContract(
  name: string,
  file: string,
  options: { readonly terms?: string },
  command: Command,
): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const contract = await readJsonArgument(file)
  const agent = await ask<AgentView>(settings.bearer(), {
    method: 'PUT',
    path: pathOf(['v1', 'agents', name, 'contract']),
    body: { contract, terms: await optionalJson(options.terms) },
  })
  await output.result(agent, () => agentText(agent, output))
}

/** A whole id is taken as it is: an enforcement point has no other name here. */
function uriOf(name: string, options: { readonly trustDomain: string }): string {
  return name.startsWith('spiffe://') ? name : `spiffe://${options.trustDomain}/agent/${name}`
}

async function optionalJson(argument: string | undefined) {
  return argument === undefined ? undefined : await readJsonArgument(argument)
}
