import { createReadStream } from 'node:fs'
import { readJson } from '../domain/json.ts'
import type { Json } from '../domain/scope/types.ts'
import { CommandFailure, EXIT, usage } from './outcome.ts'

/** More than any scope, token, certificate or contract; keeps a wrong file from filling memory. */
const INPUT_BYTES_MAX = 1024 * 1024

/** JSON from an argument: inline when it starts with `{`, stdin for `-`, otherwise a file name. */
export async function readJsonArgument(argument: string): Promise<Json> {
  const text = argument.startsWith('{') ? argument : await readTextArgument(argument)
  const read = readJson(text)
  if (read.ok) return read.value
  throw malformed(read.pointer, read.detail)
}

/** Text of a file, or of stdin for `-`; UTF-8, at most 1 MiB. */
export async function readTextArgument(argument: string): Promise<string> {
  const bytes = argument === '-' ? await readStdin() : await readNamed(argument)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed('', 'The input is not UTF-8.')
  }
}

/**
 * A token from a file or stdin, trimmed. Never from the command line, where every process of the
 * machine could read it (I12).
 */
export async function readToken(argument: string | undefined): Promise<string> {
  if (argument?.startsWith('eyJ')) {
    throw usage('A token does not belong on the command line: name a file, or - for stdin.')
  }
  if (argument === undefined && process.stdin.isTTY === true) {
    throw usage('Name the file that holds the token, or give it on stdin.')
  }
  return (await readTextArgument(argument ?? '-')).trim()
}

/** The refusal of something that is not in the form that was asked for. */
export function malformed(pointer: string, detail: string): CommandFailure {
  const where = pointer === '' ? '' : ` at ${pointer}`
  return new CommandFailure(EXIT.usage, `Malformed${where}: ${detail}`, {
    error: 'malformed',
    pointer,
    detail,
  })
}

/** A name may lead to what has no end: a device, a pipe, a file that grows. */
async function readNamed(name: string): Promise<Uint8Array> {
  try {
    return await readWhole(createReadStream(name), name)
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    throw usage(`Cannot read ${name}: ${code ?? message}.`)
  }
}

function readStdin(): Promise<Uint8Array> {
  return readWhole(process.stdin as AsyncIterable<Buffer>, 'The input')
}

async function readWhole(source: AsyncIterable<Buffer>, what: string): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > INPUT_BYTES_MAX) throw malformed('', `${what} is larger than 1 MiB.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
