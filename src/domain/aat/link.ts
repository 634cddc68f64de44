import type { Facts, RefusalCode } from '../refusal.ts'
import { refuse } from '../refusal.ts'
import type { ArgumentMap, Json } from '../scope/types.ts'
import type { EpochSeconds } from '../time.ts'

/** What a link allows: tools by name, exact texts, each with its arguments. */
export type AatTools = ReadonlyMap<string, ArgumentMap>

/**
 * One token of a chain of draft-niyikiza-oauth-attenuating-agent-tokens-02, read from claims whose
 * signature held. Who may use it is a key; there is no subject.
 */
export interface AatLink {
  readonly jti: string
  /** Root: the issuer's URI. Below: the thumbprint URI of the key that signed. */
  readonly issuer: string
  readonly issuedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly depth: number
  /** The deepest link that may follow, counted from the root. */
  readonly maxDepth: number
  /** base64url(SHA-256) of what the parent's issuer signed; undefined at the root. */
  readonly parentHash: string | undefined
  /** Enforcement points it may be shown to; undefined: it does not say. */
  readonly audiences: readonly string[] | undefined
  /** Undefined: it has no entry of this type, so it allows nothing. */
  readonly tools: AatTools | undefined
}

/** What a holder signs for one call (AAT §7.2). */
export interface AatProof {
  readonly jti: string
  readonly issuedAt: EpochSeconds
  /** `jti` of the last link, and the digest of what was signed there. */
  readonly leaf: string
  readonly leafHash: string
  readonly tool: string
  readonly audience: string | undefined
  readonly arguments: { readonly [argument: string]: Json }
}

/** One call of a tool at an enforcement point. */
export interface AatInvocation {
  readonly audience: string
  readonly tool: string
  readonly arguments: { readonly [argument: string]: Json }
}

/** Refuses with the step of AAT §8 that says no; `link` counts from the root. */
export function deny(code: RefusalCode, step: string, facts: Facts = {}) {
  return refuse(code, { step, ...facts })
}
