import { type AgentUri, type LeaseId, parseAgentUri, parseLeaseId } from '../../domain/ids.ts'
import { parseLabelText } from '../../domain/labels.ts'
import { LABEL_PREVIEW_LEASES_MAX, PAGE_ROWS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Caller, requireRole } from '../caller.ts'
import { type LeaseNow, listLeases } from '../leases/read-lease.ts'
import type { World } from '../world.ts'
import { type BlastRadius, previewRevocation } from './revoke.ts'

/** What a revocation of a subject would end. */
export interface SubjectRadius extends BlastRadius {
  /** Whether every lease of the subject was looked at. */
  readonly whole: boolean
}

/** Pages of leases of one agent that are looked at. */
const PAGES_MAX = 5

/**
 * Counts what a revocation of a lease, an agent or a label would end, for owners and operators: of
 * an agent every lease it holds, with all that is below, each counted once; of a label every lease
 * of every tree that has it, up to LABEL_PREVIEW_LEASES_MAX. Other subjects can not be counted from
 * leases: `malformed`. A read that delays nothing.
 */
export async function previewSubject(
  world: World,
  caller: Caller,
  input: { readonly subject: string },
): Promise<Result<SubjectRadius>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const id = input.subject.slice(input.subject.indexOf(':') + 1)
  const lease = input.subject.startsWith('lease:') ? parseLeaseId(id) : undefined
  if (lease !== undefined) {
    const told = await previewRevocation(world, caller, { lease })
    return told.ok ? accept({ ...told.value, whole: true }) : told
  }
  const label = input.subject.startsWith('label:') ? parseLabelText(id) : undefined
  if (label !== undefined) {
    const { tenant } = caller
    return world.store.read(async (reads) =>
      accept(await reads.countLabelled(tenant, label, LABEL_PREVIEW_LEASES_MAX)),
    )
  }
  const agent = input.subject.startsWith('agent:') ? parseAgentUri(id) : undefined
  if (agent === undefined) {
    const detail = 'Only what a lease:, an agent: or a label: would end can be counted before.'
    return refuse('malformed', {}, [{ pointer: '/subject', code: 'subject', detail }])
  }
  return previewAgent(world, caller, agent)
}

async function previewAgent(
  world: World,
  caller: Caller,
  holder: AgentUri,
): Promise<Result<SubjectRadius>> {
  const held: LeaseNow[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const read = await listLeases(world, caller, { holder, page: { limit: PAGE_ROWS_MAX, cursor } })
    if (!read.ok) return read
    held.push(...read.value.items)
    cursor = read.value.cursor
    if (cursor === null) break
  }
  const own = new Set<LeaseId>(held.map(({ lease }) => lease.id))
  const tops = held.filter(({ lease, state }) => {
    const isBelow = lease.lineage.some((id) => id !== lease.id && own.has(id))
    return !isBelow && (state === 'live' || state === 'suspended')
  })
  const sum = { leases: 0, live: 0, holders: new Set<AgentUri>() }
  for (const { lease } of tops) {
    const told = await previewRevocation(world, caller, { lease: lease.id })
    if (!told.ok) return told
    sum.leases += told.value.leases
    sum.live += told.value.live
    for (const one of told.value.holders) sum.holders.add(one)
  }
  return accept({ ...sum, holders: [...sum.holders], whole: cursor === null })
}
