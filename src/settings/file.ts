import { parse, TomlError } from 'smol-toml'

/** A value and where it was found. */
export interface Found {
  readonly value: unknown
  readonly place: string
}

/**
 * The settings of a file by their whole names, each with its line; or the sentence that says what
 * is wrong and where. A key that `known` does not know is refused.
 */
export function readConfigFile(
  file: { readonly name: string; readonly text: string } | undefined,
  known: (key: string) => boolean,
): ReadonlyMap<string, Found> | string {
  const found = new Map<string, Found>()
  if (file === undefined) return found
  let document: Record<string, unknown>
  try {
    document = parse(file.text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return `${file.name}:${error.line}:${error.column}: this is not TOML.`
  }
  const lines = linesOf(file.text)
  for (const [key, value] of leavesOf(document, '')) {
    const place = `${file.name}:${lines.get(key) ?? 1}`
    if (!known(key)) return `${place}: there is no setting ${key}.`
    found.set(key, { value, place })
  }
  return found
}

/** The values of a file with their whole names; a table is no value. */
function* leavesOf(table: object, prefix: string): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(table)) {
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isTable && !(value instanceof Date)) yield* leavesOf(value, `${prefix}${key}.`)
    else yield [`${prefix}${key}`, value]
  }
}

/** The line each key stands on, for plain tables and dotted keys; others fall back to line 1. */
function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  let table = ''
  text.split(/\r?\n/).forEach((line, index) => {
    const header = /^\s*\[([^[\]]+)\]/.exec(line)?.[1]
    if (header !== undefined) table = `${plainKey(header)}.`
    const key = /^\s*([A-Za-z0-9_."' -]+?)\s*=/.exec(line)?.[1]
    if (key !== undefined) lines.set(`${table}${plainKey(key)}`, index + 1)
  })
  return lines
}

function plainKey(key: string): string {
  return key
    .split('.')
    .map((part) => part.trim().replaceAll(/^["']|["']$/g, ''))
    .join('.')
}
