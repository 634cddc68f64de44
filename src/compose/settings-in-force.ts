import { type Config, readConfig, SETTING_NAMES, type SettingName } from '../settings/config.ts'
import { SETTING_PURPOSES } from '../settings/purposes.ts'
import type { SettingInForce } from '../usecases/read-limits.ts'

/** Settings whose value opens something. */
const SECRET: ReadonlySet<SettingName> = new Set(['database_url'])

/** Any URL with a password in it, whatever the setting is called. */
const USER_INFO = /:\/\/[^/\s]*@/

/** Every setting as people are told it; nothing secret (I12). */
export function settingsInForce(config: Config): readonly SettingInForce[] {
  const standard = readConfig({})
  if (!standard.ok) throw new Error(standard.problem)
  return SETTING_NAMES.map((name) => ({
    name,
    value: told(name, config[name]),
    standard: told(name, standard.config[name]),
    purpose: SETTING_PURPOSES[name][0],
  }))
}

function told(name: SettingName, value: Config[SettingName]): string {
  const text = textOf(value)
  const isSecret = text !== '' && (SECRET.has(name) || USER_INFO.test(text))
  return isSecret ? 'set' : text
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  if ('host' in value && 'port' in value) return `${value.host}:${value.port}`
  return JSON.stringify(value)
}
