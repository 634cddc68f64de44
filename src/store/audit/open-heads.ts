import type { Kysely } from 'kysely'
import type { ChainHead } from '../../domain/audit.ts'
import { listAuditChains, readChainHead } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import { readGenesis } from './chain-hash.ts'

/**
 * The heads that no other chain's genesis names, sorted by chain. Through the geneses they cover
 * every record of every chain.
 */
export async function readOpenHeads(db: Kysely<Schema>): Promise<readonly ChainHead[]> {
  const chains = await listAuditChains(db)
  const named = new Set<string>()
  for (const { genesis } of chains) {
    for (const { chain, sequence } of readGenesis(genesis)?.heads ?? []) {
      named.add(`${chain}/${sequence}`)
    }
  }
  const heads: ChainHead[] = []
  for (const { chain } of chains) {
    const head = await readChainHead(db, chain)
    if (head !== undefined && !named.has(`${chain}/${head.sequence}`)) heads.push(head)
  }
  return heads.sort((a, b) => (a.chain < b.chain ? -1 : 1))
}
