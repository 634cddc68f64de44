import type { Kysely } from 'kysely'
import type { Approval } from '../domain/approval.ts'
import { withVotes } from './approvals.ts'
import type { UsedApprovals } from './ports/approvals.ts'
import type { Schema } from './schema.ts'

/** Approvals of a tree that were used up at one moment, with their votes. */
export async function readUsedApprovals(
  db: Kysely<Schema>,
  { tenant, root, at }: UsedApprovals,
): Promise<readonly Approval[]> {
  const rows = await db
    .selectFrom('approvals')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('root_id', '=', root)
    .where('used_at', '=', at)
    .execute()
  return withVotes(db, rows)
}
