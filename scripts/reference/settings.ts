import { SHORT_FLAGS } from '../../src/cli/serving/server-config.ts'
import {
  describeSetting,
  flagOf,
  SETTING_NAMES,
  type SettingName,
  variableOf,
} from '../../src/settings/config.ts'
import { SETTING_PURPOSES } from '../../src/settings/purposes.ts'
import { code, codes, number, page, table } from './markdown.ts'

const SOURCES = `A flag comes before the environment, the environment before the file
(\`--config FILE\` or \`WRIT_CONFIG\`), the file before the default. The file is TOML 1.0 with the
names below; a name that is not below is refused with its line. An empty variable counts as unset.
Limits can only be lowered.`

const BESIDE = `The master key has variables of its own, of which one may be set: \`WRIT_PASSPHRASE_FILE\`,
\`WRIT_PASSPHRASE\` or \`WRIT_MASTER_KEY_FILE\`. Without one it lies in \`keys/master.key\`. What the
commands read beside is told with the [commands](commands.md#for-every-command).`

/** docs/reference/settings.md: every setting of a server. */
export function settingsPage(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { wanted, fallback } = describeSetting(name)
    return [
      code(name),
      code(variableOf(name)),
      codes([flagOf(name), ...shortFlags(name)]),
      wanted,
      defaultText(fallback),
      purposeText(name),
    ]
  })
  const head = ['setting', 'variable', 'flag', 'takes', 'default', 'what for']
  return page('Settings', 'src/settings/config.ts', SOURCES, table(head, rows), BESIDE)
}

function shortFlags(name: SettingName): readonly string[] {
  return SHORT_FLAGS.flatMap(([setting, flag]) => (setting === name ? [flag] : []))
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : codes(value)
  if (typeof value === 'number') return number(value)
  if (value === '') return 'none'
  return code(typeof value === 'object' ? listenText(value as Listen) : String(value))
}

interface Listen {
  readonly host: string
  readonly port: number
}

function listenText({ host, port }: Listen): string {
  return `${host}:${port}`
}

function purposeText(name: SettingName): string {
  const [purpose, more] = SETTING_PURPOSES[name]
  if (more === undefined) return purpose
  const [, file = ''] = /([a-z-]+)\.md/.exec(more) ?? []
  return `${purpose}; see [${file}](../${more})`.replace('(../reference/', '(')
}
