import { once } from 'node:events'
import { shownJson, shownText } from '../domain/shown-text.ts'

/** Where a command speaks: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean
  /** Prints the result: the document with `--json`, the lines for people otherwise. */
  result(document: unknown, lines: () => string): Promise<void>
  /** Bytes or text as they are, for streams and tokens; waits when the reader is slow. */
  raw(chunk: string | Uint8Array): Promise<void>
  /** A message for people; never part of the result. */
  note(message: string): void
  paint(colour: Colour, text: string): string
}

/** A colour or weight of text on a terminal. */
export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
}

/** Speaks to this process's streams. Colour only to a terminal that did not decline it. */
export function openOutput(json: boolean, env: NodeJS.ProcessEnv = process.env): Output {
  const coloured = !json && wantsColour(env, process.stdout.isTTY === true)
  async function raw(chunk: string | Uint8Array): Promise<void> {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
  }
  return {
    json,
    raw,
    result: (document, lines) => raw(`${json ? shownJson(document) : lines()}\n`),
    note: (message) => void process.stderr.write(`${printable(message)}\n`),
    paint(colour, text) {
      const [on, off] = CODES[colour]
      return coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text
    },
  }
}

/** NO_COLOR (any non-empty value) and FORCE_COLOR decide before the kind of stream does. */
export function wantsColour(env: NodeJS.ProcessEnv, terminal: boolean): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0'
  return terminal && env['TERM'] !== 'dumb'
}

/**
 * Text of others for a terminal: a reason or a name must not move the cursor, recolour a verdict or
 * fake a line. Line feeds and tabs stay.
 */
export const printable = shownText

/** The same on one line: what stands in a row or beside a name can not fake a line of its own. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\u000a')
}

/** `name  value` lines, values aligned; a list is a value of several lines. */
export function fields(
  entries: readonly (readonly [string, string | number | readonly string[]])[],
): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries
    .map(([name, value]) => {
      const lines = typeof value === 'object' ? value : [String(value)]
      const [head, ...rest] = lines.map(printableLine)
      return [
        `${name.padEnd(width)}  ${head ?? ''}`,
        ...rest.map((line) => `${' '.repeat(width)}  ${line}`),
      ].join('\n')
    })
    .join('\n')
}
