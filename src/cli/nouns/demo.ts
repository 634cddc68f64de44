import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Connection, pathOf } from '../../client/client.ts'
import type { AgentView, CertificateView } from '../../client/views/agents.ts'
import type { LeaseView, TreeView } from '../../client/views/leases.ts'
import type { DelegationView } from '../../client/views/tokens.ts'
import { ask } from '../ask.ts'
import { privateKeyIn } from '../bound-identity.ts'
import { demoContract, demoScopes } from '../demo-scopes.ts'
import { keepIdentity, makeRequest, uriInFolder } from '../identity.ts'
import { invokedAs } from '../invoked-as.ts'
import { privateFolder } from '../secret-file.ts'
import { IDENTITY_FILES, readSettings, type Settings } from '../settings.ts'
import { treeLines } from '../text/tree.ts'

const NAMES = ['demo-planner', 'demo-worker', 'demo-helper'] as const

/** `writ demo`: an example tree to look at, on a running service. */
export function registerDemo(demo: Command): void {
  demo
    .option('--out <folder>', 'where the identities of its three agents go', 'writ-demo')
    .option(
      '--trust-domain <name>',
      'the domain in spiffe://<domain>/agent/<name>',
      process.env['WRIT_TRUST_DOMAIN'] ?? 'writ.local',
    )
    .action(play)
}

interface DemoOptions {
  readonly out: string
  readonly trustDomain: string
}

/** Each step is one call of the API that any client could make; the keys are made here. */
async function play(options: DemoOptions, command: Command): Promise<void> {
  const settings = readSettings(command)
  const { output } = settings
  const uris = NAMES.map((name) => `spiffe://${options.trustDomain}/agent/${name}`)
  privateFolder(options.out)
  const as = new Map<string, Connection>()
  for (const name of NAMES) {
    const folder = join(options.out, name)
    if (!existsSync(join(folder, IDENTITY_FILES.certificate))) {
      await enroll(settings, { name, folder, options, contract: demoContract(uris) })
    }
    as.set(name, connectionOf(settings, folder))
  }
  const [, worker = '', helper = ''] = await Promise.all(
    NAMES.map((name) => uriInFolder(join(options.out, name))),
  )
  const of = (name: (typeof NAMES)[number]) => as.get(name) ?? settings.bearer()
  const [rootScope, workerScope, helperScope] = demoScopes(worker, helper)
  const root = await ask<LeaseView>(of('demo-planner'), {
    method: 'POST',
    path: '/v1/leases',
    body: { scope: rootScope, ttl_seconds: 3_600, reason: 'the example of writ demo' },
  })
  const child = await handOn(of('demo-planner'), of('demo-worker'), root, worker, workerScope)
  const grandchild = await handOn(of('demo-worker'), of('demo-helper'), child, helper, helperScope)
  const tree = await ask<TreeView>(settings.bearer(), {
    method: 'GET',
    path: pathOf(['v1', 'leases', root.id, 'tree']),
  })
  const leases = { root: root.id, worker: child.id, helper: grandchild.id }
  const document = { folder: options.out, agents: [...NAMES], leases }
  await output.result(document, () =>
    [
      treeLines(tree.items, output, { now: new Date() }).join('\n'),
      '',
      `${settings.apiAddress}/console/ shows this tree. The identities are in ${options.out}.`,
      'Next: what the helper may do; then take back what the worker has, and all below it.',
      '',
      ...nextCommands(leases),
    ].join('\n'),
  )
}

function nextCommands({ root, worker, helper }: Readonly<Record<string, string>>) {
  const writ = invokedAs()
  return [
    `${writ} lease show ${helper}`,
    `${writ} revoke ${worker} --reason "the job is done" --yes`,
    `${writ} tree ${root}`,
  ]
}

async function enroll(
  settings: Settings,
  given: {
    readonly name: string
    readonly folder: string
    readonly options: DemoOptions
    readonly contract: object
  },
): Promise<void> {
  const { name, folder, options, contract } = given
  const uri = `spiffe://${options.trustDomain}/agent/${name}`
  const { csrPem: csr, privateKeyPem } = await makeRequest(uri)
  const { certificate, ca } = await ask<AgentView & CertificateView>(settings.bearer(), {
    method: 'POST',
    path: '/v1/agents',
    body: { name, role: 'agent', csr, contract },
  })
  await keepIdentity(folder, { certificate, ca }, privateKeyPem)
}

/** As the agent of a folder, whatever identity flags and environment name. */
function connectionOf({ agentsAddress: address }: Settings, folder: string): Connection {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8')
  return {
    address,
    ca: text(IDENTITY_FILES.ca),
    certificate: text(IDENTITY_FILES.certificate),
    privateKey: privateKeyIn(join(folder, IDENTITY_FILES.key)),
  }
}

/** One hop: a delegation token from the holder above, redeemed by the holder below. */
async function handOn(
  from: Connection,
  to: Connection,
  lease: LeaseView,
  delegate: string,
  scope: object,
): Promise<LeaseView> {
  const { token } = await ask<DelegationView>(from, {
    method: 'POST',
    path: '/v1/delegations',
    body: { lease_id: lease.id, delegate, scope },
  })
  return ask<LeaseView>(to, { method: 'POST', path: '/v1/delegations/redeem', body: { token } })
}
