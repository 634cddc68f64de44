import { requireUncounted } from '../domain/granting.ts'
import type { TenantId } from '../domain/ids.ts'
import { NO_LABELS } from '../domain/labels.ts'
import type { LedgerSpend, TokenLedger } from '../domain/ledger.ts'
import { CONTRACT_MOVE_SECONDS } from '../domain/limits.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { type RevocationSubject, subjectsOf } from '../domain/revocation.ts'
import type { RevocationView } from '../domain/standing.ts'
import type { Clock } from '../domain/time.ts'
import { recorded, spendOf } from './admit.ts'
import type { Admit, Admitted, FetchedKeys } from './ports.ts'
import {
  confirmCall,
  type KnownCall,
  type PermittedCall,
  parseCall,
  permitCall,
  verifyCall,
} from './stages.ts'

/** One enforcement point that decides by itself, for a resource that accepts bounded staleness. */
export interface DetachedPoint {
  readonly tenant: TenantId
  readonly issuer: string
  readonly audience: string
  readonly keys: FetchedKeys
  readonly clock: Clock
  /** The one ledger of this audience. */
  readonly ledger: TokenLedger
  readonly revocations: RevocationView
  /** Older knowledge of revocations than this is none: the call is refused. */
  readonly maxStaleSeconds: number
}

/**
 * Admission without the authority: parse → verify → confirm → permit as everywhere, then what is
 * known of revocations, and the ledger last (I7, I10). What it gives up: a revocation counts within
 * `maxStaleSeconds` instead of at once (I9), tokens with limits that have to be counted are refused
 * (I11), and a contract that moved since the token was issued refuses it unjudged.
 *
 * Knowledge is asked before the ledger, inside its transaction, and after its commit: a revocation
 * heard meanwhile refuses the call, whose token stays spent (at most once).
 * Refusals beside those of the stages: `limit_unenforceable`, `status_unknown`, `revoked`,
 * `suspended`, `released`, `token_used`, `expired`, `overloaded`.
 */
export function createDetachedAdmission(point: DetachedPoint): Admit {
  const recording = recordingAt(point)
  return async (presentation) => {
    const parsed = parseCall(presentation)
    if (!parsed.ok) return parsed
    const fresh = await point.keys.freshFor(parsed.value.token.jws.kid)
    if (!fresh) return refuse('status_unknown', { keys: 'stale' })
    const now = point.clock.now()
    const verified = await verifyCall(parsed.value, { ...point, now })
    if (!verified.ok) return verified
    const confirmed = await confirmCall(verified.value, now)
    if (!confirmed.ok) return recorded(verified.value, confirmed.refusal, recording)
    const permitted = await permitCall(confirmed.value, now)
    if (!permitted.ok) return recorded(verified.value, permitted.refusal, recording)
    const uncounted = requireUncounted(permitted.value.claims.scope)
    if (!uncounted.ok) return recorded(permitted.value, uncounted.refusal, recording)
    return spendCall(permitted.value, point)
  }
}

/** The ledger keeps the records of what is refused, too. */
function recordingAt({ tenant, ledger }: DetachedPoint) {
  return { tenant, recorder: ledger }
}

async function spendCall(call: PermittedCall, point: DetachedPoint): Promise<Result<Admitted>> {
  const recording = recordingAt(point)
  const named = subjectsOfCall(call, point.tenant)
  if (!named.ok) return recorded(call, named.refusal, recording)
  const subjects = named.value
  const judge = () => requireStanding(call, subjects, point)
  const before = judge()
  if (!before.ok) return recorded(call, before.refusal, recording)
  const outcome = await point.ledger.spend(ledgerSpendOf(call, point), judge)
  if (outcome.kind === 'refused') return { ok: false, refusal: outcome.refusal }
  const after = judge()
  if (!after.ok) return recorded(call, withSpent(after.refusal), recording)
  const { claims, presentation } = call
  const { record } = outcome
  // The lease lives at least as long as the token it gave; beyond that nothing is known here.
  return accept({
    claims,
    peer: presentation.peer,
    record,
    leaseEndsAt: claims.expiresAt,
    subjects,
  })
}

/**
 * Whose revocation kills this call. The holders above are known from `act` alone: it is read here
 * to deny and never to allow, so whatever it named more could only refuse more. One that does not
 * name a holder for each lease would name too little, and is refused.
 */
function subjectsOfCall(
  { claims, signingKey, presentation }: KnownCall,
  tenant: TenantId,
): Result<readonly RevocationSubject[]> {
  const { actors, agent, lease, subject, labels = NO_LABELS } = claims
  if (actors.length !== lease.lineage.length) {
    return refuse('status_unknown', { actors: actors.length, lineage: lease.lineage.length })
  }
  const holders = [...actors, agent]
  const { certificate, key: proofKey } = presentation.peer
  const tree = { lineage: lease.lineage, holders, subject, tenant, labels }
  return accept(subjectsOf(tree, { certificate, key: signingKey, proofKey }))
}

/**
 * What is known speaks for nobody; it only says who is out. A contract says when it began to move,
 * and what was minted until that was committed may not know of it.
 */
function requireStanding(
  { claims }: KnownCall,
  subjects: readonly RevocationSubject[],
  { revocations, maxStaleSeconds }: DetachedPoint,
): Result<void> {
  const staleness = revocations.staleness()
  if (!(staleness <= maxStaleSeconds)) {
    return refuse('status_unknown', { stale: told(staleness), maxStaleSeconds })
  }
  const effect = revocations.effect(subjects)
  if (effect !== undefined) return refuse(effect)
  for (const agent of new Set(claims.actors)) {
    const movedAt = revocations.contractMovedAt(agent)
    if (movedAt !== undefined && movedAt + CONTRACT_MOVE_SECONDS >= claims.issuedAt) {
      return refuse('status_unknown', { contractMoved: agent, movedAt })
    }
  }
  return accept(undefined)
}

/** JSON knows no Infinity. */
function told(staleness: number): number | string {
  return Number.isFinite(staleness) ? Math.ceil(staleness) : 'unknown'
}

function withSpent(refusal: Refusal): Refusal {
  return { ...refusal, facts: { ...refusal.facts, spent: true } }
}

function ledgerSpendOf(call: KnownCall, { tenant }: DetachedPoint): LedgerSpend {
  return { ...spendOf(call, { tenant }), issuedAt: call.claims.issuedAt }
}
