import type { AuditEntry, AuditPosition } from './audit.ts'
import type {
  AgentUri,
  CertificateThumbprint,
  Jti,
  KeyThumbprint,
  LeaseId,
  PrincipalId,
  RequestId,
  TenantId,
} from './ids.ts'
import type { RateLeft } from './rate.ts'
import type { Refusal } from './refusal.ts'
import type { AttestationTier, Scope } from './scope/types.ts'
import type { EpochSeconds } from './time.ts'

/** What a call may cost at most, or did cost: an integer `amount` in 10^-decimals of the unit. */
export interface Cost {
  readonly unit: string
  readonly decimals: number
  readonly amount: number
}

/** A proof of possession that was shown (RFC 9449): remembered, so that it is good only once. */
export interface ShownProof {
  /** Digest of its key and its `jti`. */
  readonly id: string
  /** From then on it is refused for its age, remembered or not. */
  readonly expiresAt: EpochSeconds
}

/**
 * A call token about to be spent; everything in it was verified, confirmed and permitted before.
 */
export interface Spend {
  readonly tenant: TenantId
  readonly jti: Jti
  readonly expiresAt: EpochSeconds
  readonly lineage: readonly LeaseId[]
  /**
   * The certificate the call came over; of a call by handle the digest of the handle. Absent where
   * a key was proven and no certificate shown.
   */
  readonly certificate?: CertificateThumbprint | undefined
  /** The key whose possession was proven (RFC 9449). */
  readonly proofKey?: KeyThumbprint | undefined
  /** Remembered with the token: a proof that is remembered already refuses, `proof_invalid`. */
  readonly proof?: ShownProof | undefined
  /** Absent for a call by handle, which nobody signed. */
  readonly signingKey?: KeyThumbprint | undefined
  /** Every other key the call stands on, such as those of a chain; revoking one refuses it. */
  readonly keys?: readonly KeyThumbprint[] | undefined
  readonly agent: AgentUri
  readonly request: RequestId
  /**
   * Contract versions the request has been judged against, by agent; only needed after the answer
   * `contractsMoved`.
   */
  readonly judged?: ReadonlyMap<AgentUri, number>
  /** What the call may cost at most, each unit once; reserved as the token is spent (I11). */
  readonly costs?: readonly Cost[]
  /** Who settles them; absent for a gateway on the authority's own store. */
  readonly point?: AgentUri
  readonly facts: AuditEntry['facts']
}

/** A holder's contract as it is now. */
export interface HolderContract {
  readonly agent: AgentUri
  readonly version: number
  readonly contract: Scope
  /** When it ends; null: never (LEASH-23). */
  readonly endsAt: EpochSeconds | null
  /** What its newest evidence is worth now; a proof that fell moves the version too. */
  readonly tier?: AttestationTier
  /** Whether its terms let tokens be bound to a key alone. */
  readonly keyOnly?: boolean
}

/** What is kept of whoever spent a token: its certificate, or the key that stood for one. */
export function spenderOf({ certificate, proofKey }: Spend): CertificateThumbprint | KeyThumbprint {
  const spender = certificate ?? proofKey
  if (spender === undefined) throw new Error('a token is spent by somebody')
  return spender
}

/** What a redemption comes to. */
export type SpendOutcome =
  | {
      readonly kind: 'spent'
      readonly record: AuditPosition
      readonly at: EpochSeconds
      /** Holders in lineage order: with the lineage, what a revocation may name. */
      readonly holders: readonly AgentUri[]
      /** Who answers for the tree, where that is not its subject: may be named as well. */
      readonly owner?: PrincipalId
      /** The earliest end in the lineage: what is still running then is cut. */
      readonly leaseEndsAt: EpochSeconds
      /** What was reserved and waits to be settled; absent when no budget counts the call. */
      readonly reserved?: readonly Cost[]
      /** The rate that is closest to its limit; absent when none counts the call. */
      readonly rate?: RateLeft
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** A holder's contract changed since its lease was granted: judge again, then ask again. */
  | { readonly kind: 'contractsMoved'; readonly contracts: readonly HolderContract[] }

/**
 * Spends call tokens: liveness of the lineage (I6), limits (I11), single use (I7), debit and record
 * (I10) in one atomic step. Throws when the state can not be known.
 */
export interface Redeemer {
  redeem(spend: Spend): Promise<SpendOutcome>
}

/** Records a call that was refused after its token had been verified (I10). */
export interface RefusalRecorder {
  recordRefusal(spend: Spend, refusal: Refusal): Promise<void>
}
