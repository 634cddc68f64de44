import { parse, TomlError } from 'smol-toml'

/** A file that was read by whoever knows where it lies. */
export interface TomlFile {
  readonly name: string
  readonly text: string
}

/** The entries of a file, none of them looked at, or the sentence that says what is wrong where. */
export type ReadEntries =
  | { readonly ok: true; readonly entries: readonly unknown[] }
  | { readonly ok: false; readonly problem: string }

/** The members of one table. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a file that is a list of tables of one name, `[[route]]`, and nothing else; an empty file
 * is an empty list. Touches no disk.
 */
export function readEntries({ name, text }: TomlFile, table: string): ReadEntries {
  const refused = (problem: string): ReadEntries => ({ ok: false, problem })
  let document: Fields
  try {
    document = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return refused(`${name}:${error.line}:${error.column}: this is not TOML.`)
  }
  const { [table]: entries = [], ...others } = document
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return refused(`${name}: there is no setting ${unknown}.`)
  if (!Array.isArray(entries)) return refused(`${name}: ${asTables(table)}`)
  return { ok: true, entries }
}

/** What is said of an entry that is no table. */
export function asTables(table: string): string {
  const plural = table === 'proxy' ? 'proxies' : `${table}s`
  return `write ${plural} as [[${table}]].`
}

/** Whether a value is a table of TOML: no list, no text, no moment. */
export function isTable(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
