import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Config, readConfig } from '../../settings/config.ts'
import { type Answers, configText, ROUTES_TEXT } from '../init/config-text.ts'
import { type InitOptions, readAnswers } from '../init/questions.ts'
import { systemdUnit } from '../init/unit.ts'
import { CommandFailure, EXIT, usage } from '../outcome.ts'
import { withProgress } from '../progress.ts'
import { privateFolder, writeSecret } from '../secret-file.ts'
import { readSettings } from '../settings.ts'

/** `writ init`: everything a real deployment begins with, in one folder. */
export function registerInit(init: Command): void {
  init
    .argument('[folder]', 'where it all goes; it has to be empty or not there')
    .option('--server-names <names>', 'names agents reach this machine by, separated by commas')
    .option('--trust-domain <name>', 'in spiffe://<domain>/… (default: the first name)')
    .option('--issuer <url>', 'iss of every token (default: https:// and the first name)')
    .option('--api <host:port>', 'plain HTTP for people', '127.0.0.1:9441')
    .option('--agents <host:port>', 'mutual TLS for agents', '0.0.0.0:9442')
    .option('--gateway <host:port>', 'mutual TLS for calls', '0.0.0.0:9443')
    .option('--database-url-file <file>', 'holds a postgres:// URL; its tables are made')
    .option('--user <name>', 'the account the service runs as', 'writ')
    .action(make)
}

async function make(folder: string | undefined, options: InitOptions, command: Command) {
  const { output } = readSettings(command)
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  const answers = await readAnswers(folder, options, terminal)
  const config = judged(answers)
  requireEmpty(answers.folder)
  mkdirSync(answers.folder, { recursive: true, mode: 0o700 })
  privateFolder(answers.folder)
  const file = (name: string) => join(answers.folder, name)
  try {
    const token = await withProgress(output, 'Making keys, root, store and first owner', () =>
      makeWorld(config),
    )
    writeSecret(file('routes.toml'), ROUTES_TEXT)
    writeSecret(file('writ.toml'), configText(answers))
    const places = { command: ownCommand(), folder: answers.folder, user: answers.user }
    writeSecret(file('writ.service'), systemdUnit({ ...places, config: file('writ.toml') }))
    const made = { folder: answers.folder, config: file('writ.toml'), unit: file('writ.service') }
    const next = nextSteps(answers)
    await output.result({ ...made, owner_token_file: token, next }, () =>
      madeText(made, token, next),
    )
  } catch (cause) {
    for (const name of readdirSync(answers.folder)) rmSync(file(name), { recursive: true })
    throw new CommandFailure(EXIT.failure, cause instanceof Error ? cause.message : String(cause))
  }
}

/** The settings as a process will read them; what is wrong with an answer is a usage failure. */
function judged(answers: Answers): Config {
  const file = { name: 'writ.toml', text: configText(answers) }
  const read = readConfig({ file, flags: { 'log.level': 'warn' } })
  if (!read.ok) throw usage(read.problem)
  if (!/^[a-z_][a-z0-9_-]*$/.test(answers.user)) throw usage('--user takes the name of an account.')
  if (/\p{Cc}/u.test(answers.folder)) throw usage('The folder may hold no control characters.')
  return read.config
}

function requireEmpty(folder: string): void {
  let names: readonly string[] = []
  try {
    names = readdirSync(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    throw new CommandFailure(EXIT.failure, `${folder} can not be read: ${code}.`)
  }
  if (names.length === 0) return
  throw new CommandFailure(
    EXIT.failure,
    `${folder} is not empty, and nothing of it is overwritten: name another folder.`,
  )
}

/** Keys, certificate authority, tables and first owner; answers where the owner's token is. */
async function makeWorld(config: Config): Promise<string> {
  const { migrateStore, openWorld } = await import('../../compose/world.ts')
  if (config.database_url_file !== '') await migrateStore(config)
  const { ownerTokenFile, close } = await openWorld({ ...config, 'gateway.routes': '' })
  await close()
  return ownerTokenFile
}

/** How this very command is started by a service. */
function ownCommand(): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? 'writ']
}

function nextSteps({ folder, user }: Answers): readonly string[] {
  const config = join(folder, 'writ.toml')
  return [
    `writ serve --config ${config}`,
    `writ doctor --config ${config}`,
    `sudo useradd --system --home-dir ${folder} --shell /usr/sbin/nologin ${user}`,
    `sudo chown -R ${user}: ${folder}`,
    `sudo cp ${join(folder, 'writ.service')} /etc/systemd/system/`,
    'sudo systemctl daemon-reload && sudo systemctl enable --now writ',
  ]
}

interface Made {
  readonly folder: string
  readonly config: string
  readonly unit: string
}

function madeText({ folder, config, unit }: Made, token: string, next: readonly string[]): string {
  const [tryIt = '', look = '', ...service] = next
  return [
    `A deployment of Writ is in ${folder}:`,
    `  ${config}  its settings; what to look at says CHANGE`,
    `  ${unit}  a systemd unit`,
    `  ${token}  the first owner's token; take it away once it is kept elsewhere`,
    '',
    'Try it here:',
    `  ${tryIt}`,
    `  ${look}`,
    '',
    'As a service:',
    ...service.map((line) => `  ${line}`),
  ].join('\n')
}
