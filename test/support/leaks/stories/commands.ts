import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GIT_ENV } from '../../git-server.ts'
import { canary } from '../canaries.ts'
import { secretFile } from '../deployment.ts'
import { RESOURCE, type Site } from '../site.ts'
import { signatureOf } from './calls.ts'
import { keyOf } from './people.ts'

/** Works the commands that take, make or could show a secret. */
export async function commands(site: Site): Promise<void> {
  const { witness, deployment } = site
  const { folder, ownerFile } = deployment
  const as = { WRIT_TOKEN_FILE: ownerFile }
  const run = (words: readonly string[], stdin?: string, env: object = as) =>
    deployment.writ(`writ ${words.slice(0, 2).join(' ')}`, words, stdin, env)
  const added = witness.plant('a credential from stdin', canary('stdin'))
  const origin = ['--origin', site.around.upstream.url]
  await run(['credential', 'add', 'typed', '--kind', 'bearer', ...origin], added)
  await run(['credential', 'add', 'typed', '--kind', 'bearer', ...origin], added)
  await run(['credential', 'add', 'odd', '--kind', 'nothing', ...origin], added)
  await run(['credential', 'add', 'odd', '--kind', 'custom', '--parts', ...origin], added)
  const file = secretFile(join(folder, 'outside'), 'typed', added)
  await run(['credential', 'rotate', 'typed', '--secret-file', file])
  await run(['credential', 'show', 'typed', '--json'])
  await run(['credential', 'list', '--json'])
  const words = ['--vault-file-dir', join(folder, 'vault'), '--keys-dir', join(folder, 'keys')]
  const pass = { WRIT_PASSPHRASE_FILE: join(folder, 'outside', 'passphrase') }
  const sealed = witness.plant('a sealed secret', canary('sealed'))
  await run(['credential', 'seal', 'team', ...words], sealed, pass)
  await run(['doctor', '--data-dir', join(folder, 'data'), ...words], undefined, as)
  await run(['policy', 'check', join(folder, 'policies')])
  await run(['audit', 'export'])
  await run(['audit', 'tail', '--lines', '200'])
  const key = await addAgent(site, as)
  witness.plant('the key of an agent', keyOf(key), 'once: the files of an agent')
}

/** Adds an agent, with which it mints and inspects a token and wraps a tool. */
async function addAgent(site: Site, as: object): Promise<string> {
  const { witness, deployment, contract } = site
  const out = join(deployment.folder, 'hand')
  const scope = join(deployment.folder, 'contract.json')
  const terms = join(deployment.folder, 'terms.json')
  writeFileSync(scope, JSON.stringify(contract))
  writeFileSync(terms, JSON.stringify({ categories: ['api_key'] }))
  const run = (place: string, words: readonly string[], stdin?: string, env = as) =>
    deployment.writ(place, words, stdin, env)
  await run('writ agent add', ['agent', 'add', 'hand', '--contract', scope, '--out', out])
  await run('writ agent contract', ['agent', 'contract', 'hand', scope, '--terms', terms])
  const key = readFileSync(join(out, 'agent.key'), 'utf8')
  witness.saw('once: the files of an agent', key)
  const me = ['--identity', out]
  const opened = await run('writ lease', [...me, 'lease', 'open', '--scope', scope, '--json'])
  const lease = JSON.parse(opened.stdout).id
  const minting = ['token', 'mint', '--lease', lease, '--audience', RESOURCE]
  const minted = await run('once: writ token mint', [...me, ...minting])
  const token = minted.stdout.trim()
  witness.plant('a token of the command', signatureOf(token), 'once: writ token mint: stdout')
  await run('writ token inspect', ['token', 'inspect'], token)
  await run('writ token introspect', [...me, 'token', 'introspect'], token)
  await run('writ doctor', [...me, 'doctor'])
  await wrapped(site, [...me, 'wrap', '--lease', lease, '--route', 'bearer'])
  return key
}

/** Has git tell the password of a run, which nothing else may. */
async function wrapped({ witness, deployment }: Site, words: readonly string[]): Promise<void> {
  const look = [
    "git config --get-regexp '^url' | sed 's/^url\\.\\(.*\\)\\.insteadof .*/url=\\1/'",
    'git credential fill',
  ].join(' | ')
  const place = 'once: the password of a run'
  const tool = ['--for', 'https://git.test/', '--', 'git', '-c', `alias.look=!${look}`, 'look']
  const env = { ...GIT_ENV, GIT_TRACE: '1', GIT_CURL_VERBOSE: '1' }
  const ran = await deployment.writ(place, [...words, ...tool], undefined, env)
  const [, password] = /password=(\S+)/.exec(ran.stdout) ?? []
  if (password === undefined) throw new Error(`no password: ${ran.stdout}${ran.stderr}`)
  witness.plant('the password of a run', password, `${place}: stdout`)
  const clone = ['--for', 'https://git.test/', '--', 'git', 'clone', 'https://git.test/a.git']
  await deployment.writ('writ wrap', [...words, ...clone, join(deployment.folder, 'x')], '', env)
}

/** Databases nobody answers at, and URLs that are none: the password is in no sentence. */
export async function databaseUrls(site: Site): Promise<void> {
  const { witness, deployment } = site
  const { folder } = deployment
  const password = witness.plant('the password of a database', canary('db').replace('/', '-'))
  const urls = [
    `postgres://writ:${encodeURIComponent(password)}@127.0.0.1:1/writ`,
    `postgres://writ:${password} @[/writ`,
  ]
  const keys = { WRIT_KEYS_DIR: join(folder, 'other-keys') }
  for (const url of urls) {
    const env = { ...keys, WRIT_DATABASE_URL: url }
    await deployment.writ('writ migrate', ['migrate'], undefined, env)
    await deployment.writ('writ doctor', ['doctor'], undefined, env)
    const file = secretFile(join(folder, 'outside'), 'url', url)
    await deployment.writ('writ migrate', ['migrate', '--database-url-file', file], '', keys)
    await deployment.writ('writ migrate', ['migrate', '--database-url', url], '', keys)
  }
}
