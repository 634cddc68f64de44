import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Receiver, startReceiver } from '../receiver.ts'
import { type Around, startAround } from './around.ts'
import {
  canary,
  FILES,
  ISSUER,
  type Kind,
  KV,
  kindsOf,
  plantElsewhere,
  UPSTREAM,
} from './canaries.ts'
import {
  type Asks,
  type Deployment,
  done,
  type Member,
  secretFile,
  startDeployment,
} from './deployment.ts'
import { filesBelow, Witness } from './witness.ts'

/** The audience of every route of these tests. */
export const RESOURCE = 'https://gateway.test/up'

/** A deployment with a secret in every slot. */
export interface Site {
  readonly witness: Witness
  readonly around: Around
  readonly receiver: Receiver
  readonly deployment: Deployment
  readonly kinds: readonly Kind[]
  readonly owner: Asks
  /** The contract that all of its agents have. */
  readonly contract: Readonly<Record<string, unknown>>
  /** Enrolls an agent that may use every credential. */
  agent(name: string, terms?: object): Promise<Member>
  /** Everything told and kept until now, everywhere. */
  gather(): void
  close(): Promise<void>
}

const ALLOWED = `[[policy]]
name = "all"
allow = "contract"
match = { agents = ["spiffe://writ.local/agent/**"] }
approval = { mode = "auto" }
`

/** Has SIGHUP break the process by an exception that nobody catches. */
const BREAKS = "data:text/javascript,process.on('SIGHUP',()=>{throw(new(Error)('broken'))})"

/** An SDK of OpenTelemetry that writes each span to a file. */
const TRACES = new URL('../../../examples/observability/otel.mjs', import.meta.url).href

/** Starts one; nothing has been asked of it but its credentials. */
export async function startSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-leaks-'))
  const witness = new Witness()
  const elsewhere = plantElsewhere(witness)
  const given = { kvValue: elsewhere.inKv, accessToken: elsewhere.access }
  const around = await startAround(folder, given)
  const receiver = await startReceiver()
  const kinds = kindsOf(witness, elsewhere, around.issuer.url)
  const settings = writeSettings(folder, { witness, around, kinds, inFile: elsewhere.inFile })
  const deployment = await startDeployment(folder, witness, settings)
  const owner = deployment.bearer('owner', deployment.ownerToken)
  witness.plant('the token of the first owner', deployment.ownerToken, 'keys/owner.token')
  const contract = contractOf(around.upstream.url)
  const site: Site = {
    ...{ witness, around, receiver, deployment, kinds, owner, contract },
    agent: (name, terms = {}) =>
      deployment.enroll(owner, name, {
        contract,
        terms: { categories: ['api_key', 'payment', 'other'], ...terms },
      }),
    gather: () => gather(site, folder),
    async close() {
      await deployment.end('SIGKILL')
      await around.close()
      receiver.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  for (const { name, body } of kinds) {
    const origins = name === 'idle' ? [] : [around.upstream.url]
    const usual = { name, category: 'api_key', origins }
    await done(owner('POST', '/v1/credentials', { body: { ...usual, ...body } }))
  }
  return site
}

/** Files, folders and variables of the process. */
function writeSettings(
  folder: string,
  {
    witness,
    around,
    kinds,
    inFile,
  }: Pick<Site, 'witness' | 'around' | 'kinds'> & { inFile: string },
) {
  const secrets = join(folder, 'outside')
  const kvToken = witness.plant(
    'the token for the KV engine',
    `hvs.${canary('kvtoken').slice(0, 40)}`,
    KV,
  )
  const passphrase = witness.plant('the passphrase of the master key', canary('passphrase'))
  const routes = kinds
    .filter(({ name }) => name !== 'idle')
    .map(({ name }) => routeOf(name, around.upstream.url))
  writeFileSync(join(folder, 'routes.toml'), routes.join('\n'))
  secretFile(join(folder, FILES, 'shared'), 'key', `${inFile}\n`)
  mkdirSync(join(folder, 'policies'), { mode: 0o700 })
  writeFileSync(join(folder, 'policies', 'all.toml'), ALLOWED, { mode: 0o600 })
  const reports = join(folder, 'reports')
  mkdirSync(reports)
  const report = ['--report-on-signal', '--report-uncaught-exception', `--import=${BREAKS}`]
  const traced = { OTEL_SPANS_FILE: join(reports, 'spans.jsonl') }
  return {
    words: [
      ...['--routes', join(folder, 'routes.toml'), '--policy-dir', join(folder, 'policies')],
      ...['--vault-file-dir', join(folder, FILES), '--vault-kv-url', around.kv.url],
      ...['--vault-kv-token-file', secretFile(secrets, 'kv-token', `${kvToken}\n`)],
      ...['--vault-kv-ca', around.authorities],
    ],
    env: {
      NODE_EXTRA_CA_CERTS: around.authorities,
      ...traced,
      NODE_OPTIONS: [...report, `--report-directory=${reports}`, `--import=${TRACES}`].join(' '),
      WRIT_PASSPHRASE_FILE: secretFile(secrets, 'passphrase', `${passphrase}\n`),
    },
  }
}

function routeOf(name: string, upstream: string): string {
  const route = `upstream = "${upstream}"\nresource = "${RESOURCE}"\nheaders = ["x-*"]`
  return `[[route]]\nname = "${name}"\n${route}\ncredential = "${name}"\n`
}

function contractOf(upstream: string): Site['contract'] {
  const { hostname, port } = new URL(upstream)
  const grant = {
    type: 'http',
    hosts: [hostname],
    ports: [Number(port)],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    paths: ['/**'],
    query: 'any',
    body: 'any',
    private_net: true,
  }
  return {
    type: 'urn:writ:scope:v1',
    grants: [grant],
    audiences: [RESOURCE],
    limits: { ttl_seconds: 3_600, max_uses: 'unlimited', max_depth: 4, max_children: 50 },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  }
}

function gather({ witness, around, receiver, deployment }: Site, folder: string): void {
  witness.saw(UPSTREAM, ...around.got.upstream.splice(0))
  witness.saw(KV, ...around.got.kv.splice(0))
  witness.saw(ISSUER, ...around.got.issuer.splice(0))
  witness.saw('messages to webhooks', JSON.stringify(receiver.arrived))
  witness.saw('stdout and stderr of the server', deployment.said())
  for (const name of ['data', 'keys', 'policies', 'reports', FILES]) {
    for (const file of filesBelow(join(folder, name), name)) witness.saw(file.name, file.bytes)
  }
}
