import type { AuditEntry, AuditPosition } from '../domain/audit.ts'
import { accept } from '../domain/result.ts'
import { readLastCheckpoint } from './audit/last-checkpoint.ts'
import { openUnchecked, type StoreOptions } from './open.ts'

/**
 * Lets a store that is older than its last checkpoint serve again. Records the decision with the
 * checkpoint that is given up, signs a new checkpoint and puts it beside the keys. Readers of the
 * revocation feed begin anew, since they may have heard of what was lost. Tokens spent in
 * the lost part are unspent again, so the caller has to retire the signing key *before* this: then
 * every outstanding token is dead.
 */
export async function acceptRollback(
  options: StoreOptions & Required<Pick<StoreOptions, 'checkpoints'>>,
  by: Pick<AuditEntry, 'tenant' | 'actor' | 'request'>,
): Promise<AuditPosition> {
  const { keysDir, checkpointer } = options.checkpoints
  const last = await readLastCheckpoint(keysDir)
  const given = last === undefined ? undefined : await checkpointer.verify(last)
  const facts = given?.ok
    ? { checkpointAt: given.value.at, chains: given.value.heads.length }
    : { checkpointAt: null, chains: 0 }
  const store = await openUnchecked(options)
  try {
    await store.begin()
    const { record } = await store.decide(async (tx) => {
      await tx.skipLostNumbers()
      return {
        result: accept(undefined),
        record: {
          ...by,
          event: 'authority.rollback_accepted',
          outcome: 'allowed',
          lease: null,
          facts,
        },
      }
    })
    return record
  } finally {
    await store.close()
  }
}
