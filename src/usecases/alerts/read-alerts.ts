import type { KeptAlert } from '../../domain/alert.ts'
import { type AlertId, parsePrincipalId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { AlertFilter } from '../../store/ports/alerts.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import { actorOf, type Caller, type PersonCaller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/**
 * Lists alerts, newest first. An operator sees all; an owner those it answers for, and those that
 * concern the whole tenant.
 */
export function listAlerts(
  world: World,
  caller: Caller,
  input: { readonly filter: Omit<AlertFilter, 'tenant' | 'owner'>; readonly page: PageRequest },
): Promise<Result<Page<KeptAlert>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    const filter = { ...input.filter, ...seenBy(person.value) }
    return accept(await reads.alerts(filter, input.page))
  })
}

/**
 * A person says that it has seen an alert; the first one stays. Decides nothing about what the
 * alert tells of. Refusals: `forbidden`, `not_found` (also for what the caller does not see).
 */
export async function acknowledgeAlert(
  world: World,
  caller: Caller,
  input: { readonly id: AlertId },
): Promise<Result<KeptAlert>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const { tenant, owner } = seenBy(person.value)
  const decided = await decide<KeptAlert>(
    world,
    caller,
    'alert.acknowledged',
    async (tx, details) => {
      details.facts = { alert: input.id }
      const kept = await tx.acknowledgeAlert(tenant, input.id, actorOf(caller))
      if (kept === undefined) return refuse('not_found')
      details.lease = kept.lease
      const seen = owner === undefined || kept.owner === null || kept.owner === owner
      return seen ? accept(kept) : refuse('not_found', { foreign: true })
    },
  )
  return decided.result
}

/** Which alerts a person sees. A name that is no principal answers for nothing. */
function seenBy({ kind, name, tenant }: PersonCaller): Pick<AlertFilter, 'tenant' | 'owner'> {
  if (kind === 'operator') return { tenant }
  const owner = parsePrincipalId(name)
  if (owner === undefined) throw new Error(`the owner ${name} is no principal`)
  return { tenant, owner }
}
