import { resolve } from 'node:path'
import { CommandFailure, EXIT, usage } from '../outcome.ts'
import type { Answers } from './config-text.ts'

/** The flags of `writ init`; each is the answer to a question. */
export interface InitOptions {
  readonly serverNames?: string
  readonly trustDomain?: string
  readonly issuer?: string
  readonly api: string
  readonly agents: string
  readonly gateway: string
  readonly databaseUrlFile?: string
  readonly user: string
}

/**
 * What was given as flags, and on a terminal the rest by asking. Without a terminal nothing is
 * asked: what has no default is a usage failure that names its flag.
 */
export async function readAnswers(
  folder: string | undefined,
  options: InitOptions,
  terminal: boolean,
): Promise<Answers> {
  const asked = terminal ? await askRest(folder, options) : { ...options, folder }
  const place = asked.folder
  if (place === undefined) throw usage('Into which folder? writ init FOLDER')
  const names = split(asked.serverNames)
  const [first] = names
  if (first === undefined) {
    throw usage('Under which names do agents reach this machine? Give --server-names.')
  }
  const database = asked.databaseUrlFile
  return {
    folder: resolve(place),
    serverNames: [...new Set([...names, 'localhost', '127.0.0.1'])],
    trustDomain: asked.trustDomain ?? first,
    issuer: asked.issuer ?? `https://${first}`,
    api: asked.api,
    agents: asked.agents,
    gateway: asked.gateway,
    databaseUrlFile: database === undefined || database === '' ? undefined : resolve(database),
    user: asked.user,
  }
}

/** Asks on stderr, so that stdout stays the result. */
async function askRest(
  folder: string | undefined,
  options: InitOptions,
): Promise<InitOptions & { readonly folder: string }> {
  const { intro, isCancel, text } = await import('@clack/prompts')
  const output = process.stderr
  const ask = async (message: string, fallback: string, given: string | undefined) => {
    if (given !== undefined) return given
    const optional = fallback === '' ? {} : { defaultValue: fallback, placeholder: fallback }
    const answer = await text({ message, output, ...optional })
    if (isCancel(answer)) throw new CommandFailure(EXIT.interrupted, 'Nothing was made.')
    return typeof answer === 'string' && answer !== '' ? answer : fallback
  }
  intro('A deployment of Writ. Each answer is also a flag: writ help init.', { output })
  const place = await ask('Folder for keys, store and settings', '/var/lib/writ', folder)
  const serverNames = await ask(
    'Names agents reach this machine by, separated by commas (--server-names)',
    'localhost',
    options.serverNames,
  )
  const first = split(serverNames)[0] ?? 'localhost'
  const trustDomain = await ask('Trust domain (--trust-domain)', first, options.trustDomain)
  const databaseUrlFile = await ask(
    'File with a postgres:// URL; empty for SQLite (--database-url-file)',
    '',
    options.databaseUrlFile,
  )
  return { ...options, folder: place, serverNames, trustDomain, databaseUrlFile }
}

function split(names: string | undefined): readonly string[] {
  return (names ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
