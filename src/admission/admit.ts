import type { AgentUri, TenantId } from '../domain/ids.ts'
import { NO_LABELS } from '../domain/labels.ts'
import { JUDGED_ROUNDS_MAX, RECORDED_CHARACTERS_MAX } from '../domain/limits.ts'
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
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { Clock, EpochSeconds } from '../domain/time.ts'
import type { KeySource } from '../token/key.ts'
import { inSpan } from '../tracing.ts'
import type {
  Admit,
  Admitted,
  CallVerdict,
  JudgeCall,
  PeerIdentity,
  Presentation,
} from './ports.ts'
import {
  type ConfirmedCall,
  confirmCall,
  judgeCall,
  type KnownCall,
  type PermittedCall,
  parseCall,
  permitByContracts,
  permitCall,
  verifyCall,
} from './stages.ts'

/** One enforcement point: `audience` is the resource id of the one protected resource it guards. */
export interface EnforcementPoint {
  readonly tenant: TenantId
  readonly issuer: string
  readonly audience: string
  readonly keys: KeySource
  readonly clock: Clock
  readonly redeemer: Redeemer
  readonly recorder: RefusalRecorder
  /** Policies, asked of each permitted call; absent: scopes and contracts alone decide. */
  readonly judge?: JudgeCall | undefined
  /** Who settles what is reserved here; absent for a gateway on the authority's own store. */
  readonly settles?: AgentUri
}

/**
 * What an enforcement point does with a token: parse → verify → confirm → permit → redeem, each of
 * which can only deny, and redeem last; policies are asked just before it, and then what the call
 * needs beside it is chosen. A call that is denied before the last stage keeps its token. From
 * verification on each refusal is recorded (I10); what comes before is noise that the caller
 * counts. Throws when the redeemer can not know the state; the face answers 503, never allow.
 */
export function createAdmission(point: EnforcementPoint): Admit {
  return async (presentation) => {
    const parsed = parseCall(presentation)
    if (!parsed.ok) return parsed
    const now = point.clock.now()
    const verified = await inSpan('writ.verify', () => verifyCall(parsed.value, { ...point, now }))
    if (!verified.ok) return verified
    const confirmed = await inSpan('writ.confirm', () => confirmCall(verified.value, now))
    if (!confirmed.ok) return recorded(verified.value, confirmed.refusal, point)
    return admitConfirmed(confirmed.value, now, point)
  }
}

/** What the stages after confirmation need of an enforcement point. */
export type LastStages = Pick<
  EnforcementPoint,
  'tenant' | 'redeemer' | 'recorder' | 'judge' | 'settles'
>

/**
 * The stages that are left once it is confirmed who calls: permit, then redeem, with policies asked
 * and what the call needs beside it chosen in between.
 */
export async function admitConfirmed(
  call: ConfirmedCall,
  now: EpochSeconds,
  point: LastStages,
): Promise<Result<Admitted>> {
  const permitted = await inSpan('writ.permit', () => permitCall(call, now))
  if (!permitted.ok) return recorded(call, permitted.refusal, point)
  const { judge } = point
  const judged =
    judge && (await inSpan('writ.policy', () => judgeCall(permitted.value, judge, now)))
  const { choose, credential } = call.presentation
  if (judged?.ok === false) {
    return recorded({ ...permitted.value, ...namedFacts(credential) }, judged.refusal, point)
  }
  const verdict = judged?.value
  const redeem = (last: PermittedCall) =>
    inSpan('writ.redeem', () => redeemCall(last, now, point, verdict))
  if (choose === undefined) return redeem(permitted.value)
  const chosen = await choose(permitted.value.claims)
  if (!chosen.ok) return recorded(permitted.value, chosen.refusal, point)
  return redeem({ ...permitted.value, chosen: chosen.value })
}

/** The last stage: spends the token (I7), judging again when a holder's contract has moved on. */
async function redeemCall(
  permitted: PermittedCall,
  now: EpochSeconds,
  point: LastStages,
  verdict: CallVerdict | undefined,
): Promise<Result<Admitted>> {
  let call = permitted
  let spend = withFacts(spendOf(call, point), verdict)
  for (let round = 0; round < JUDGED_ROUNDS_MAX; round += 1) {
    const outcome = await point.redeemer.redeem(spend)
    if (outcome.kind === 'refused') return { ok: false, refusal: outcome.refusal }
    if (outcome.kind === 'spent') {
      const admitted = admittedBy(call, outcome, point.tenant)
      const obligations = verdict?.obligations
      return accept(obligations === undefined ? admitted : { ...admitted, obligations })
    }
    const again = await permitByContracts(call, outcome.contracts, now)
    if (!again.ok) return recorded(call, again.refusal, point)
    call = again.value
    spend = { ...spend, judged: judgedWith(spend, outcome.contracts) }
  }
  return recorded(call, refuse('status_unknown', { contracts: 'moving' }).refusal, point)
}

