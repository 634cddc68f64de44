import { z } from 'zod'
import { parseLeaseId, parsePrincipalId } from '../domain/ids.ts'
import { LEASH_TTL_SECONDS_MAX, LEASH_WORDS_MAX, SCOPE_STRING_MAX } from '../domain/limits.ts'
import { refusalEntry, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Json } from '../domain/scope/types.ts'
import { readBody } from '../listener/body.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked, FaceRow, OpenRow } from '../listener/face.ts'
import { AGENT, ENFORCEMENT } from '../listener/guards.ts'
import { parseWith } from '../listener/parse.ts'
import { refused } from '../listener/problem.ts'
import { textAs } from '../listener/read-as.ts'
import { leashIdOf } from '../token/leash.ts'
import { leashKeySet } from '../usecases/leash-tokens/attestation-keys.ts'
import { mintLeash } from '../usecases/leash-tokens/mint-leash.ts'
import { readLeashStatus } from '../usecases/leash-tokens/read-leash-status.ts'
import {
  LEASH_STEPS,
  type LeashVerdict,
  verifyLeash,
} from '../usecases/leash-tokens/verify-leash.ts'
import type { World } from '../usecases/world.ts'
import { REASONS } from './reasons.ts'

/** An hour, against a day for which a rotated key stays (LEASHX-06). */
const KEYS_CACHE = 'public, max-age=3600'
const STATUS_CACHE = 'public, max-age=30'

const mintBody = z.strictObject({
  lease_id: textAs(parseLeaseId, 'This is no lease id.'),
  audience: z.string().min(1).max(SCOPE_STRING_MAX),
  scope: z.array(z.string().max(SCOPE_STRING_MAX)).max(LEASH_WORDS_MAX),
  agent_pubkey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  ttl_seconds: z.int().min(1).max(LEASH_TTL_SECONDS_MAX).optional(),
})
const verifyBody = z.strictObject({
  audience: z.string().min(1).max(SCOPE_STRING_MAX),
  envelope: z.unknown(),
})

/** Minting is for holders, verifying for enforcement points; both by certificate. */
export const LEASH_ROWS: readonly FaceRow[] = [
  {
    method: 'POST',
    path: '/v1/leash/tokens',
    listeners: ['agents'],
    who: AGENT,
    deadline: true,
    answer: mint,
    refused,
  },
  {
    method: 'POST',
    path: '/v1/leash/verify',
    listeners: ['agents'],
    who: ENFORCEMENT,
    deadline: true,
    answer: verify,
    refused,
  },
]

/** Keys and status, for whoever reaches the listener. */
export const LEASH_OPEN_ROWS: readonly OpenRow<{ readonly world: World }>[] = [
  {
    path: '/v1/public/leash/keys/{user}',
    handler:
      ({ world }) =>
      (c) => {
        const subject = parsePrincipalId(c.req.param('user') ?? '')
        if (subject === undefined) return refused(c, refuse('not_found').refusal)
        return c.json(leashKeySet(world, subject), 200, { 'Cache-Control': KEYS_CACHE })
      },
  },
  {
    path: '/v1/public/leash/status/{jti}',
    handler:
      ({ world }) =>
      async (c) => {
        const status = await readLeashStatus(world, leashIdOf(c.req.param('jti') ?? ''))
        const { revoked, revokedAt, reason, checkedAt } = status
        const body = { revoked, revoked_at: revokedAt, reason, checked_at: checkedAt }
        return c.json(body, 200, { 'Cache-Control': STATUS_CACHE })
      },
  },
]

async function mint(c: HttpContext, { serving, caller }: Asked): Promise<Result<Response>> {
  const read = await readBody(c, serving.bodyBytesMax)
  if (!read.ok) return read
  const body = parseWith(mintBody, read.value.value, 'malformed')
  if (!body.ok) return body
  const { lease_id: lease, audience, scope: words, agent_pubkey: agentKey } = body.value
  const input = { lease, audience, words, agentKey, ttlSeconds: body.value.ttl_seconds }
  const minted = await mintLeash(serving.world, caller, input)
  if (!minted.ok) return minted
  const { leash, claims } = minted.value
  const { grantVersion, expiresAt, revocationUrl } = claims
  const told = {
    leash,
    grant_version: grantVersion,
    expires_at: expiresAt,
    revocation_url: revocationUrl,
  }
  return accept(Response.json(told, { status: 201 }))
}

/** LEASHX-05: 200 also when it is rejected; anything else says that nothing was judged. */
async function verify(c: HttpContext, { serving, caller }: Asked): Promise<Result<Response>> {
  const read = await readBody(c, serving.bodyBytesMax)
  if (!read.ok) return read
  const body = parseWith(verifyBody, read.value.value, 'malformed')
  if (!body.ok) return body
  const { audience, envelope = null } = body.value
  const verdict = await verifyLeash(serving.world, caller, { audience, envelope: envelope as Json })
  if (!verdict.ok) return verdict
  serving.metrics.redemption(verdict.value.ok ? 'allowed' : verdict.value.refusal.code)
  return accept(Response.json(verdictView(verdict.value)))
}

function verdictView(verdict: LeashVerdict): object {
  if (verdict.ok) {
    const { leash, admitted } = verdict
    const { lease, words, expiresAt, grantVersion } = leash.claims
    return {
      accepted: true,
      checks: LEASH_STEPS.map((name) => ({ name, status: 'pass', detail: '' })),
      agent: admitted.claims.agent,
      lease,
      scope: words,
      grant_version: grantVersion,
      expires_at: expiresAt,
      record: admitted.record,
    }
  }
  const { step, refusal, reason } = verdict
  const failed = LEASH_STEPS.indexOf(step)
  const status = (at: number) => (at < failed ? 'pass' : at === failed ? 'fail' : 'skipped')
  const detail = refusalEntry(refusal.code).sentence
  return {
    accepted: false,
    reason: reason ?? REASONS[refusal.code],
    code: refusal.code,
    checks: LEASH_STEPS.map((name, at) => {
      return { name, status: status(at), detail: at === failed ? detail : '' }
    }),
  }
}
