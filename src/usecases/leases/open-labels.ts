import type { TenantId } from '../../domain/ids.ts'
import { type Labels, labelLine } from '../../domain/labels.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { labelSubjects } from '../../domain/revocation.ts'
import type { Transaction } from '../../store/ports.ts'

/**
 * Nothing is opened under a label that is out, as nothing is for a principal that is: the lease
 * would be dead at birth. Refusals: `revoked`, `suspended`.
 */
export async function requireOpenLabels(
  tx: Transaction,
  tenant: TenantId,
  labels: Labels,
): Promise<Result<void>> {
  const against = await tx.revocations(tenant, labelSubjects(labels))
  const worst = against.find(({ effect }) => effect === 'revoked') ?? against[0]
  return worst === undefined ? accept(undefined) : refuse(worst.effect, { subject: worst.subject })
}

/** What the record says of them; nothing without any. */
export function labelFacts(labels: Labels): Facts {
  const line = labelLine(labels)
  return line === '' ? {} : { labels: line }
}
