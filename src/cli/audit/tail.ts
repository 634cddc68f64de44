import { setTimeout } from 'node:timers/promises'
import { type Client, pathOf } from '../../client/client.ts'
import type { AuditRecordView, CheckpointView } from '../../client/views/audit.ts'
import type { PageView } from '../../client/views/common.ts'
import { granted } from '../ask.ts'
import type { Output } from '../output.ts'
import { bodyOf, recordLine } from '../text/audit-line.ts'

const POLL_MS = 500
const PAGE_ROWS = 1_000

/**
 * Prints the newest records, oldest of them first, and with `follow` those that come. Which chains
 * are written now is known from the newest checkpoint, which is at most a second old.
 */
export async function tailTrail(
  client: Client,
  output: Output,
  lines: number,
  follow: boolean,
): Promise<void> {
  const seen = new Map<string, number>()
  for (;;) {
    for (const [chain, sequence] of await chainsNow(client)) {
      if (!seen.has(chain)) seen.set(chain, Math.max(0, sequence - lines))
    }
    const records: AuditRecordView[] = []
    for (const [chain, after] of seen) records.push(...(await recordsAfter(client, chain, after)))
    for (const record of records.toSorted((a, b) => timeOf(a) - timeOf(b))) {
      seen.set(record.chain, Math.max(record.sequence, seen.get(record.chain) ?? 0))
      await output.raw(`${output.json ? JSON.stringify(record) : recordLine(record, output)}\n`)
    }
    if (!follow) return
    if (records.length === 0) await setTimeout(POLL_MS)
  }
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
  const path = pathOf(['v1', 'audit'], { chain, after, limit: PAGE_ROWS })
  const call = { method: 'GET', path } as const
  return granted(await client.call<{ readonly items: readonly AuditRecordView[] }>(call)).items
}

function timeOf(record: AuditRecordView): number {
  return bodyOf(record).time ?? 0
}
