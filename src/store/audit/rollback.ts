import type { Kysely } from 'kysely'
import type { ChainHead } from '../../domain/audit.ts'
import { listCheckpoints, readRecordHash } from '../audit-rows.ts'
import type { Schema } from '../schema.ts'
import type { AuditFinding, Checkpointer } from './verdict.ts'

/** Why a store may not serve: it is older than what was once signed, or nobody can tell. */
export type RollbackFinding =
  | { readonly reason: 'behind'; readonly head: ChainHead }
  | { readonly reason: 'restored'; readonly at: string }
  | { readonly reason: 'checkpoint_invalid' }
  | { readonly reason: 'checkpoint_missing' }

/**
 * Holds the store against what stands beside the keys: a mark that it was put back, and the newest
 * checkpoint. Both have to be read before the snapshot is taken. Every head the checkpoint names
 * must stand in the store with that hash. A store that has checkpoints while there is none beside
 * the keys is suspect too: removing the file is what somebody who restores an old store would do
 * next.
 */
export async function findRollback(
  db: Kysely<Schema>,
  { last, restored }: { readonly last: string | undefined; readonly restored: string | undefined },
  checkpointer: Pick<Checkpointer, 'verify'>,
): Promise<RollbackFinding | undefined> {
  if (restored !== undefined) return { reason: 'restored', at: restored }
  if (last === undefined) {
    const { items } = await listCheckpoints(db, { limit: 1, cursor: null })
    return items.length === 0 ? undefined : { reason: 'checkpoint_missing' }
  }
  const verified = await checkpointer.verify(last)
  if (!verified.ok) return { reason: 'checkpoint_invalid' }
  for (const head of verified.value.heads) {
    const hash = await readRecordHash(db, head.chain, head.sequence)
    if (hash !== head.hash) return { reason: 'behind', head }
  }
  return undefined
}

/** One plain sentence for the operator. */
export function rollbackSentence(finding: RollbackFinding): string {
  if (finding.reason === 'behind') {
    const { chain, sequence } = finding.head
    return (
      `The store is older than the checkpoint beside the keys: record ${sequence} of chain ` +
      `${chain} is missing or different. Restore the newer store, or accept the rollback.`
    )
  }
  if (finding.reason === 'restored') {
    return (
      `The store was put back from a backup of ${finding.at}: what was decided since is lost. ` +
      'Start once with --accept-rollback; every agent is suspended then until an owner lifts that.'
    )
  }
  return finding.reason === 'checkpoint_invalid'
    ? 'The checkpoint beside the keys was not signed by a checkpoint key of this deployment.'
    : 'The store has checkpoints, but there is none beside the keys.'
}

/** The same as a finding of the audit: a tail that was cut, or a checkpoint that is not ours. */
export function rollbackProblem(finding: RollbackFinding): AuditFinding {
  if (finding.reason !== 'behind') return { problem: 'checkpoint', chain: null, sequence: 0 }
  const { chain, sequence } = finding.head
  return { problem: 'cut', chain, sequence }
}
