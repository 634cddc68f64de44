import { readFileSync } from 'node:fs'
import { startCluster, urlOf } from '../support/postgres-cluster.ts'
import type { Desk } from './desk.ts'

/** What the reader of a document has before it begins. */
export interface Before {
  /** Commands before the authority starts: files that it reads. */
  readonly first?: string
  /** What serves beside; undefined where the document starts everything itself. */
  readonly serves?: string
  /** What more the reader has set. */
  readonly environment?: (desk: Desk) => Promise<Readonly<Record<string, string>>>
  /** Commands after the authority has started: agents, files, variables. */
  readonly commands?: string
}

const SERVES = 'exec writ serve --routes docs/first-hour/routes.toml --log-level silent --json'
const OWNER = 'export WRIT_TOKEN_FILE=keys/owner.token'
const FILES = 'cp docs/first-hour/contract.json .'
const UPSTREAM = `node docs/first-hour/upstream.mjs 9480 > upstream.log &
until test -s upstream.log; do sleep 0.1; done`
const script = (name: string) => readFileSync(new URL(`before/${name}.sh`, import.meta.url), 'utf8')
const agents = (...names: readonly string[]) =>
  names
    .map((name) => `writ agent add ${name} --contract docs/first-hour/contract.json`)
    .map((command, at) => `${command} --out ${names[at]?.split(' ')[0]} > /dev/null`)
    .join('\n')

/** Documents that start everything they need. */
const FROM_NOTHING =
  /^(README\.md|docs\/guides\/|docs\/operating\/upgrades\.md|examples\/|deploy\/)/

/** Documents about parts of an installation that stands: what theirs has. */
const INSTALLED: Readonly<Record<string, Before>> = {
  'docs/faces/connector.md': {
    commands: `${FILES}
mkdir -p ~/.writ && chmod 700 ~/.writ && echo 'a passphrase of some length' > ~/.writ/passphrase
chmod 600 ~/.writ/passphrase && echo '{"approval_mode": "auto_within_contract"}' > terms.json`,
  },
  'docs/faces/crp.md': { commands: agents('worker') },
  'docs/faces/middleware.md': { commands: FILES },
  'docs/guides/postgresql.md': { environment: emptyDatabase },
  'docs/operating/upgrades.md': { environment: emptyDatabase },
  'docs/operating/topologies.md': {
    commands: `cp docs/first-hour/contract.json edge.json; cp docs/first-hour/routes.toml .`,
  },
  'docs/subjects/budgets.md': {
    first: `cp docs/first-hour/routes.toml . &&
echo 'cost = [{ unit = "USD", decimals = 2, amount = 1 }]' >> routes.toml`,
    serves: SERVES.replace('docs/first-hour/', ''),
    commands: script('budgets'),
  },
  'docs/subjects/credentials.md': {
    commands: `umask 077
for name in token.txt new-token.txt stripe.key; do echo "of-$name" > $name; done`,
  },
  'docs/subjects/revocation-feed.md': { commands: agents('gate --role enforcement') },
  ...Object.fromEntries(
    ['a2a', 'express', 'fastify', 'hono', 'mcp-server'].map((name) => [
      `examples/${name}/README.md`,
      {
        serves: 'exec writ serve --log-level silent --json',
        commands: `${OWNER}\n${agents('reports --role enforcement --server-name 127.0.0.1', 'worker')}`,
      },
    ]),
  ),
  'examples/crp/README.md': {
    serves: SERVES,
    commands: `${UPSTREAM}\n${OWNER}\n${agents('worker')}`,
  },
  'examples/python/README.md': { serves: SERVES, commands: `${UPSTREAM}\n${OWNER}` },
}

/** A server of the reader's own. */
async function emptyDatabase(): Promise<Readonly<Record<string, string>>> {
  return { DATABASE_URL: urlOf(await startCluster({ owner: process.pid }), 'postgres') }
}

/** What a reader has: nothing, or an authority of the first hour and the owner's token. */
export function beforeOf(path: string): Before {
  if (FROM_NOTHING.test(path)) return INSTALLED[path] ?? {}
  const { commands = '', ...own } = INSTALLED[path] ?? {}
  return { serves: SERVES, ...own, commands: `${OWNER}\n${commands}` }
}
