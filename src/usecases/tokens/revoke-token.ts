import { parseLeaseId } from '../../domain/ids.ts'
import { rootOf } from '../../domain/lease.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { Transaction } from '../../store/ports.ts'
import { type Caller, isPeer, isPerson } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import { findInTenant } from '../leases/find-lease.ts'
import { revokeLease } from '../revocations/revoke.ts'
import type { World } from '../world.ts'
import { readGenuine } from './genuine-token.ts'

const REASON = 'Its token was revoked.'

/**
 * RFC 7009: ends what a token stands for. The id of a lease: the lease and everything below it. A
 * delegation token: no lease is born of it any more, and the one that was is revoked. A call token:
 * it counts as spent, its lease stays. In force when this answers, except at detached routes, where
 * one call token is good until its end.
 *
 * For the agent the token names, every holder above it, owners and operators. A token that is
 * nobody's or a stranger's changes nothing and is no error, so that nobody learns of it.
 */
export async function revokeToken(
  world: World,
  caller: Caller,
  input: { readonly token: string },
): Promise<Result<void>> {
  const lease = parseLeaseId(input.token)
  if (lease !== undefined) {
    const revoked = await revokeLease(world, caller, { lease, reason: REASON })
    return revoked.ok ? accept(undefined) : silently(revoked)
  }
  const claims = (await readGenuine(world, input.token))?.claims
  if (claims === undefined || !mayRevoke(caller, claims)) return accept(undefined)
  const decided = await decide<void>(world, caller, 'revocation.recorded', (tx, details) =>
    voidToken(tx, { caller, claims, details }),
  )
  return decided.result.ok ? decided.result : silently(decided.result)
}

function mayRevoke(caller: Caller, { actors }: TokenClaims): boolean {
  return isPerson(caller) || (isPeer(caller) && actors.includes(caller.uri))
}

/** What is not there for this caller is as good as revoked; every other no is told. */
function silently(refused: Extract<Result<never>, { ok: false }>): Result<void> {
  const { code } = refused.refusal
  return code === 'not_found' || code === 'expired' ? accept(undefined) : refused
}

/** I7 makes a token void: it is spent for nothing, in one conditional insert. */
async function voidToken(
  tx: Transaction,
  from: {
    readonly caller: Caller
    readonly claims: TokenClaims
    readonly details: RecordDetails
  },
): Promise<Result<void>> {
  const { caller, claims, details } = from
  const { jti, kind, lease, confirmation, expiresAt } = claims
  const { tenant } = caller
  details.lease = lease.id
  details.facts = { jti, kind, reason: REASON }
  if ((await findInTenant(tx, tenant, lease.id)) === undefined) return refuse('not_found')
  const certificate = confirmation.certificate ?? confirmation.key
  if (certificate === undefined) throw new Error('a token of ours is bound to something')
  const root = rootOf(lease.lineage)
  const spent = { tenant, root, jti, expiresAt, certificate, at: tx.now, bornLease: null }
  const voided = await tx.spendToken(spent)
  if (voided.ok || voided.refusal.code !== 'token_used') return voided
  const born = (await tx.spentToken(tenant, jti))?.bornLease ?? null
  details.facts = { ...details.facts, spent: true }
  if (born === null) return accept(undefined)
  details.lease = born
  const subject = subjectOf('lease', born)
  await tx.recordRevocation(tenant, { subject, effect: 'revoked', reason: REASON, at: tx.now })
  return accept(undefined)
}
