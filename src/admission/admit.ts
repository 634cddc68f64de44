import type { AgentUri, TenantId } from '../domain/ids.ts'
import type {
  HolderContract,
  Redeemer,
  RefusalRecorder,
  Spend,
  SpendOutcome,
} from '../domain/redemption.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { subjectsOf } from '../domain/revocation.ts'
import { permits } from '../domain/scope/permit.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { Clock } from '../domain/time.ts'
import type { KeySource } from '../token/key.ts'
import type { Admit, Admitted } from './ports.ts'
import {
  confirmCall,
  type KnownCall,
  type PermittedCall,
  parseCall,
  permitCall,
  verifyCall,
} from './stages.ts'

/** How often a call is judged again because contracts moved meanwhile; then: no. */
const JUDGED_ROUNDS_MAX = 3

/** One enforcement point: `audience` is the resource id of the one protected resource it guards. */
export interface EnforcementPoint {
  readonly tenant: TenantId
  readonly issuer: string
  readonly audience: string
  readonly keys: KeySource
  readonly clock: Clock
  readonly redeemer: Redeemer
  readonly recorder: RefusalRecorder
}

/**
 * What an enforcement point does with a token: parse → verify → confirm → permit → redeem, each of
 * which can only deny, and redeem last. A call that is denied before the last stage keeps its token.
 * From verification on each refusal is recorded (I10); what comes before is noise that the caller
 * counts. Throws when the redeemer can not know the state; the face answers 503, never allow.
 */
export function createAdmission(point: EnforcementPoint): Admit {
  return async (presentation) => {
    const parsed = parseCall(presentation)
    if (!parsed.ok) return parsed
    const now = point.clock.now()
    const verified = await verifyCall(parsed.value, { ...point, now })
    if (!verified.ok) return verified
    const confirmed = confirmCall(verified.value)
    if (!confirmed.ok) return recorded(verified.value, confirmed.refusal, point)
    const permitted = await permitCall(confirmed.value, now)
    if (!permitted.ok) return recorded(verified.value, permitted.refusal, point)
    return redeemCall(permitted.value, point)
  }
}

/** The last stage: spends the token (I7), judging again when a holder's contract has moved on. */
async function redeemCall(call: PermittedCall, point: EnforcementPoint): Promise<Result<Admitted>> {
  let spend = spendOf(call, point.tenant)
  for (let round = 0; round < JUDGED_ROUNDS_MAX; round += 1) {
    const outcome = await point.redeemer.redeem(spend)
    if (outcome.kind === 'refused') return { ok: false, refusal: outcome.refusal }
    if (outcome.kind === 'spent') return accept(admittedBy(call, outcome, point.tenant))
    const judged = judgeAgain(call.request, outcome.contracts)
    if (!judged.ok) return recorded(call, judged.refusal, point)
    spend = { ...spend, judged: judged.value }
  }
  return recorded(call, refuse('status_unknown', { contracts: 'moving' }).refusal, point)
}

function admittedBy(
  call: PermittedCall,
  outcome: Extract<SpendOutcome, { kind: 'spent' }>,
  tenant: TenantId,
): Admitted {
  const { claims, signingKey } = call
  const { peer } = call.presentation
  const { record, leaseEndsAt, holders } = outcome
  const lease = { lineage: claims.lease.lineage, holders, subject: claims.subject, tenant }
  const subjects = subjectsOf(lease, { certificate: peer.certificate, key: signingKey })
  return { claims, peer, record, leaseEndsAt, subjects }
}

async function recorded(
  call: KnownCall,
  refusal: Refusal,
  point: EnforcementPoint,
): Promise<Result<never>> {
  await point.recorder.recordRefusal(spendOf(call, point.tenant), refusal)
  return { ok: false, refusal }
}

/** Contracts are live: the request has to fit every contract as it is now. */
function judgeAgain(
  request: RequestToJudge,
  contracts: readonly HolderContract[],
): Result<ReadonlyMap<AgentUri, number>> {
  const judged = new Map<AgentUri, number>()
  for (const { agent, version, contract } of contracts) {
    const permission = permits(contract, request)
    if (!permission.permitted) return refuse('scope_not_granted', { contract: agent, version })
    judged.set(agent, version)
  }
  return accept(judged)
}

function spendOf(call: KnownCall, tenant: TenantId): Spend {
  const { claims, signingKey, presentation, request } = call
  const { jti, expiresAt, lease, agent, audience } = claims
  return {
    tenant,
    jti,
    expiresAt,
    lineage: lease.lineage,
    certificate: presentation.peer.certificate,
    signingKey,
    agent,
    request: presentation.requestId,
    facts: { audience, ...factsOf(request) },
  }
}

/** What the audit record says of the request: never a query string, which may hold anything. */
function factsOf(request: RequestToJudge): Spend['facts'] {
  if (request.type === 'tool') return { server: request.server, tool: request.tool }
  const { method, target } = request
  const query = target.indexOf('?')
  return { method, target: query === -1 ? target : target.slice(0, query) }
}
