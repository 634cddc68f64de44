import { createHash } from 'node:crypto'
import { createAdmission } from '../admission/admit.ts'
import type { Admitted, JudgedBody, PeerIdentity } from '../admission/ports.ts'
import type { RefusalRecorder } from '../domain/redemption.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { Store } from '../store/ports.ts'
import { requireUsable } from './agent-standing.ts'
import { type Caller, requireEnforcement } from './caller.ts'
import type { World } from './world.ts'

/**
 * An enforcement point without a database has one call admitted: all five stages run here. It is
 * trusted to say truly who its TLS peer is, and only for audiences of its own contract.
 * Refusals: `forbidden`, `audience_mismatch`, and those of admission.
 */
export async function redeemToken(
  world: World,
  caller: Caller,
  input: {
    readonly token: string
    readonly audience: string
    readonly peer: PeerIdentity
    readonly request: RequestToJudge
  },
): Promise<Result<Admitted>> {
  const point = requireEnforcement(caller)
  if (!point.ok) return point
  const standing = await world.store.read(async (reads) => {
    const agent = await reads.agent(caller.tenant, point.value.uri)
    if (agent === undefined) return refuse('not_found')
    const usable = await requireUsable(reads, agent, point.value.certificate)
    if (!usable.ok) return usable
    const { audiences } = agent.contract
    return audiences.includes(input.audience)
      ? usable
      : refuse('audience_mismatch', { audience: input.audience })
  })
  if (!standing.ok) return standing
  const admit = createAdmission({
    tenant: caller.tenant,
    issuer: world.issuer,
    audience: input.audience,
    keys: world.keys,
    clock: world.clock,
    redeemer: world.store,
    recorder: refusalRecorder(world.store),
  })
  const { token, peer, request } = input
  const readBody = async (): Promise<Result<JudgedBody>> => bodySentAlong(request)
  return admit({ token, peer, request, requestId: caller.request, readBody })
}

/**
 * The body as the enforcement point sent it along; a scope or pin that needs one refuses without.
 */
function bodySentAlong(request: RequestToJudge): Result<JudgedBody> {
  if (request.type !== 'http' || request.body === undefined) {
    return refuse('request_mismatch', { body: 'unread' })
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
