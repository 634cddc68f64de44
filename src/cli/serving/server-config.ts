import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import {
  type Config,
  flagOf,
  readConfig,
  SETTING_NAMES,
  type SettingName,
  variableOf,
} from '../../settings/config.ts'
import { SETTING_PURPOSES } from '../../settings/purposes.ts'
import { usage } from '../outcome.ts'

/** Settings that have a shorter flag as well. */
export const SHORT_FLAGS: readonly (readonly [SettingName, string, string])[] = [
  ['listeners.api', '--api', 'host:port of the API listener; port 0 lets the system choose'],
  ['listeners.agents', '--agents', 'host:port of the mTLS listener of agents'],
  ['listeners.gateway', '--gateway', 'host:port of the mTLS gateway'],
  ['listeners.handles', '--handles', 'host:port of calls by handle, or off'],
  ['listeners.admin', '--admin', 'host:port of health and metrics, or off'],
  ['gateway.routes', '--routes', 'file with the routes of the gateway'],
]

/** Gives a command a flag for every setting of the server. */
export function addServerOptions(command: Command): void {
  command.option('--config <file>', 'settings in TOML; flags and environment come first')
  for (const [name, flag, description] of SHORT_FLAGS) {
    command.addOption(new Option(`${flag} <value>`, `${description} (${variableOf(name)})`))
  }
  for (const name of SETTING_NAMES) {
    const [purpose] = SETTING_PURPOSES[name]
    const description = `${purpose.replaceAll('`', '')} (${variableOf(name)})`
    const option = new Option(`${flagOf(name)} <value>`, description)
    const hasShort = SHORT_FLAGS.some(([short]) => short === name)
    command.addOption(hasShort ? option.hideHelp() : option)
  }
}

/** The settings of a server: flag, environment, file, default. A usage failure says where. */
export function readServerConfig(command: Command): Config {
  const given = command.opts<Readonly<Record<string, string | undefined>>>()
  const flags: Partial<Record<SettingName, string>> = {}
  const take = (name: SettingName, flag: string) => {
    const value = given[new Option(`${flag} <value>`).attributeName()]
    if (value !== undefined) flags[name] = value
  }
  for (const name of SETTING_NAMES) take(name, flagOf(name))
  for (const [name, flag] of SHORT_FLAGS) take(name, flag)
  const file = given['config'] ?? process.env['WRIT_CONFIG']
  const read = readConfig({
    flags,
    env: process.env,
    ...(file === undefined ? {} : { file: { name: file, text: configText(file) } }),
  })
  if (read.ok) return read.config
  throw usage(read.problem)
}

function configText(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (cause) {
    throw usage(`Cannot read ${name}: ${(cause as NodeJS.ErrnoException).code ?? cause}.`)
  }
}
