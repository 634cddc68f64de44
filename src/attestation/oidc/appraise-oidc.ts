import { createHash } from 'node:crypto'
import { FOREIGN_TOKEN_AGE_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import {
  type ForeignClaims,
  type ForeignToken,
  readForeignToken,
  verifyForeignToken,
} from '../../token/foreign.ts'
import type { MethodOutcome } from '../appraise.ts'
import { ruleHolds } from './claim-rules.ts'
import { keysFetcher } from './fetch-keys.ts'
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts'
import type { TrustedIssuer } from './issuers.ts'

/** A token that the agent's platform gave it, and the nonce it was asked for with. */
export interface OidcEvidence {
  readonly token: string
  readonly nonce: string
}

/** An issuer with its keys at hand. */
export interface OidcIssuer {
  readonly trusted: TrustedIssuer
  readonly keys: IssuerKeys
}

/** Issuers by `iss`. */
export type OidcIssuers = ReadonlyMap<string, OidcIssuer>

/** Takes the configured issuers into service; reads their CA files. */
export function openIssuers(
  trusted: ReadonlyMap<string, TrustedIssuer>,
  failed: (issuer: string, cause: unknown) => void,
): OidcIssuers {
  const issuers = new Map<string, OidcIssuer>()
  for (const [issuer, entry] of trusted) {
    const keys = createIssuerKeys({
      fetch: keysFetcher(entry.keys),
      algs: entry.algs,
      failed: (cause) => failed(entry.name, cause),
    })
    issuers.set(issuer, { trusted: entry, keys })
  }
  return issuers
}

/**
 * Appraises a workload identity token: of a configured issuer, genuine, for this authority, young,
 * tied to the nonce as the issuer's entry says, and by one rule for this very agent. What it found
 * names the token, to be spent in the deciding transaction. Refusals: `attestation_failed`;
 * `status_unknown` when the issuer's keys can not be had.
 */
export async function appraiseOidc(
  evidence: OidcEvidence,
  agentName: string,
  issuers: OidcIssuers,
  now: EpochSeconds,
): Promise<Result<MethodOutcome>> {
  const token = readForeignToken(evidence.token)
  if (!token.ok) return token
  const issuer = issuers.get(token.value.issuer)
  if (issuer === undefined) return refuse('attestation_failed', { token: 'unknown issuer' })
  const { trusted, keys } = issuer
  const key = await keys.find(token.value.kid)
  if (!key.ok) return key
  const { audience, binding, algs, ageSecondsMax, tier } = trusted
  const verified = await verifyForeignToken(token.value, key.value, {
    issuer: trusted.issuer,
    audience: binding === 'audience' ? `${audience}#${evidence.nonce}` : audience,
    algs,
    ageSecondsMax,
    now,
  })
  if (!verified.ok) return verified
  const claims = verified.value
  if (binding === 'nonce' && nonceOf(claims) !== evidence.nonce) {
    return refuse('attestation_failed', { token: 'nonce' })
  }
  if (!trusted.rules.some((rule) => ruleHolds(rule, agentName, claims))) {
    return refuse('attestation_failed', { token: 'no rule', issuer: trusted.name })
  }
  const { sub } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > 512) {
    return refuse('attestation_failed', { token: 'sub' })
  }
  return accept({
    tier,
    evidenceHash: `sha-256:${sha256(token.value.text)}`,
    identity: `${trusted.issuer}#${sub}`,
    spends: { key: spentKey(token.value, claims), expiresAt: endOf(claims) },
  })
}

/** `eat_nonce` is RFC 9711's name; most issuers know OpenID Connect's `nonce` alone. */
function nonceOf(claims: ForeignClaims): unknown {
  return claims['nonce'] ?? claims['eat_nonce']
}

/**
 * What makes the token one: its issuer and `jti`, or the bytes that were signed where an issuer
 * gives no `jti`. Never the signature: one token may have several.
 */
function spentKey({ text, issuer }: ForeignToken, claims: ForeignClaims): string {
  const { jti } = claims
  if (typeof jti === 'string' && jti !== '') return sha256(JSON.stringify([issuer, 'jti', jti]))
  return sha256(JSON.stringify([issuer, 'token', text.slice(0, text.lastIndexOf('.'))]))
}

/** Verified above: `exp` is a moment, at most FOREIGN_TOKEN_AGE_SECONDS_MAX after `iat`. */
function endOf({ exp }: ForeignClaims): EpochSeconds {
  const longest = FOREIGN_TOKEN_AGE_SECONDS_MAX
  if (!Number.isSafeInteger(exp)) throw new Error(`exp was verified to be within ${longest} s`)
  return exp as EpochSeconds
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
