import { LRUCache } from 'lru-cache'
import type { Handle } from '../../domain/handle.ts'
import type { HandleId, RequestId } from '../../domain/ids.ts'
import { HANDLE_MISUSE_AGAIN_MS } from '../../domain/limits.ts'
import { accept } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { World } from '../world.ts'

/** Tells owners of handles that somebody showed without what they are bound to. */
export interface MisuseTeller {
  /** Raises an alert, with a record; the same handle again only after HANDLE_MISUSE_AGAIN_MS. */
  tell(handle: Handle, request: RequestId): Promise<void>
}

/** Handles remembered: beyond it the owner of an old one may hear of it sooner again. */
const REMEMBERED = 1_024

/**
 * Whoever knows the text of a bound handle and nothing else has it from somewhere it should not be
 * (CDPX-12). Each refused call has its own record; the alert is raised once in a while.
 */
export function createMisuseTeller({ store }: Pick<World, 'store'>): MisuseTeller {
  const told = new LRUCache<HandleId, true>({ max: REMEMBERED, ttl: HANDLE_MISUSE_AGAIN_MS })
  return {
    async tell({ id, tenant, lease, label }, request) {
      if (told.has(id)) return
      told.set(id, true)
      const facts = { handle: id, label }
      await store.decide<void>(async (tx) => {
        const subject = subjectOf('lease', lease)
        const alert = { tenant, severity: 'critical', subject, lease, facts } as const
        await tx.raiseAlert({ ...alert, kind: 'handle.misused' })
        const record = { outcome: 'allowed', tenant, actor: 'authority', request, lease } as const
        return { result: accept(undefined), record: { event: 'handle.misused', ...record, facts } }
      })
    },
  }
}