/** A policy may have been about the credential, also where none is chosen any more. */
function namedFacts(credential: Presentation['credential']): Pick<KnownCall, 'chosen'> {
  if (credential === undefined) return {}
  const { name, environment } = credential
  return { chosen: { credential: name, environment } }
}

/** The record of a call says by which policy it went. */
function withFacts(spend: Spend, verdict: CallVerdict | undefined): Spend {
  return verdict === undefined ? spend : { ...spend, facts: { ...spend.facts, ...verdict.facts } }
}

/** What the call has been judged by so far: a contract that moves does not undo another. */
function judgedWith(spend: Spend, contracts: readonly HolderContract[]) {
  const judged = new Map(spend.judged)
  for (const { agent, version } of contracts) judged.set(agent, version)
  return judged
}

function admittedBy(
  call: PermittedCall,
  outcome: Extract<SpendOutcome, { kind: 'spent' }>,
  tenant: TenantId,
): Admitted {
  const { claims, signingKey, keys } = call
  const { peer } = call.presentation
  const { certificate, key: proofKey } = peer
  const { record, leaseEndsAt, holders, owner, reserved, rate } = outcome
  const { subject, labels = NO_LABELS } = claims
  const tree = { lineage: claims.lease.lineage, holders, subject, tenant, labels }
  const lease = owner === undefined ? tree : { ...tree, owner }
  const subjects = subjectsOf(lease, { certificate, key: signingKey, proofKey, keys })
  return {
    claims,
    peer,
    record,
    leaseEndsAt,
    subjects,
    ...(reserved === undefined ? {} : { reserved }),
    ...(rate === undefined ? {} : { rate }),
  }
}

/** Who proved nothing; never an agent, so that no rule takes a stolen token for its agent's. */
const STRANGER = 'stranger' as AgentUri

/**
 * Refuses with a record (I10). It names who presented the token, also when it is somebody else's.
 */
export async function recorded(
  call: KnownCall,
  refusal: Refusal,
  point: Pick<EnforcementPoint, 'tenant' | 'settles' | 'recorder'>,
): Promise<Result<never>> {
  const { uri, key } = call.presentation.peer
  const agent = uri ?? (key === undefined ? STRANGER : call.claims.agent)
  await point.recorder.recordRefusal({ ...spendOf(call, point), agent }, refusal)
  return { ok: false, refusal }
}

/** What is to be spent of a call that was verified, and what its record says of the request. */
export function spendOf(
  call: KnownCall,
  { tenant, settles }: Pick<EnforcementPoint, 'tenant' | 'settles'>,
): Spend {
  const { claims, signingKey, keys, presentation, possession, request, chosen } = call
  const { jti, expiresAt, lease, agent, audience } = claims
  return {
    tenant,
    jti,
    expiresAt,
    lineage: lease.lineage,
    certificate: presentation.peer.certificate,
    ...(possession === undefined ? {} : { proofKey: possession.key, proof: possession.proof }),
    signingKey,
    ...(keys === undefined ? {} : { keys }),
    agent,
    request: presentation.requestId,
    ...(presentation.costs === undefined ? {} : { costs: presentation.costs }),
    ...(settles === undefined ? {} : { point: settles }),
    facts: { audience, ...peerFacts(presentation.peer), ...factsOf(request), ...chosen },
  }
}

/** By what it was confirmed and from where it came: what a watcher of the trail compares. */
function peerFacts({ certificate, key, address }: PeerIdentity): Spend['facts'] {
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(address === undefined ? {} : { address }),
  }
}

/** What the audit record says of the request: never a query string, which may hold anything. */
function factsOf(request: RequestToJudge): Spend['facts'] {
  if (request.type === 'tool') return { server: told(request.server), tool: told(request.tool) }
  const { method, target } = request
  return { method: told(method), target: told(target.split(/[?#]/, 1)[0] ?? '') }
}

/** Whoever calls may choose the text; how much of it is kept, we do. */
function told(text: string): string {
  return text.slice(0, RECORDED_CHARACTERS_MAX)
}
