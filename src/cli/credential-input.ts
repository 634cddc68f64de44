import type { Placement } from '../domain/credential.ts'
import { readJson } from '../domain/json.ts'
import { malformed, readTextArgument } from './input.ts'
import { usage } from './outcome.ts'
import { secretText } from './secret-file.ts'

/** Where a secret comes from: never from the command line, which every process can read (I12). */
export interface SecretOptions {
  readonly secretFile?: string
  readonly parts?: true
  readonly reference?: string
}

/** What the API takes of a secret: its parts, or its name in another backend. */
export async function readContent(options: SecretOptions): Promise<object> {
  const { reference, secretFile, parts } = options
  if (reference !== undefined) return { reference }
  if (secretFile === undefined && process.stdin.isTTY === true) {
    throw usage('Give the secret on stdin, or name its file with --secret-file.')
  }
  const text = secretFile === undefined ? await readTextArgument('-') : secretText(secretFile)
  if (parts !== true) return { fields: { value: text.replace(/\r?\n$/, '') } }
  const read = readJson(text)
  if (!read.ok) throw malformed(read.pointer, read.detail)
  return { fields: read.value }
}

const PLACEMENTS: Readonly<Record<string, (rest: string) => Placement | undefined>> = {
  bearer: (rest) => (rest === '' ? { in: 'bearer' } : undefined),
  none: (rest) => (rest === '' ? { in: 'none' } : undefined),
  basic: (username) => ({ in: 'basic', username }),
  query: (name) => ({ in: 'query', name }),
  placeholder: (text) => ({ in: 'placeholder', text }),
  header: (rest) => {
    const [name = '', ...prefix] = rest.split(':')
    return { in: 'header', name, prefix: prefix.join(':') }
  },
}

/** `bearer`, `none`, `basic:USER`, `query:NAME`, `placeholder:TEXT`, `header:NAME[:PREFIX]`. */
export function readPlacement(text: string | undefined): Placement | undefined {
  if (text === undefined) return undefined
  const [word = '', ...rest] = text.split(':')
  const placement = Object.hasOwn(PLACEMENTS, word) ? PLACEMENTS[word]?.(rest.join(':')) : undefined
  if (placement !== undefined) return placement
  throw usage(
    'A placement is bearer, none, basic:USER, query:NAME, header:NAME or placeholder:TEXT.',
  )
}
