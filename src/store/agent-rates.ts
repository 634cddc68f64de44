import type { Kysely } from 'kysely'
import type { AgentUri, TenantId } from '../domain/ids.ts'
import type { Counted } from '../domain/rate.ts'
import type { Schema } from './schema.ts'

/** What was counted of an agent's calls over so many seconds; empty when nothing ever was. */
export async function readAgentRate(
  db: Kysely<Schema>,
  of: { readonly tenant: TenantId; readonly uri: AgentUri; readonly perSeconds: number },
): Promise<Counted> {
  const row = await db
    .selectFrom('agent_rates')
    .select('counted')
    .where('tenant', '=', of.tenant)
    .where('uri', '=', of.uri)
    .where('per_seconds', '=', of.perSeconds)
    .executeTakeFirst()
  return row === undefined ? [] : (JSON.parse(row.counted) as Counted)
}
