import type { AuditEvent } from '../domain/audit.ts'
import type { LeaseId } from '../domain/ids.ts'
import type { Facts } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { Decided, Transaction } from '../store/ports.ts'
import { actorOf, type Caller } from './caller.ts'
import type { World } from './world.ts'

/** What the record of a decision says beside who asked for what. */
export interface RecordDetails {
  lease: LeaseId | null
  facts: Facts
  /** Told instead when the decision turned out to be another, such as to ask a person first. */
  event?: AuditEvent
}

/** Records a decision that was a no before anything had to be read (I10). */
export async function decideNo(
  world: World,
  caller: Caller,
  event: AuditEvent,
  refused: { readonly result: Extract<Result<never>, { ok: false }>; readonly facts: Facts },
): Promise<Result<never>> {
  const decided = await decide<never>(world, caller, event, async (_transaction, details) => {
    details.facts = refused.facts
    return refused.result
  })
  return decided.result
}

/**
 * Runs one decision in one transaction and records it (I10). The work fills in what the record has
 * to tell; facts of a refusal are added to it. Nothing else in the use-cases writes to the store.
 */
export function decide<T>(
  world: World,
  caller: Caller,
  event: AuditEvent,
  work: (transaction: Transaction, details: RecordDetails) => Promise<Result<T>>,
): Promise<Decided<T>> {
  return world.store.decide<T>(async (transaction) => {
    const details: RecordDetails = { lease: null, facts: {} }
    const result = await work(transaction, details)
    const record = {
      event: (result.ok ? details.event : undefined) ?? event,
      outcome: result.ok ? ('allowed' as const) : result.refusal.code,
      tenant: caller.tenant,
      actor: actorOf(caller),
      request: caller.request,
      lease: details.lease,
      facts: result.ok ? details.facts : { ...details.facts, ...result.refusal.facts },
    }
    return { result, record }
  })
}
