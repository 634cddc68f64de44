import {
  refuseAssertion,
  type VouchedPerson,
} from '../../attestation/assertion/verify-assertion.ts'
import type { Agent } from '../../domain/agent.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import { cap } from '../../domain/scope/meet.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { Transaction } from '../../store/ports.ts'

/**
 * What bounds a lease beside the contract: what the person's assertion grants. Wider than the
 * contract is refused, as anywhere. Refusals: `not_narrower`; `revoked` or `suspended` when that
 * stands against the person.
 */
export async function ceilingsOf(
  tx: Transaction,
  agent: Agent,
  person: VouchedPerson | undefined,
): Promise<Result<readonly Scope[]>> {
  if (person === undefined) return accept([])
  const { subject, details } = person
  const against = await tx.revocations(agent.tenant, [subjectOf('principal', subject)])
  const [row] = against
  if (row !== undefined) return refuse(row.effect, { subject: row.subject })
  if (details === undefined) return accept([])
  const ceiling = cap(details, [agent.contract])
  return ceiling.ok ? accept([ceiling.value]) : ceiling
}

/**
 * Spends the assertion, once: in the transaction that opens the lease, so that a no leaves it
 * unspent. Its end counts here again: what is over may be forgotten. Refusals: `token_used`,
 * `expired`.
 */
export async function spendAssertion(
  tx: Transaction,
  tenant: TenantId,
  person: VouchedPerson | undefined,
): Promise<Result<void>> {
  if (person === undefined) return accept(undefined)
  const { spends } = person
  if (tx.now >= spends.expiresAt) return refuseAssertion('expired', 'exp')
  const spent = await tx.spendProof({ tenant, ...spends })
  return spent.ok ? spent : refuseAssertion('token_used', 'jti')
}

/** On whose behalf a root lease is, and who answers for it. */
export function subjectFor(
  { owner }: Agent,
  person: VouchedPerson | undefined,
): Pick<Lease, 'subject' | 'owner'> {
  return person === undefined ? { subject: owner } : { subject: person.subject, owner }
}

/** What the record says of the person. */
export function personFacts(person: VouchedPerson | undefined): Facts {
  return person === undefined ? {} : { person: person.subject, assertion_issuer: person.issuer }
}
