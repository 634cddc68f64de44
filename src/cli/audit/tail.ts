import { setTimeout } from 'node:timers/promises'
import { type Client, pathOf } from '../../client/client.ts'
import type { AuditFoundView, AuditRecordView, CheckpointView } from '../../client/views/audit.ts'
import type { PageView } from '../../client/views/common.ts'
import { AUDIT_FOUND_MAX, AUDIT_ROWS_MAX } from '../../domain/limits.ts'
import { shownJson } from '../../domain/shown-text.ts'
import { granted } from '../ask.ts'
import type { Output } from '../output.ts'
import { bodyOf, recordLine } from '../text/audit-line.ts'

const POLL_MS = 500

/**
 * Prints the newest records of all processes, oldest of them first, and with `follow` those that
 * come. A chain that begins meanwhile is known from the next checkpoint, a second later at most.
 */
export async function tailTrail(
  client: Client,
  output: Output,
  lines: number,
  follow: boolean,
): Promise<void> {
  const seen = new Map(follow ? await chainsNow(client) : [])
  let records = await newestRecords(client, lines)
  for (;;) {
    for (const record of records) {
      seen.set(record.chain, Math.max(record.sequence, seen.get(record.chain) ?? 0))
      await output.raw(`${output.json ? shownJson(record) : recordLine(record, output)}\n`)
    }
    if (!follow) return
    if (records.length === 0) await setTimeout(POLL_MS)
    records = await recordsSince(client, seen)
  }
}

/** The newest records, oldest of them first. */
async function newestRecords(client: Client, count: number): Promise<readonly AuditRecordView[]> {
  const records: AuditRecordView[] = []
  let cursor: string | null | undefined
  while (records.length < count && cursor !== null) {
    const limit = Math.min(AUDIT_FOUND_MAX, count - records.length)
    const query = { limit, ...(cursor === undefined ? {} : { cursor }) }
    const path = pathOf(['v1', 'audit', 'search'], query)
    const found = granted(await client.call<AuditFoundView>({ method: 'GET', path }))
    records.push(...found.items)
    cursor = found.cursor
  }
  return records.toReversed()
}

async function recordsSince(
  client: Client,
  seen: ReadonlyMap<string, number>,
): Promise<readonly AuditRecordView[]> {
  const records: AuditRecordView[] = []
  for (const chain of new Set([...seen.keys(), ...(await chainsNow(client)).keys()])) {
    records.push(...(await recordsAfter(client, chain, seen.get(chain) ?? 0)))
  }
  return records.toSorted((a, b) => timeOf(a) - timeOf(b))
}

/** The chains the newest checkpoint names, with the last record of each; none before the first. */
async function chainsNow(client: Client): Promise<ReadonlyMap<string, number>> {
  const path = pathOf(['v1', 'audit', 'checkpoints'], { limit: 1 })
  const page = granted(await client.call<PageView<CheckpointView>>({ method: 'GET', path }))
  const [, payload = ''] = page.items[0]?.jws.split('.') ?? []
  if (payload === '') return new Map()
  const statement = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    readonly chains: readonly { readonly chain: string; readonly sequence: number }[]
  }
  return new Map(statement.chains.map(({ chain, sequence }) => [chain, sequence]))
}

async function recordsAfter(client: Client, chain: string, after: number) {
  const path = pathOf(['v1', 'audit'], { chain, after, limit: AUDIT_ROWS_MAX })
  const call = { method: 'GET', path } as const
  return granted(await client.call<{ readonly items: readonly AuditRecordView[] }>(call)).items
}

function timeOf(record: AuditRecordView): number {
  return bodyOf(record).time ?? 0
}
