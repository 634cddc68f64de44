import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../tidy/sources.ts'

/** One fenced block of a document. */
export interface Block {
  /** The line of its fence, for a reader. */
  readonly line: number
  /** The words after the fence: `['sh', 'serve']`. */
  readonly words: readonly string[]
  readonly text: string
  /** What stands between the block before and this one, without blank lines. */
  readonly before: string
  /** What stands between this block and the next, without blank lines. */
  readonly after: string
}

/** One document in Markdown with its blocks; `path` is relative to the top. */
export interface Walked {
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** Where documents with commands may lie. */
const FOLDERS = ['docs', 'examples', 'deploy'] as const

/** Every document that people read with a terminal beside it, in the order of their names. */
export const walked: readonly Walked[] = [
  ...namesIn('.', false),
  ...FOLDERS.flatMap((folder) => namesIn(folder, true)),
].map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, blocks: blocksOf(text) }
})

/** The fenced blocks of a text; a fence may be indented in a list. */
export function blocksOf(text: string): readonly Block[] {
  const lines = text.split('\n')
  const found: { line: number; end: number; words: readonly string[]; text: string }[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^( *)```([^`]*)$/.exec(lines[at] ?? '')
    if (fence === null) continue
    const indent = fence[1] ?? ''
    const end = lines.findIndex((line, later) => later > at && line.trim() === '```')
    if (end < 0) throw new Error(`the fence of line ${at + 1} has no end`)
    const body = lines.slice(at + 1, end).map((line) => line.replace(indent, ''))
    const words = (fence[2] ?? '').trim().split(/\s+/).filter(Boolean)
    found.push({ line: at + 1, end, words, text: `${body.join('\n')}\n` })
    at = end
  }
  return found.map(({ line, end, words, text: body }, at) => ({
    line,
    words,
    text: body,
    before: proseOf(lines.slice((found[at - 1]?.end ?? -1) + 1, line - 1)),
    after: proseOf(lines.slice(end + 1, (found[at + 1]?.line ?? lines.length + 1) - 1)),
  }))
}

/** What is done with a block: see test/docs/walk.ts. */
export type Treatment = 'run' | 'serve' | 'ci' | 'unrun'

/** How a block of commands is treated; undefined for any other block. */
export function treatmentOf({ words }: Block): Treatment | undefined {
  if (words[0] !== 'sh') return undefined
  const [, how = 'run'] = words
  if (how === 'run' || how === 'serve' || how === 'ci' || how === 'unrun') return how
  throw new Error(`a block of commands is run, served, CI's own or unrun, not ${how}`)
}

function proseOf(lines: readonly string[]): string {
  return lines.filter((line) => line.trim() !== '').join('\n')
}

function namesIn(folder: string, recursive: boolean): readonly string[] {
  let names: readonly string[]
  try {
    names = readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
  } catch {
    return []
  }
  return names
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => (folder === '.' ? name : `${folder}/${name}`))
    .sort()
}
