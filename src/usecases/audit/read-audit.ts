import { auditBroken } from '../../domain/audit-broken.ts'
import { POLICY_REPLAY_PAGE } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AuditVerdict } from '../../store/audit/verdict.ts'
import type { AuditRow, Checkpoint, Page, PageRequest } from '../../store/ports.ts'
import { type Caller, requireDeployment, requireRole } from '../caller.ts'
import type { World } from '../world.ts'
import { isOfTenant } from './record-tenant.ts'

/**
 * Records of the caller's tenant after a position, in the order of their chains; for owners and
 * operators. What others decided between them is passed over.
 */
export async function readAudit(
  world: World,
  caller: Caller,
  input: {
    readonly after: { readonly chain?: string; readonly sequence?: number }
    readonly limit: number
  },
): Promise<Result<readonly AuditRow[]>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const { chain: asked, sequence: from = 0 } = input.after
  const chains = asked === undefined ? await chainsOf(world) : [asked]
  const rows: AuditRow[] = []
  for (const chain of chains) {
    let sequence: number | undefined = from
    while (sequence !== undefined && rows.length < input.limit) {
      const page = await pageAfter(world, { chain, sequence })
      const own = page.filter((row) => isOfTenant(row, person.value.tenant))
      rows.push(...own.slice(0, input.limit - rows.length))
      sequence = page.length < POLICY_REPLAY_PAGE ? undefined : page.at(-1)?.sequence
    }
  }
  return accept(rows)
}

function chainsOf({ store }: World): Promise<readonly string[]> {
  return store.read(async (reads) => (await reads.auditChains()).map(({ chain }) => chain))
}

function pageAfter(
  { store }: World,
  after: { readonly chain: string; readonly sequence: number },
): Promise<readonly AuditRow[]> {
  return store.read((reads) => reads.auditRows(after, POLICY_REPLAY_PAGE))
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

/**
 * Writes the whole trail as JSON Lines, to be verified elsewhere. It holds together only with the
 * records of every tenant, so it is for those who run the deployment; refuses `forbidden`.
 */
export function exportAudit(
  world: World,
  caller: Caller,
): Result<(write: (line: string) => Promise<void> | void) => Promise<number>> {
  const person = requireDeployment(caller)
  return person.ok ? accept((write) => world.store.exportAudit(write)) : person
}
