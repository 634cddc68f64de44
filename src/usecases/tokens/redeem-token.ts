import { createHash } from 'node:crypto'
import { createAdmission } from '../../admission/admit.ts'
import type { Admitted, JudgedBody, PeerIdentity } from '../../admission/ports.ts'
import type { RequestId } from '../../domain/ids.ts'
import type { Cost, RefusalRecorder } from '../../domain/redemption.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { RequestToJudge } from '../../domain/scope/types.ts'
import type { TraceHeaders } from '../../domain/trace.ts'
import type { Store } from '../../store/ports.ts'
import type { PresentedProof } from '../../token/proof-header.ts'
import { inSpan } from '../../tracing.ts'
import { requireUsable } from '../agents/agent-standing.ts'
import { type AgentCaller, type Caller, requireEnforcement } from '../caller.ts'
import { callJudge } from '../policies/ask-policy.ts'
import type { World } from '../world.ts'

/** One call that an enforcement point without a store asks about. */
export interface Redemption {
  readonly token: string
  /** The proof that came with it; looked at here, whatever the enforcement point made of it. */
  readonly proof?: PresentedProof | undefined
  readonly audience: string
  /** Who the TLS connection of the call named; the enforcement point answers for it. */
  readonly peer: PeerIdentity
  readonly request: RequestToJudge
  /** What the call may cost at most; the enforcement point answers for it as well. */
  readonly costs?: readonly Cost[] | undefined
  /** Names the call in its audit record. */
  readonly requestId: RequestId
  /** The trace of the call, at the enforcement point. */
  readonly trace?: TraceHeaders | undefined
}

/**
 * An enforcement point without a store has calls admitted: all five stages of each run here, at
 * once, so that they share commits; answered in the order asked. The point is trusted to say truly
 * who its TLS peers are, and only for audiences of its own contract. Every call has an outcome of
 * its own: a promise that is refused or rejects harms no other.
 * Refusals: those of the point's standing for all; `audience_mismatch` and those of admission for
 * one.
 */
export async function redeemTokens(
  world: World,
  caller: Caller,
  redemptions: readonly Redemption[],
): Promise<Result<readonly Promise<Result<Admitted>>[]>> {
  const standing = await requirePoint(world, caller)
  if (!standing.ok) return standing
  const { point, audiences } = standing.value
  return accept(
    redemptions.map((redemption) =>
      audiences.includes(redemption.audience)
        ? admitFor(world, point, redemption)
        : Promise.resolve(refuse('audience_mismatch', { audience: redemption.audience })),
    ),
  )
}

/**
 * The caller as an enforcement point that stands, and the audiences of its contract. Refusals:
 * `forbidden`, `not_found`, and what stands against the point itself.
 */
export async function requirePoint(
  world: World,
  caller: Caller,
): Promise<Result<{ readonly point: AgentCaller; readonly audiences: readonly string[] }>> {
  const point = requireEnforcement(caller)
  if (!point.ok) return point
  return world.store.read(async (reads) => {
    const agent = await reads.agent(caller.tenant, point.value.uri)
    if (agent === undefined) return refuse('not_found')
    const usable = await requireUsable(reads, agent, point.value.certificate)
    const { audiences } = agent.contract
    return usable.ok ? accept({ point: point.value, audiences }) : usable
  })
}

function admitFor(
  world: World,
  point: AgentCaller,
  redemption: Redemption,
): Promise<Result<Admitted>> {
  const { token, proof, audience, peer, request, costs, requestId, trace } = redemption
  const admit = createAdmission({
    tenant: point.tenant,
    settles: point.uri,
    issuer: world.issuer,
    audience,
    keys: world.keys,
    clock: world.store,
    redeemer: world.store,
    recorder: refusalRecorder(world.store),
    judge: callJudge(world, point.tenant),
  })
  const readBody = async (): Promise<Result<JudgedBody>> => bodySentAlong(request)
  const stated = costs === undefined ? {} : { costs }
  const work = () => admit({ token, proof, peer, request, requestId, readBody, ...stated })
  const facts = { 'writ.request_id': requestId }
  return inSpan('writ.redemption', work, { kind: 'server', parent: trace, facts })
}

/**
 * The body as the enforcement point sent it along; a scope or pin that needs one refuses without.
 */
function bodySentAlong(request: RequestToJudge): Result<JudgedBody> {
  if (request.type !== 'http' || request.body === undefined) {
    return refuse('request_mismatch', { body: 'unread' }, [
      { pointer: '/request/body', code: 'unread', detail: 'The scope or the pin needs the body.' },
    ])
  }
  const { media_type, text } = request.body
  const digest = createHash('sha256').update(text).digest('base64url')
  return accept({ media_type, text, bytes: Buffer.byteLength(text), digest })
}

/** Records refusals of admission through the store, as every decision is recorded (I10). */
export function refusalRecorder(store: Store): RefusalRecorder {
  return {
    async recordRefusal(spend, refusal) {
      await store.decide<never>(async () => ({
        result: { ok: false, refusal },
        record: {
          event: 'token.redeemed',
          outcome: refusal.code,
          tenant: spend.tenant,
          actor: spend.agent,
          request: spend.request,
          lease: spend.lineage[spend.lineage.length - 1] ?? null,
          facts: { ...spend.facts, ...refusal.facts, jti: spend.jti },
        },
      }))
    },
  }
}
