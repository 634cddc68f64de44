import { type Kysely, type Selectable, sql } from 'kysely'
import type { Approval, ApprovalNotice, ApprovalRequest, ApprovalVote } from '../domain/approval.ts'
import { rootOfApproval } from '../domain/approval.ts'
import type { ApprovalsCounted } from '../domain/approval-quota.ts'
import type { Tally } from '../domain/approval-vote.ts'
import {
  type AgentUri,
  type ApprovalId,
  DEFAULT_TENANT,
  type LeaseId,
  type PrincipalId,
  type TenantId,
} from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { ApprovalFilter } from './ports/approvals.ts'
import type { Page, PageRequest } from './ports.ts'
import { APPROVAL_SEQ, type ApprovalsTable } from './schema/approvals.ts'
import type { Schema } from './schema.ts'

const MINUTE_SECONDS = 60

/** One approval with its votes, or undefined. */
export async function readApproval(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: ApprovalId,
): Promise<Approval | undefined> {
  const row = await db
    .selectFrom('approvals')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && (await withVotes(db, [row]))[0]
}

/** Approvals, newest first. */
export async function listApprovals(
  db: Kysely<Schema>,
  at: { readonly filter: ApprovalFilter; readonly now: EpochSeconds },
  page: PageRequest,
): Promise<Page<Approval>> {
  const after = readCursor(page.cursor, 2)
  if (after === 'unknown') return EMPTY_PAGE
  let query = filtered(db, at.filter, at.now)
  if (after !== null)
    query = query.where(sql<boolean>`(created_at, id) < (${after[0]}, ${after[1]})`)
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  const { items, cursor } = pageOf(rows, page, {
    item: (row) => row,
    key: (row) => [row.created_at, row.id],
  })
  return { items: await withVotes(db, items), cursor }
}

/** What changed after a number, oldest change first. */
export async function readChangedApprovals(
  db: Kysely<Schema>,
  at: { readonly filter: ApprovalFilter; readonly now: EpochSeconds; readonly after: number },
  limit: number,
): Promise<readonly Approval[]> {
  const rows = await filtered(db, at.filter, at.now)
    .where('seq', '>', at.after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return withVotes(db, rows)
}

/** The approval of a request that is neither denied, used nor over. */
export async function readOpenApproval(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly digest: string },
  now: EpochSeconds,
): Promise<Approval | undefined> {
  const row = await db
    .selectFrom('approvals')
    .selectAll()
    .where('tenant', '=', of.tenant)
    .where('open_digest', '=', of.digest)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && (await withVotes(db, [row]))[0]
}

/** Counts for the limits of asking. */
export async function countApprovals(
  db: Kysely<Schema>,
  of: {
    readonly tenant: TenantId
    readonly requester: AgentUri
    readonly root: LeaseId | null
  },
  now: EpochSeconds,
): Promise<ApprovalsCounted> {
  const { tenant, requester, root } = of
  const waiting = sql<number>`count(case when approved_at is null and denied_at is null
    and expires_at > ${now} then 1 end)`
  const young = sql<number>`count(case when created_at > ${now - MINUTE_SECONDS} then 1 end)`
  const counted = db
    .selectFrom('approvals')
    .select([waiting.as('waiting'), young.as('young')])
    .select((row) => row.fn.max('denied_at').as('denied'))
    .where('tenant', '=', tenant)
    .where(sql<boolean>`(expires_at > ${now} or created_at > ${now - MINUTE_SECONDS})`)
  const agent = await counted.where('requester', '=', requester).executeTakeFirstOrThrow()
  const tree =
    root === null ? agent : await counted.where('root_id', '=', root).executeTakeFirstOrThrow()
  return {
    pendingOfAgent: Number(agent.waiting),
    pendingOfRoot: Number(tree.waiting),
    lastMinute: Number(tree.young),
    lastDeniedAt: agent.denied === null ? null : (Number(agent.denied) as EpochSeconds),
  }
}

/** Stores a question; an approval of the same request that is over gives its place up. */
export async function insertApproval(
  db: Kysely<Schema>,
  approval: Omit<Approval, 'seq' | 'votes'>,
  now: EpochSeconds,
): Promise<Approval> {
  const { tenant, digest } = approval
  await db
    .updateTable('approvals')
    .set({ open_digest: null })
    .where('tenant', '=', tenant)
    .where('open_digest', '=', digest)
    .where('expires_at', '<=', now)
    .execute()
  const stored: Approval = { ...approval, votes: [], seq: await nextSeq(db) }
  await db.insertInto('approvals').values(rowOf(stored)).execute()
  return stored
}

