import type { Kysely } from 'kysely'
import type { TenantId } from '../../domain/ids.ts'
import { REVOCATION_MATTERS_SECONDS } from '../../domain/limits.ts'
import type { RevocationChange } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { pageOf, readCursor } from '../page.ts'
import type { Page, PageRequest } from '../ports.ts'
import type { Schema } from '../schema.ts'
import { changeOf, readRevocationHead } from './revocation-log.ts'

/** Subjects of leases are the texts between these two. */
const LEASES_FROM = 'lease:'
const LEASES_END = 'lease;'

/** Longer than a transaction lasts: moments in the log rise with the numbers but for this much. */
const LOG_SLACK_SECONDS = 10

/** Whose view, and when. */
interface Viewer {
  readonly tenant: TenantId
  readonly now: EpochSeconds
}

type Rows = readonly RevocationChange[]

/**
 * One page of what matters at the head of the log. First, by subject, all that stands against
 * agents, certificates, keys, principals and tenants; then, by number, what is young: leases
 * revoked or suspended and still so, leases released, contracts moved. Old rows of leases, of which
 * there may be millions, are never walked.
 */
export async function readRevocationSnapshot(
  db: Kysely<Schema>,
  viewer: Viewer,
  page: PageRequest,
): Promise<Page<RevocationChange> & { readonly head: number }> {
  const head = await readRevocationHead(db)
  const place = readCursor(page.cursor, 2)
  if (place === 'unknown') return { head, items: [], cursor: null }
  const wanted = page.limit + 1
  const [phase, last] = place ?? ['standing', '']
  const rows = phase === 'standing' ? [...(await standing(db, viewer, String(last), wanted))] : []
  const standings = new Set(rows)
  if (rows.length < wanted) {
    const after = phase === 'young' ? Number(last) : 0
    rows.push(...(await young(db, viewer, after, wanted - rows.length)))
  }
  const key = (row: RevocationChange) =>
    standings.has(row) ? (['standing', row.subject] as const) : (['young', row.seq] as const)
  return { head, ...pageOf(rows, page, { item: (row) => row, key }) }
}

async function standing(
  db: Kysely<Schema>,
  { tenant }: Viewer,
  after: string,
  limit: number,
): Promise<Rows> {
  const between = (from: string, inclusive: boolean, until: string | undefined, count: number) => {
    const rows = db
      .selectFrom('revocations')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('subject', inclusive ? '>=' : '>', from)
    const bounded = until === undefined ? rows : rows.where('subject', '<', until)
    return bounded.orderBy('subject').limit(count).execute()
  }
  const before = after < LEASES_FROM ? await between(after, false, LEASES_FROM, limit) : []
  const left = limit - before.length
  const from = after < LEASES_END ? LEASES_END : after
  const rest = left > 0 ? await between(from, from === LEASES_END, undefined, left) : []
  return [...before, ...rest].map(changeOf)
}

/** The age of the log tells the number from which on everything is young. */
async function young(
  db: Kysely<Schema>,
  { tenant, now }: Viewer,
  after: number,
  limit: number,
): Promise<Rows> {
  const oldest = await db
    .selectFrom('revocation_log')
    .select('seq')
    .where('at', '>=', now - REVOCATION_MATTERS_SECONDS - LOG_SLACK_SECONDS)
    .orderBy('at')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return []
  const from = Math.max(oldest.seq, after + 1)
  const leases = await db
    .selectFrom('revocations')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('seq', '>=', from)
    .where('subject', '>=', LEASES_FROM)
    .where('subject', '<', LEASES_END)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const others = await db
    .selectFrom('revocation_log')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('seq', '>=', from)
    .where('effect', 'in', ['released', 'contract_moved'])
    .orderBy('seq')
    .limit(limit)
    .execute()
  const rows = [...leases, ...others].map(changeOf)
  return rows.sort((a, b) => a.seq - b.seq).slice(0, limit)
}
