import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHere } from './cli-here.ts'
import { type CliServer, startCliServer } from './cli-server.ts'

/** Values that stand for `{name}` in the words of a row. */
type Values = Readonly<Record<string, string>>

/** A server with some of everything in it, for one command after the other. */
export interface CliSite {
  readonly server: CliServer
  readonly values: Values
  readonly env: NodeJS.ProcessEnv
  /** Asks for a lease of so many seconds that its owner has to approve; answers the approval. */
  ask(ttl: string): Promise<string>
}

const AGENTS = 'spiffe://writ.local/agent'
const ASKING = '{"approval_mode":"per_request"}'

/** Each command as it is granted, in an order in which each finds what it needs. */
export const GRANTED: readonly (readonly [string, string])[] = [
  ['operator add', 'dana'],
  ['operator list', ''],
  ['operator remove', 'dana --yes'],
  ['agent request', 'spare --out {folder}/spare'],
  ['agent add', 'fresh --csr {csr} --contract {contract} --out {folder}/fresh'],
  ['agent list', ''],
  ['agent show', 'fresh'],
  ['agent contract', 'fresh {contract}'],
  ['agent reissue', 'fresh --out {folder}/fresh'],
  ['agent renew', '--identity {planner}'],
  ['agent nonce', '--identity {planner}'],
  ['agent attest', '--identity {planner}'],
  ['enroll new', ''],
  ['enroll pending', ''],
  ['connector config', '--identity {planner}'],
  ['connector agents-md', '--category api_key'],
  ['lease open', '--scope {scope} --identity {planner}'],
  ['lease show', '{lease}'],
  ['lease list', ''],
  ['lease renew', '{lease} --ttl 600 --identity {planner}'],
  ['delegate', '--lease {lease} --to {agents}/worker --scope {child} --identity {planner}'],
  ['redeem', '{folder}/delegation.token --identity {worker}'],
  ['token mint', '--lease {lease} --audience https://gateway.test/up --identity {planner}'],
  ['token inspect', '{folder}/call.token'],
  ['token introspect', '{folder}/call.token'],
  ['handle create', '--lease {lease} --label nightly --identity {planner}'],
  ['handle list', ''],
  ['handle revoke', '{handle} --yes --identity {planner}'],
  ['call', 'GET /up/repos/a --lease {lease} --identity {planner}'],
  ['budget show', '{lease}'],
  ['tree', '{lease}'],
  ['explain', '{lease} {request}'],
  ['approval list', ''],
  ['approval show', '{approval}'],
  ['approval approve', '{approval} --yes'],
  ['approval deny', '{approval2}'],
  ['credential add', '{secret} --kind api_key --origin https://a.test --placement bearer key'],
  ['credential import', '{dotenv} --origin SHOP_KEY=https://shop.test --yes'],
  ['credential list', ''],
  ['credential show', 'key'],
  ['credential rotate', 'key {secret}'],
  ['credential rollback', 'key 1'],
  ['credential disable', 'key'],
  ['credential enable', 'key'],
  ['credential remove', 'key --yes'],
  ['revoke', '{lease} --yes'],
  ['revocation list', ''],
  ['lease release', '{lease2} --identity {planner}'],
  ['policy check', '{policies}'],
  ['policy list', ''],
  ['scope check', '{child} {scope}'],
  ['scope permits', '{full} {request}'],
  ['webhook add', 'https://pager.test/writ'],
  ['webhook list', ''],
  ['alert list', ''],
  ['audit search', ''],
  ['audit verify', ''],
  ['audit export', '--out {folder}/trail.jsonl'],
  ['keys list', ''],
  ['keys rotate', '--purpose receipt'],
  ['scan', '{policies}'],
  ['completion', 'bash'],
  ['doctor', '{place}'],
  ['migrate', '{place}'],
  ['backup', '{folder}/copy.db {place}'],
  ['init', '{folder}/made --server-names a.test'],
  ['demo', '--out {folder}/demo'],
]

/** Words of a row, with the values of a site in their places. */
export function wordsOf(command: string, rest: string, values: Values): readonly string[] {
  const filled = rest.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `{${name}}`)
  return [...command.split(' '), ...filled.split(' ').filter((word) => word !== '')]
}

