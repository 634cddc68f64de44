import type { ExpressionBuilder, Kysely } from 'kysely'
import type { ChainHead } from '../../domain/audit.ts'
import type { Schema } from '../schema.ts'
import { readGenesis } from './chain-hash.ts'

/**
 * The heads that no other chain's genesis names, sorted by chain. Through the geneses they cover
 * every record of every chain. One statement, which looks into the index for each chain there ever
 * was and never walks the records: a checkpoint asks for this every second.
 */
export async function readOpenHeads(db: Kysely<Schema>): Promise<readonly ChainHead[]> {
  const chains = await db
    .selectFrom('audit_chains')
    .select(['chain', 'genesis'])
    .select((chain) => [
      newestRecord(chain).select('audit_records.sequence').as('sequence'),
      newestRecord(chain).select('audit_records.hash').as('hash'),
    ])
    .execute()
  const named = new Set<string>()
  for (const { genesis } of chains) {
    for (const { chain, sequence } of readGenesis(genesis)?.heads ?? []) {
      named.add(`${chain}/${sequence}`)
    }
  }
  const heads: ChainHead[] = []
  for (const { chain, sequence, hash } of chains) {
    if (sequence === null || hash === null || named.has(`${chain}/${sequence}`)) continue
    heads.push({ chain, sequence, hash })
  }
  return heads.sort((a, b) => (a.chain < b.chain ? -1 : 1))
}

function newestRecord(chain: ExpressionBuilder<Schema, 'audit_chains'>) {
  return chain
    .selectFrom('audit_records')
    .whereRef('audit_records.chain', '=', 'audit_chains.chain')
    .orderBy('audit_records.sequence', 'desc')
    .limit(1)
}
