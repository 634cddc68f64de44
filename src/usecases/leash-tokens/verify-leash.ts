import type { Admitted } from '../../admission/ports.ts'
import { LEASH_WINDOW_SECONDS } from '../../domain/limits.ts'
import { type Refusal, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Json } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { VerificationKey } from '../../token/key.ts'
import {
  holdsKey,
  isGenuineLeash,
  type LeashFault,
  type ParsedLeash,
  parseLeash,
} from '../../token/leash.ts'
import type { AgentCaller, Caller } from '../caller.ts'
import { decideNo } from '../decide.ts'
import { requirePoint } from '../tokens/redeem-token.ts'
import type { World } from '../world.ts'
import { attestationKey } from './attestation-keys.ts'
import { envelopeText, type LeashEnvelope, readEnvelope } from './leash-envelope.ts'
import { spendProof } from './spend-proof.ts'

/** The eleven steps, in their order (LEASHX-05). */
export const LEASH_STEPS = [
  'envelope',
  'header',
  'issuer',
  'signature',
  'time',
  'version',
  'audience',
  'freshness',
  'possession',
  'scope',
  'standing',
] as const
/** One of them. */
export type LeashStep = (typeof LEASH_STEPS)[number]

/** Where a verification ended with no, and why. */
export interface LeashNo {
  readonly step: LeashStep
  readonly refusal: Refusal
  /** A reason of LEASH for which the table of refusals has a wider code. */
  readonly reason?: Exclude<LeashFault, 'malformed'> | 'unsupported-version' | 'stale-envelope'
}

/** A leash that was shown with a proof, and what that came to. */
export type LeashVerdict =
  | { readonly ok: true; readonly leash: ParsedLeash; readonly admitted: Admitted }
  | ({ readonly ok: false } & LeashNo)

type Stop = Extract<LeashVerdict, { ok: false }>

/** Everything before the store is asked holds. */
interface Proven {
  readonly envelope: LeashEnvelope
  readonly leash: ParsedLeash
  readonly key: VerificationKey
}

/**
 * An enforcement point has a leash and its proof judged, for an audience of its contract: eleven
 * steps, each of which can only deny. The last spends the proof in the transaction that looks at
 * revocation, limits and contracts (I6, I7, I9, I11): a nonce proves once, for good, and only the
 * newest leash of a lease is any (LEASHX-15 can not happen). A no after the signature held is
 * recorded (I10). Refuses as a whole only what is wrong with the point: `forbidden`,
 * `audience_mismatch`, and those of its standing.
 */
export async function verifyLeash(
  world: World,
  caller: Caller,
  input: { readonly envelope: Json; readonly audience: string },
): Promise<Result<LeashVerdict>> {
  const standing = await requirePoint(world, caller)
  if (!standing.ok) return standing
  const { point, audiences } = standing.value
  if (!audiences.includes(input.audience)) {
    return refuse('audience_mismatch', { audience: input.audience })
  }
  const now = world.store.now()
  const signed = await readSigned(world, input.envelope)
  if (!('leash' in signed)) return accept(signed)
  const no = (await judgeProof(signed, input.audience, now)) ?? judgeWords(signed)
  if (no !== undefined) return accept(await recordNo(world, point, signed.leash, no))
  const spent = await spendProof(world, point, { ...signed, audience: input.audience, now })
  if (spent.ok) return accept({ ok: true, leash: signed.leash, admitted: spent.value })
  const verdict = stop(stepOf(spent.refusal), { ok: false, refusal: spent.refusal })
  return accept(spent.recorded ? verdict : await recordNo(world, point, signed.leash, verdict))
}

/** The first four steps: until the signature holds, nothing is worth a record. */
async function readSigned(world: World, value: Json): Promise<Proven | Stop> {
  const envelope = readEnvelope(value)
  if (envelope === undefined) return stop('envelope', refuse('malformed'))
  const leash = parseLeash(envelope.leash)
  if (leash === 'malformed') return stop('envelope', refuse('malformed'))
  if (leash === 'header-typ') return stop('header', refuse('token_kind'), leash)
  if (leash === 'header-alg') return stop('header', refuse('signature_invalid'), leash)
  const key = attestationKey(world, leash.keyNumber)
  if (leash.claims.issuer !== world.issuer || key === undefined) {
    return stop('issuer', refuse('issuer_mismatch'))
  }
  const genuine = await isGenuineLeash(leash, key)
  return genuine ? { envelope, leash, key } : stop('signature', refuse('signature_invalid'))
}

async function judgeProof(
  { envelope, leash }: Proven,
  audience: string,
  now: EpochSeconds,
): Promise<Stop | undefined> {
  const { claims, version } = leash
  if (now < claims.notBefore) return stop('time', refuse('not_yet_valid'))
  if (now >= claims.expiresAt) return stop('time', refuse('expired'))
  if (version !== 1) return stop('version', refuse('token_kind'), 'unsupported-version')
  if (claims.audience !== audience) return stop('audience', refuse('audience_mismatch'))
  if (Math.abs(now - envelope.timestamp) > LEASH_WINDOW_SECONDS) {
    return stop('freshness', refuse('expired'), 'stale-envelope')
  }
  const holds = await holdsKey(claims.agentKey, envelopeText(envelope), envelope.agent_sig)
  return holds ? undefined : stop('possession', refuse('holder_binding_failed'))
}

/** Version 1 compares words as texts: no wildcard reaches further than itself (LEASHX-04). */
function judgeWords({ envelope, leash }: Proven): Stop | undefined {
  const covered = leash.claims.words.includes(envelope.request.action)
  return covered ? undefined : stop('scope', refuse('scope_not_granted'))
}

function stepOf({ code }: Refusal): LeashStep {
  return code === 'scope_not_granted' ? 'scope' : 'standing'
}

function stop(
  step: LeashStep,
  { refusal }: { readonly ok: false; readonly refusal: Refusal },
  reason?: LeashNo['reason'],
): Stop {
  return { ok: false, step, refusal, ...(reason === undefined ? {} : { reason }) }
}

/** I10: a no after the signature held. */
async function recordNo(
  world: World,
  point: AgentCaller,
  leash: ParsedLeash,
  no: Stop,
): Promise<Stop> {
  const { audience, jti } = leash.claims
  const facts = { audience, leash: jti, step: no.step }
  await decideNo(world, point, 'token.redeemed', {
    result: { ok: false, refusal: no.refusal },
    facts,
  })
  return no
}
