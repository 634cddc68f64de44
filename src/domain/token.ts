import type { AttestationResult } from './attestation.ts'
import type {
  AgentUri,
  CertificateThumbprint,
  Jti,
  KeyThumbprint,
  LeaseId,
  PrincipalId,
} from './ids.ts'
import type { Labels } from './labels.ts'
import type { Scope } from './scope/types.ts'
import type { StatusPlace } from './status-list.ts'
import type { EpochSeconds } from './time.ts'

/** The two kinds of token, never interchangeable. */
export type TokenKind = 'delegation' | 'call'

/** Pins a call token to one request; `bodyDigest` is base64url(SHA-256(body)). */
export interface RequestPin {
  readonly method: string
  readonly target: string
  readonly bodyDigest?: string
}

/** base64url(SHA-256) of no byte at all. */
const NO_BODY_DIGEST = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

/**
 * The same pin where its silence about a body means that there is none. What a person says yes to
 * is one whole request; under a pin that leaves the body open an agent could send any.
 */
export function wholePin(pin: RequestPin): Required<RequestPin> {
  return { ...pin, bodyDigest: pin.bodyDigest ?? NO_BODY_DIGEST }
}

/** What a token says, in the words of the domain; `src/token` knows the claim names. */
export interface TokenClaims {
  readonly kind: TokenKind
  readonly issuer: string
  /** Exactly one: the authority (delegation) or one protected resource (call). */
  readonly audience: string
  readonly subject: PrincipalId
  /** The agent that presents it: the delegate, or the holder. */
  readonly agent: AgentUri
  /** Provenance, newest first, starting with `agent`; never read for a decision (RFC 8693 §4.1). */
  readonly actors: readonly AgentUri[]
  readonly issuedAt: EpochSeconds
  readonly notBefore: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly jti: Jti
  /** At least one; both present ⇒ both must match. */
  readonly confirmation: {
    readonly certificate?: CertificateThumbprint
    readonly key?: KeyThumbprint
  }
  /** Call token: what may be done. Delegation token: what the child lease will hold. */
  readonly scope: Scope
  /**
   * Call token: the lease it was taken from. Delegation token: the *parent* lease; the child gets
   * its id when it is born.
   */
  readonly lease: { readonly id: LeaseId; readonly lineage: readonly LeaseId[] }
  /**
   * Call token: those of its tree, so that policies know them without a look into the store and a
   * revocation by label reaches detached gateways; absent when there are none.
   */
  readonly labels?: Labels
  /** Position of the lease it speaks for: for a delegation token, of the child to be. */
  readonly depth: number
  readonly maxDepth: number
  readonly attestation: AttestationResult
  /** Where others than Writ read of the lease; nothing here ever decides by it. */
  readonly status?: StatusPlace
  readonly pin?: RequestPin
}
