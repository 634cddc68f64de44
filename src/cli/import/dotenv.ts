import { parseEnv } from 'node:util'
import { readTextArgument } from '../input.ts'
import { usage } from '../outcome.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/

/** What a dotenv file says. */
export interface Dotenv {
  /** In the order of the file. */
  readonly variables: ReadonlyMap<string, string>
  /** Those with a `#` that ends the value for some readers and is a part of it for others. */
  readonly doubtful: ReadonlySet<string>
}

/**
 * Reads a dotenv file, or stdin for `-`, as Node does with `--env-file`: quotes, values of several
 * lines, comments, `export`; nothing is expanded, the last of a name counts. What is not
 * `NAME=value` is refused, since what follows it would be read wrongly; no value is told.
 */
export async function readDotenv(file: string): Promise<Dotenv> {
  const text = (await readTextArgument(file)).replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  const read = parseEnv(text)
  const odd = Object.keys(read).find((name) => !NAME.test(name))
  if (odd !== undefined) throw usage(`${file}${lineOf(odd, text)} is not NAME=value.`)
  const variables = new Map<string, string>()
  const doubtful = new Set<string>()
  for (const { name, rest } of linesIn(text)) {
    const value = Object.hasOwn(read, name) ? read[name] : undefined
    if (value !== undefined) variables.set(name, value)
    if (/^[^"'`#]*[^\s"'`#]#/.test(rest)) doubtful.add(name)
  }
  const [open] = [...variables].find(([, value]) => /^["'`]/.test(value)) ?? []
  if (open !== undefined) throw usage(`The quote before the value of ${open} is not closed.`)
  return { variables, doubtful }
}

/** The names in the order of the file, which Node does not keep, and what stands behind each. */
function linesIn(text: string): readonly { readonly name: string; readonly rest: string }[] {
  const starts = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$/gm
  return [...text.matchAll(starts)].map(([, name = '', rest = '']) => ({ name, rest }))
}

/** Where something stands that was read as a name and is none. */
function lineOf(odd: string, text: string): string {
  const [first = ''] = odd.split('\n')
  const at = text.split('\n').findIndex((line) => line.trim().startsWith(first.trim()))
  return at < 0 ? '' : `:${at + 1}`
}
