import { auditBroken } from '../../domain/audit-broken.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AuditVerdict } from '../../store/audit/verdict.ts'
import type { AuditRow, Checkpoint, Page, PageRequest } from '../../store/ports.ts'
import { type Caller, requireRole } from '../caller.ts'
import type { World } from '../world.ts'

/** Records after a position, in the order of their chains; for owners and operators. */
export function readAudit(
  world: World,
  caller: Caller,
  input: {
    readonly after: { readonly chain?: string; readonly sequence?: number }
    readonly limit: number
  },
): Promise<Result<readonly AuditRow[]>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    return accept(await reads.auditRows(input.after, input.limit))
  })
}

/** Signed checkpoints, newest first. */
export function readCheckpoints(
  world: World,
  caller: Caller,
  input: { readonly page: PageRequest },
): Promise<Result<Page<Checkpoint>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    return accept(await reads.checkpoints(input.page))
  })
}

/**
 * Verifies the whole trail and names the first bad record; reads everything, so it takes a while. A
 * trail that does not hold together raises an alert.
 */
export async function verifyAudit(world: World, caller: Caller): Promise<Result<AuditVerdict>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const verdict = await world.store.verifyAudit()
  if (!verdict.whole) {
    const { problem, chain, sequence } = verdict.bad
    await world.store.outbox.raiseOnce(auditBroken(`${problem} at ${chain ?? '-'} ${sequence}`))
  }
  return accept(verdict)
}

/** Writes the whole trail as JSON Lines, to be verified elsewhere. */
export async function exportAudit(
  world: World,
  caller: Caller,
  input: { readonly write: (line: string) => Promise<void> | void },
): Promise<Result<number>> {
  const person = requireRole(caller, 'owner', 'operator')
  return person.ok ? accept(await world.store.exportAudit(input.write)) : person
}
