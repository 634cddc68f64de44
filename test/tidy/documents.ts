import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './sources.ts'

/** One document in Markdown; `path` is relative to the top. */
export interface Document {
  readonly path: string
  readonly text: string
}

/** Every document of ours, in the order of their names. */
export const documents: readonly Document[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

/** The text of one document, or of the part of it below a heading. */
export function textOf(path: string, heading?: string): string {
  const text = documents.find((document) => document.path === path)?.text
  if (text === undefined) throw new Error(`there is no document ${path}`)
  if (heading === undefined) return text
  const start = text.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`${path} has no heading ${heading}`)
  const level = heading.slice(0, heading.indexOf(' '))
  const below = text.slice(start + heading.length + 2)
  const end = below.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return end < 0 ? below : below.slice(0, end)
}

/** The rows of every table in a text, without headings; cells are trimmed, code marks removed. */
export function rowsIn(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  return lines
    .filter((line, at) => line.startsWith('|') && !isHead(line, lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

function isHead(line: string, next: string | undefined): boolean {
  return /^\|[-:| ]+\|$/.test(line) || /^\|[-:| ]+\|$/.test(next ?? '')
}

/** The anchors of the headings of a document, as they are made on the web. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
