import type { Approval } from '../../domain/approval.ts'
import type { AgentUri, TenantId } from '../../domain/ids.ts'
import { canonicalJson } from '../../domain/json.ts'
import { rootOf } from '../../domain/lease.ts'
import type { Json } from '../../domain/scope/types.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Reads } from '../../store/ports.ts'

/**
 * How many owners said yes to the delegation a token was made for; 0 when nobody was asked. The
 * yes was used up at the very moment the token is dated to, for this delegate, this lineage and
 * this scope to the letter.
 */
export async function saidYesTo(
  reads: Reads,
  tenant: TenantId,
  claims: Pick<TokenClaims, 'agent' | 'lease' | 'scope' | 'issuedAt'>,
): Promise<number> {
  const { lease, issuedAt: at } = claims
  const used = await reads.usedApprovals({ tenant, root: rootOf(lease.lineage), at })
  const meant = used.filter((approval) => isAbout(approval, claims))
  const voices = meant.map(({ votes }) => votes.filter(({ yes }) => yes).length)
  return Math.max(0, ...voices)
}

function isAbout(
  { request }: Approval,
  claims: { readonly agent: AgentUri } & Pick<TokenClaims, 'lease' | 'scope'>,
): boolean {
  const { kind, delegate, lineage, scope } = request
  if (kind !== 'delegation' || delegate !== claims.agent) return false
  return textOf([lineage, scope]) === textOf([claims.lease.lineage, claims.scope])
}

function textOf(value: readonly unknown[]): string {
  return canonicalJson(value as readonly Json[])
}