/** Records one owner's word and what it comes to, while nothing was decided. */
export async function recordVote(
  db: Kysely<Schema>,
  change: { readonly approval: Approval; readonly vote: ApprovalVote; readonly tally: Tally },
): Promise<Approval | undefined> {
  const { approval, vote, tally } = change
  const { tenant, id } = approval
  const seq = await nextSeq(db)
  const updated = await db
    .updateTable('approvals')
    .set({
      seq,
      expires_at: tally.expiresAt,
      approved_at: tally.approvedAt,
      denied_at: tally.deniedAt,
      ...(tally.deniedAt === null ? {} : { open_digest: null }),
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('approved_at', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirst()
  if (updated.numUpdatedRows !== 1n) return undefined
  const said = { yes: vote.yes ? 1 : 0, at: vote.at }
  await db
    .insertInto('approval_votes')
    .values({ tenant, approval: id, owner: vote.owner, ...said })
    .onConflict((conflict) => conflict.columns(['tenant', 'approval', 'owner']).doUpdateSet(said))
    .execute()
  return readApproval(db, tenant, id)
}

/** One conditional write: whoever changes the row has the yes, and nobody else ever. */
export async function claimApproval(
  db: Kysely<Schema>,
  tenant: TenantId,
  id: ApprovalId,
  at: EpochSeconds,
): Promise<boolean> {
  const claimed = await db
    .updateTable('approvals')
    .set({ used_at: at, open_digest: null, seq: await nextSeq(db) })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('denied_at', 'is', null)
    .where('approved_at', 'is not', null)
    .where('expires_at', '>', at)
    .executeTakeFirst()
  return claimed.numUpdatedRows === 1n
}

/** Whoever draws a number keeps the others waiting until its commit: their order is that order. */
async function nextSeq(db: Kysely<Schema>): Promise<number> {
  const { value } = await db
    .insertInto('meta')
    .values({ tenant: DEFAULT_TENANT, name: APPROVAL_SEQ, value: 1 })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'name']).doUpdateSet({ value: sql`meta.value + 1` }),
    )
    .returning('value')
    .executeTakeFirstOrThrow()
  return value
}

function filtered(db: Kysely<Schema>, filter: ApprovalFilter, now: EpochSeconds) {
  const { tenant, requester, voice, open } = filter
  let query = db.selectFrom('approvals').selectAll().where('tenant', '=', tenant)
  if (requester !== undefined) query = query.where('requester', '=', requester)
  if (voice !== undefined) query = query.where(sql<boolean>`(owner = ${voice} or quorum > 1)`)
  if (open === true) {
    query = query
      .where('approved_at', 'is', null)
      .where('denied_at', 'is', null)
      .where('expires_at', '>', now)
  }
  return query
}

/**
 * Approvals of these rows, with what was said to each: but not by who was taken out since, as after
 * a stolen token, whose voice counts no more.
 */
export async function withVotes(
  db: Kysely<Schema>,
  rows: readonly Selectable<ApprovalsTable>[],
): Promise<readonly Approval[]> {
  if (rows.length === 0) return []
  const votes = await db
    .selectFrom('approval_votes')
    .selectAll()
    .where(
      'approval',
      'in',
      rows.map((row) => row.id),
    )
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('role_credentials')
            .select('name')
            .whereRef('role_credentials.tenant', '=', 'approval_votes.tenant')
            .whereRef('name', '=', 'owner')
            .where('revoked_at', 'is not', null),
        ),
      ),
    )
    .orderBy('at')
    .orderBy('owner')
    .execute()
  return rows.map((row) => ({
    ...approvalOf(row),
    votes: votes
      .filter((vote) => vote.approval === row.id && vote.tenant === row.tenant)
      .map(({ owner, yes, at }) => ({
        owner: owner as PrincipalId,
        yes: yes === 1,
        at: at as EpochSeconds,
      })),
  }))
}

function approvalOf(row: Selectable<ApprovalsTable>): Omit<Approval, 'votes'> {
  return {
    id: row.id as ApprovalId,
    tenant: row.tenant as TenantId,
    owner: row.owner as PrincipalId,
    request: JSON.parse(row.request) as ApprovalRequest,
    digest: row.digest,
    notice: JSON.parse(row.notice) as ApprovalNotice,
    quorum: row.quorum,
    createdAt: row.created_at as EpochSeconds,
    expiresAt: row.expires_at as EpochSeconds,
    approvedAt: row.approved_at as EpochSeconds | null,
    deniedAt: row.denied_at as EpochSeconds | null,
    usedAt: row.used_at as EpochSeconds | null,
    seq: row.seq,
  }
}

function rowOf(approval: Approval): Selectable<ApprovalsTable> {
  return {
    tenant: approval.tenant,
    id: approval.id,
    seq: approval.seq,
    requester: approval.request.requester,
    owner: approval.owner,
    root_id: rootOfApproval(approval),
    digest: approval.digest,
    open_digest: approval.digest,
    quorum: approval.quorum,
    created_at: approval.createdAt,
    expires_at: approval.expiresAt,
    approved_at: approval.approvedAt,
    denied_at: approval.deniedAt,
    used_at: approval.usedAt,
    request: JSON.stringify(approval.request),
    notice: JSON.stringify(approval.notice),
  }
}
