import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import * as limits from '../../src/domain/limits.ts'
import { code, number, page, table } from './markdown.ts'

const FOLDER = new URL('../../src/domain/limits/', import.meta.url)

const ABOUT = `Every number that bounds something, and why it is that number. Those that are
[settings](settings.md) can be lowered; the others are fixed.`

/** docs/reference/limits.md: numbers are imported, reasons are the docstrings of their lines. */
export function limitsPage(): string {
  const values: Readonly<Record<string, number>> = limits
  const parts = limitFiles().flatMap(({ subject, about, reasons }) => {
    const rows = [...reasons].map(([name, reason]) => {
      return [code(name), number(values[name] ?? Number.NaN), unitOf(name), reason]
    })
    return [`## ${subject}`, about, table(HEAD, rows)]
  })
  return page('Limits', 'src/domain/limits', ABOUT, ...parts)
}

/**
 * src/usecases/limit-reasons.json: the same reasons by name, for `GET /v1/limits` and the console.
 * Docstrings are not there when a program runs.
 */
export function limitReasons(): string {
  const told = limitFiles().flatMap(({ subject, reasons }) =>
    [...reasons].map(([name, reason]) => [name, { subject, unit: unitOf(name), reason }] as const),
  )
  return `${JSON.stringify(Object.fromEntries(told), null, 2)}\n`
}

function limitFiles() {
  const files = readdirSync(FOLDER).toSorted()
  return files.map((file) => ({ subject: file.replace('.ts', ''), ...readLimits(file) }))
}

const HEAD = ['limit', 'value', 'unit', 'reason'] as const

/** The reasons of one file by name, and what its first line says of them all. */
function readLimits(file: string) {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  const reasons = new Map<string, string>()
  let about = ''
  let reason = ''
  for (const statement of tree.statements.filter(ts.isVariableStatement)) {
    const comments = ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []
    const told = comments.map(({ pos, end }) => wordsOf(text.slice(pos, end)))
    if (told.length > 1) about = told[0] ?? ''
    // A docstring stands for the run of lines below it.
    reason = told.at(-1) ?? reason
    for (const { name } of statement.declarationList.declarations) {
      if (name.getText() in limits) reasons.set(name.getText(), reason)
    }
  }
  return { about, reasons }
}

function wordsOf(comment: string): string {
  return comment
    .replaceAll(/^\/\*\*?|\s*\*\/$|^\s*\*/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_MS(_|$)/, 'milliseconds'],
  [/_SECONDS(_|$)|_TTL_|_SKEW_/, 'seconds'],
  [/_MINUTES(_|$)/, 'minutes'],
  [/_BYTES(_|$)/, 'bytes'],
  [/_CHARACTERS(_|$)|_STRING_/, 'characters'],
  [/_PERCENT(_|$)/, 'percent'],
  [/_PER_MINUTE(_|$)/, 'a minute'],
]

/** The unit as the name tells it; what is counted has none. */
function unitOf(name: string): string {
  return UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? ''
}
