import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'
import { trailOfStore } from './trail-of-store.ts'
import type { AuditItem, AuditVerdict, Checkpointer } from './verdict.ts'
import { verifyTrail } from './verify-trail.ts'

/**
 * Writes the whole trail as JSON Lines: checkpoints (newest first), chains, then each chain's
 * records, `body` being the exact text that was hashed. Answers how many lines.
 */
export async function exportTrail(
  db: Kysely<Schema>,
  write: (line: string) => Promise<void> | void,
): Promise<number> {
  let lines = 0
  for await (const item of trailOfStore(db, 'all')) {
    await write(`${JSON.stringify(lineOf(item))}\n`)
    lines += 1
  }
  return lines
}

function lineOf(item: AuditItem): object {
  if (item.kind !== 'record') return item
  const { kind, chain, sequence, previousHash, hash, body } = item
  return { kind, chain, sequence, previous_hash: previousHash, hash, body }
}

/**
 * Verifies an export without the store. Needs nothing secret; with a checkpointer it also holds the
 * trail against its signed checkpoints, without one it can not see a tail that was cut off.
 */
export function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  checkpointer?: Pick<Checkpointer, 'verify'>,
): Promise<AuditVerdict> {
  return verifyTrail(itemsOf(lines), checkpointer)
}

async function* itemsOf(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<AuditItem> {
  let number = 0
  for await (const line of lines) {
    number += 1
    if (line.trim() !== '') yield itemOf(line) ?? { kind: 'unreadable', line: number }
  }
}

function itemOf(line: string): AuditItem | undefined {
  let item: Record<string, unknown> | null
  try {
    item = JSON.parse(line)
  } catch {
    return undefined
  }
  const { kind, number, jws, chain, genesis, sequence, previous_hash, hash, body } = item ?? {}
  if (kind === 'checkpoint' && isCount(number) && isText(jws)) return { kind, number, jws }
  if (kind === 'chain' && isText(chain) && isText(genesis)) return { kind, chain, genesis }
  const record = isCount(sequence) && isText(previous_hash) && isText(hash) && isText(body)
  if (kind === 'record' && isText(chain) && record) {
    return { kind, chain, sequence, previousHash: previous_hash, hash, body }
  }
  return undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
