import type { AuditEntry, AuditPosition } from '../domain/audit.ts'
import type { TenantId } from '../domain/ids.ts'
import { accept } from '../domain/result.ts'
import { subjectOf } from '../domain/revocation.ts'
import { clearRestored, readLastCheckpoint, readRestored } from './audit/last-checkpoint.ts'
import { openUnchecked, type StoreOptions } from './open.ts'
import type { Transaction } from './ports.ts'

/**
 * Lets a store that is older than its last checkpoint serve again. Records the decision with the
 * checkpoint that is given up, signs a new checkpoint and puts it beside the keys. Readers of the
 * revocation feed begin anew, since they may have heard of what was lost. Sessions of browsers end:
 * somebody may have signed out in the lost part, or been removed. Tokens spent in
 * the lost part are unspent again, so the caller has to retire the signing key *before* this: then
 * every outstanding token is dead. `masterKey`: the one that is in use now; what the older store
 * sealed under another stays dead. Cut off before its end it is to be accepted once more.
 */
export async function acceptRollback(
  options: StoreOptions & Required<Pick<StoreOptions, 'checkpoints'>>,
  by: Pick<AuditEntry, 'tenant' | 'actor' | 'request'>,
  masterKey?: string,
): Promise<AuditPosition> {
  const { keysDir, checkpointer } = options.checkpoints
  const last = await readLastCheckpoint(keysDir)
  const restored = await readRestored(keysDir)
  const given = last === undefined ? undefined : await checkpointer.verify(last)
  const facts = given?.ok
    ? { checkpointAt: given.value.at, chains: given.value.heads.length }
    : { checkpointAt: null, chains: 0 }
  const store = await openUnchecked(options)
  try {
    await store.begin()
    const { record } = await store.decide(async (tx) => {
      await tx.skipLostNumbers()
      await tx.endAllSessions()
      if (masterKey !== undefined) await tx.adoptMasterKey(masterKey)
      if (restored !== undefined) await suspendAll(tx, by.tenant)
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
    await clearRestored(keysDir)
    return record
  } finally {
    await store.close()
  }
}

/**
 * After a restore nobody knows which revocations are missing, so nothing runs until an owner has
 * looked: a lift is one command, a revocation that came back to life is found by nobody.
 */
async function suspendAll(tx: Transaction, tenant: TenantId): Promise<void> {
  const subject = subjectOf('tenant', tenant)
  await tx.recordRevocation(tenant, {
    subject,
    effect: 'suspended',
    reason: 'restored',
    at: tx.now,
  })
}
