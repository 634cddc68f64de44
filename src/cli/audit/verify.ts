import type { JsonWebKey } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Connection } from '../../client/client.ts'
import type { AuditVerdictView } from '../../client/views/audit.ts'
import { ask } from '../ask.ts'
import { malformed, readJsonArgument } from '../input.ts'
import { usage } from '../outcome.ts'
import { type TrailLine, type TrailVerdict, TrailVerifier } from './trail.ts'

/** How often a long verification says how far it is, in lines. */
const LINES_TOLD = 1_000

/** What a verification came to, for machines and for people. */
export interface TrailFound {
  readonly ok: boolean
  readonly document: object
  readonly sentence: string
}

/** Has the server verify its whole trail, against its own keys. */
export async function verifyOnServer(connection: Connection): Promise<TrailFound> {
  const path = '/v1/audit/verify'
  const verdict = await ask<AuditVerdictView>(connection, { method: 'GET', path })
  const document = { ok: verdict.whole, ...verdict }
  if (verdict.whole) {
    const { records, chains, checkpoints } = verdict
    const sentence = `whole: ${counted({ records, chains, checkpoints })}`
    return { ok: true, document, sentence }
  }
  const { problem, chain, sequence } = verdict.bad
  const sentence = `not whole: ${problem} at ${chain ?? 'checkpoint'} ${sequence}`
  return { ok: false, document, sentence }
}

/**
 * Verifies an export line by line, without a server. With a JWK set it also holds the checkpoints
 * against the keys in it; where that set came from is the caller's to trust.
 */
export async function verifyExportFile(
  file: string,
  jwks: string | undefined,
  report: (lines: number) => void = () => undefined,
): Promise<TrailFound> {
  const verifier = new TrailVerifier(jwks === undefined ? undefined : await readKeys(jwks))
  const input = file === '-' ? process.stdin : createReadStream(file)
  let number = 0
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1
      if (number % LINES_TOLD === 0) report(number)
      if (line !== '') verifier.take(readLine(line, number))
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === undefined ? cause : usage(`Cannot read ${file}: ${code}.`)
  }
  const verdict = verifier.verdict()
  return { ok: verdict.ok, document: verdict, sentence: sentenceOf(verdict) }
}

function sentenceOf(verdict: TrailVerdict): string {
  if (!verdict.ok) return ['not whole:', ...verdict.faults.map((fault) => `  ${fault}`)].join('\n')
  const signed = verdict.signatures === 'verified' ? 'signed' : 'signatures not judged: no --jwks'
  return `whole: ${counted(verdict)} (${signed})`
}

function counted(verdict: Pick<TrailVerdict, 'records' | 'chains' | 'checkpoints'>): string {
  const { records, chains, checkpoints } = verdict
  return `${records} records in ${chains} chains, ${checkpoints} checkpoints`
}

async function readKeys(file: string): Promise<readonly JsonWebKey[]> {
  const set = (await readJsonArgument(file)) as { readonly keys?: unknown }
  if (!Array.isArray(set.keys)) throw malformed('/keys', 'A JWK set has a list of keys.')
  return set.keys as readonly JsonWebKey[]
}

const SHAPES: Readonly<Record<string, Readonly<Record<string, 'string' | 'number'>>>> = {
  chain: { chain: 'string', genesis: 'string' },
  checkpoint: { number: 'number', jws: 'string' },
  record: {
    chain: 'string',
    sequence: 'number',
    previous_hash: 'string',
    hash: 'string',
    body: 'string',
  },
}

function readLine(line: string, number: number): TrailLine {
  let value: Readonly<Record<string, unknown>>
  try {
    value = { ...JSON.parse(line) }
  } catch {
    throw malformed('', `Line ${number} is not JSON.`)
  }
  const shape = SHAPES[String(value['kind'])]
  if (shape === undefined) throw malformed('/kind', `Line ${number} is of no known kind.`)
  for (const [member, type] of Object.entries(shape)) {
    if (typeof value[member] !== type) {
      throw malformed(`/${member}`, `Line ${number} has no good ${member}.`)
    }
  }
  return value as unknown as TrailLine
}
