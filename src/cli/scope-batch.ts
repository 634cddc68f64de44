import { readJson } from '../domain/json.ts'
import { JSON_NESTING_MAX } from '../domain/limits.ts'
import type { Json } from '../domain/scope/types.ts'
import { checkPermits, checkScope } from '../domain/scope/verdict.ts'
import type { Output } from './output.ts'

/** A longer line is answered as malformed and skipped: memory stays bounded whatever comes. */
const LINE_BYTES_MAX = 1024 * 1024
/** Answers are written in pieces of about this size. */
const PIECE_CHARACTERS = 64 * 1024
const NEWLINE = 0x0a

/**
 * Answers JSON Lines, one line each, in order: `{id, child, parent}` or `{id, scope, request}`
 * becomes `{id, …verdict}`. A line that is not JSON is answered as malformed with the id null.
 * Reads no faster than its answers are taken.
 */
export async function judgeLines(
  input: AsyncIterable<Uint8Array>,
  output: Pick<Output, 'raw'>,
): Promise<void> {
  let piece = ''
  for await (const line of linesOf(input)) {
    piece += `${JSON.stringify(line === undefined ? tooLong() : judgeLine(line))}\n`
    if (piece.length < PIECE_CHARACTERS) continue
    await output.raw(piece)
    piece = ''
  }
  if (piece !== '') await output.raw(piece)
}

/** The lines of a stream without their ends; undefined stands for one that was too long. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  let held: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of input) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      bytes += end - start
      held.push(chunk.subarray(start, end))
      yield bytes > LINE_BYTES_MAX ? undefined : joined(held)
      held = []
      bytes = 0
      start = end + 1
    }
    bytes += chunk.length - start
    if (start < chunk.length && bytes <= LINE_BYTES_MAX) held.push(chunk.subarray(start))
  }
  if (bytes > 0) yield bytes > LINE_BYTES_MAX ? undefined : joined(held)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The answer to one line. */
export function judgeLine(line: Uint8Array): object {
  let text: string
  try {
    text = utf8.decode(line)
  } catch {
    return malformedLine(null, '', 'The line is not UTF-8.')
  }
  const read = readJson(text, JSON_NESTING_MAX)
  if (!read.ok) return unreadable(text, read)
  const { value } = read
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformedLine(null, '', 'A line is one JSON object.')
  }
  return judgeMembers(value as { readonly [member: string]: Json })
}

function judgeMembers(members: { readonly [member: string]: Json }): object {
  const { id = null, ...documents } = members
  const names = Object.keys(documents).sort().join()
  if (names === 'child,parent') {
    return { id, ...checkScope(documents['child'], documents['parent']) }
  }
  if (names === 'request,scope') {
    return { id, ...checkPermits(documents['scope'], documents['request']) }
  }
  return malformedLine(id, '', 'A line has id and child, parent or id and scope, request.')
}

/** Points into the document where it can, as the verdicts do, rather than into the line. */
function unreadable(
  text: string,
  { pointer, detail }: { readonly pointer: string; readonly detail: string },
): object {
  const [, document, rest = ''] = /^\/(child|parent|scope|request)(\/.*)?$/s.exec(pointer) ?? []
  const id = idDespite(text, pointer)
  if (document === undefined) return malformedLine(id, pointer, detail)
  return malformedLine(id, rest, `the ${document}: ${detail}`)
}

/**
 * The id of a line that is JSON, but not such as is accepted here (a member twice, a number that
 * would change). Only for the answer to be matched; nothing else of the line is used.
 */
function idDespite(text: string, pointer: string): Json {
  if (pointer === '/id') return null
  try {
    const { id } = JSON.parse(text) as { readonly id?: unknown }
    return typeof id === 'string' || Number.isSafeInteger(id) ? (id as Json) : null
  } catch {
    return null
  }
}

function tooLong(): object {
  return malformedLine(null, '', 'A line is at most 1 MiB.')
}

function malformedLine(id: Json, pointer: string, detail: string): object {
  return { id, error: 'malformed', pointer, detail }
}
