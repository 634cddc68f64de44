import type { AuditPosition } from '../../domain/audit.ts'
import { type AgentUri, type LeaseId, parseAgentUri, parseLeaseId } from '../../domain/ids.ts'
import { ownerOf } from '../../domain/lease.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import {
  parseRevocationSubject,
  type Revocation,
  type RevocationSubject,
  subjectOf,
} from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest, Transaction } from '../../store/ports.ts'
import { type Caller, requireOwnOwner, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import { findLease } from '../leases/find-lease.ts'
import type { World } from '../world.ts'

/** A revocation that is in force: from its commit on nothing that starts below it succeeds (I9). */
export interface Revoked {
  readonly revocation: Revocation
  readonly record: AuditPosition
  readonly at: EpochSeconds
}

/**
 * Revokes a lease and so everything below it, by one row. For its holder, every holder above, an
 * owner and an operator. Revoking again changes nothing and is no error.
 */
export async function revokeLease(
  world: World,
  caller: Caller,
  input: {
    readonly lease: LeaseId
    readonly reason: string
    /** What the face tells the record beside. */
    readonly told?: Facts | undefined
  },
): Promise<Result<Revoked>> {
  const decided = await decide<Revocation>(
    world,
    caller,
    'revocation.recorded',
    async (tx, details) => {
      details.lease = input.lease
      details.facts = { ...input.told, reason: input.reason }
      const found = await findLease(tx, caller, input.lease)
      if (!found.ok) return found
      const revocation: Revocation = {
        subject: subjectOf('lease', input.lease),
        effect: 'revoked',
        reason: input.reason,
        at: tx.now,
      }
      await tx.recordRevocation(caller.tenant, revocation)
      return accept(revocation)
    },
  )
  const { result, record, at } = decided
  return result.ok ? accept({ revocation: result.value, record, at }) : result
}

/**
 * An owner or operator revokes or suspends any subject: a lease, an agent, a certificate, a
 * principal, the tenant, a signing key, a label. What is named need not exist: a certificate may be
 * revoked before it was ever seen, and under a label that is out nothing is opened any more.
 */
export async function recordRevocation(
  world: World,
  caller: Caller,
  input: {
    readonly subject: string
    readonly effect: Revocation['effect']
    readonly reason: string
  },
): Promise<Result<Revoked>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const subject = parseSubject(input.subject, caller)
  if (subject === undefined) {
    const detail =
      'A subject is lease:, agent:, certificate:, principal:, tenant:, key: or label:, and its id.'
    return refuse('malformed', {}, [{ pointer: '/subject', code: 'subject', detail }])
  }
  const { effect, reason } = input
  const decided = await decide<Revocation>(
    world,
    caller,
    'revocation.recorded',
    async (tx, details) => {
      details.facts = { subject, effect, reason }
      const revocation: Revocation = { subject, effect, reason, at: tx.now }
      await tx.recordRevocation(caller.tenant, revocation)
      return accept(revocation)
    },
  )
  const { result, record, at } = decided
  return result.ok ? accept({ revocation: result.value, record, at }) : result
}

/**
 * An owner ends a suspension: that of an agent or a lease only if it is its own (LEASH-02). A
 * revocation is never lifted: `not_found`.
 */
export async function liftSuspension(
  world: World,
  caller: Caller,
  input: { readonly subject: string },
): Promise<Result<void>> {
  const owner = requireRole(caller, 'owner')
  if (!owner.ok) return owner
  const subject = parseSubject(input.subject, caller)
  if (subject === undefined) return refuse('not_found')
  const decided = await decide<void>(world, caller, 'revocation.lifted', async (tx, details) => {
    details.facts = { subject }
    const may = await requireOwnerOf(tx, caller, subject)
    if (!may.ok) return may
    const lifted = await tx.liftSuspension(caller.tenant, subject)
    return lifted ? accept(undefined) : refuse('not_found')
  })
  return decided.result
}

/** LEASH-02: what stands against an agent or a lease, only its own owner takes away. */
async function requireOwnerOf(
  tx: Transaction,
  caller: Caller,
  subject: RevocationSubject,
): Promise<Result<void>> {
  const id = subject.slice(subject.indexOf(':') + 1)
  const agentUri = subject.startsWith('agent:') ? parseAgentUri(id) : undefined
  const leaseId = subject.startsWith('lease:') ? parseLeaseId(id) : undefined
  const agent = agentUri && (await tx.agent(caller.tenant, agentUri))
  const lineage = leaseId && (await tx.lineage(caller.tenant, leaseId))
  const owner = agent?.owner ?? (lineage && ownerOf(lineage.lease))
  const own = owner === undefined ? accept(undefined) : requireOwnOwner(caller, owner)
  return own.ok ? accept(undefined) : own
}

/** Lists what is revoked or suspended. */
export function listRevocations(
  world: World,
  caller: Caller,
  input: { readonly page: PageRequest },
): Promise<Result<Page<Revocation>>> {
  return world.store.read(async (reads) => {
    const person = requireRole(caller, 'owner', 'operator')
    if (!person.ok) return person
    return accept(await reads.listRevocations(caller.tenant, input.page))
  })
}

/** What a revocation of a lease would end; a read that delays nothing. */
export interface BlastRadius {
  readonly leases: number
  readonly live: number
  readonly holders: readonly AgentUri[]
}

/** How many leases of a preview are looked at for the names of their holders. */
const PREVIEW_LEASES = 1_000

/**
 * Previews the revocation of a lease: how many leases, and the holders among the first thousand.
 */
export function previewRevocation(
  world: World,
  caller: Caller,
  input: { readonly lease: LeaseId },
): Promise<Result<BlastRadius>> {
  return world.store.read(async (reads) => {
    const found = await findLease(reads, caller, input.lease)
    if (!found.ok) return found
    const { leases, live } = await reads.countSubtree(caller.tenant, input.lease)
    const sample = await reads.subtree(caller.tenant, input.lease, PREVIEW_LEASES)
    const holders = new Set(sample.flatMap((lease) => lease.holders.slice(-1)))
    return accept({ leases, live, holders: [...holders] })
  })
}

/** A subject of the caller's own tenant; another tenant's name says nothing here. */
function parseSubject(text: string, caller: Caller): RevocationSubject | undefined {
  const subject = parseRevocationSubject(text)
  const foreign = subject?.startsWith('tenant:') && subject !== subjectOf('tenant', caller.tenant)
  return foreign ? undefined : subject
}