/** Starts the server and puts agents, leases, tokens, approvals and files there. */
export async function openCliSite(): Promise<CliSite> {
  const server = await startCliServer()
  const { folder } = server
  const inFolder = (name: string) => join(folder, name)
  const owner = inFolder('keys/owner.token')
  const env = { ...server.env, WRIT_TOKEN_FILE: owner }
  const json = async (...words: readonly string[]) => {
    const ran = await runHere([...words, '--json'], env)
    if (ran.exit !== 0) throw new Error(`${words.join(' ')}: ${ran.stderr}`)
    return JSON.parse(ran.stdout)
  }
  const files = writeFiles(server)
  const { csr } = await json('agent', 'request', 'fresh', '--out', inFolder('fresh'))
  const add = ['--contract', files.contract, '--out']
  const [planner, worker, asker, gone] = ['planner', 'worker', 'asker', 'gone'].map(inFolder)
  for (const at of [planner, worker, gone] as string[]) {
    await json('agent', 'add', at.slice(folder.length + 1), ...add, at)
  }
  await json('agent', 'add', 'asker', '--terms', ASKING, ...add, String(asker))
  await json('revoke', `${AGENTS}/gone`, '--yes')
  const open = ['lease', 'open', '--scope', files.scope, '--identity']
  const asked = async (ttl: string) => {
    const ran = await runHere([...open, String(asker), '--ttl', ttl, '--json'], env)
    return JSON.parse(ran.stdout).approval.id
  }
  const lease = await json(...open, String(planner))
  const full = inFolder('full.json')
  writeFileSync(full, JSON.stringify(lease.scope))
  const lease2 = await json(...open, String(planner))
  const to = ['--to', `${AGENTS}/worker`, '--scope', files.child, '--identity', String(planner)]
  const token = inFolder('delegation.token')
  await json('delegate', '--lease', lease.id, ...to, '--out', token)
  const as = ['--lease', lease.id, '--identity', String(planner)]
  const minted = await json('token', 'mint', '--audience', 'https://gateway.test/up', ...as)
  writeFileSync(inFolder('call.token'), minted.tokens[0].token, { mode: 0o600 })
  const { id: handle } = await json('handle', 'create', '--label', 'first', ...as)
  const approvals = { approval: await asked('60'), approval2: await asked('61') }
  const place = `--data-dir ${inFolder('data')} --keys-dir ${inFolder('keys')}`
  const people = { planner, worker, asker, gone } as Values
  const ids = { lease: lease.id, lease2: lease2.id, handle, ...approvals }
  const values = { folder, csr, full, agents: AGENTS, place, ...files, ...people, ...ids }
  return { server, env, values, ask: asked }
}

function writeFiles({ folder, upstreamPort }: CliServer) {
  const scope = (paths: readonly string[], more: object = {}) => ({
    type: 'urn:writ:scope:v1',
    grants: [
      {
        ...{ type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports: [upstreamPort] },
        ...{ methods: ['GET', 'POST'], paths, private_net: true },
      },
    ],
    audiences: ['https://gateway.test/up'],
    delegation: { allowed: true, delegates: [`${AGENTS}/**`] },
    ...more,
  })
  const file = (name: string, content: unknown) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const policies = join(folder, 'policies')
  mkdirSync(policies)
  copyFileSync('examples/policies/defaults.toml', join(policies, 'defaults.toml'))
  const target = `http://127.0.0.1:${upstreamPort}/repos/a`
  return {
    contract: file(
      'contract.json',
      scope(['/**'], {
        limits: { max_depth: 2, max_uses: 'unlimited' },
        requires: { attestation_min: 'none', attestation_max_age_seconds: 'any' },
      }),
    ),
    scope: file('scope.json', scope(['/repos/**'], { limits: { max_depth: 1 } })),
    brief: file('brief.json', scope(['/repos/**'], { limits: { max_depth: 1, ttl_seconds: 60 } })),
    wide: file('wide.json', scope(['/**'], { audiences: ['urn:elsewhere'] })),
    child: file('child.json', scope(['/repos/a'], { delegation: { allowed: false } })),
    request: file('request.json', { type: 'http', method: 'GET', target }),
    policies,
    secret: `--secret-file ${file('secret', 'a-canary-of-a-key')}`,
    dotenv: file('.env', 'SHOP_KEY=canary-of-the-shop\nPORT=80\n'),
  }
}
