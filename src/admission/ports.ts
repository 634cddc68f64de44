import type { AuditPosition } from '../domain/audit.ts'
import type { AgentUri, CertificateThumbprint, KeyThumbprint, RequestId } from '../domain/ids.ts'
import type { ResponseObligations } from '../domain/policy.ts'
import type { RateLeft } from '../domain/rate.ts'
import type { Cost } from '../domain/redemption.ts'
import type { Facts } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import type { RevocationSubject } from '../domain/revocation.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { TokenClaims } from '../domain/token.ts'
import type { TraceHeaders } from '../domain/trace.ts'
import type { KeySource } from '../token/key.ts'
import type { PresentedProof } from '../token/proof-header.ts'

/**
 * Who is at the other end, by what it proved (I8): a certificate in the TLS layer, the possession
 * of a key with this very call (RFC 9449), or both. No header ever names either.
 */
export interface PeerIdentity {
  /** The agent that its certificate names; absent where it showed none. */
  readonly uri?: AgentUri
  readonly certificate?: CertificateThumbprint
  /** Set by confirm alone, once the proof that came with the call was verified. */
  readonly key?: KeyThumbprint
  /** The network address at the other end, where the enforcement point tells it. */
  readonly address?: string
}

/** A request body that was read whole in order to be judged. */
export interface JudgedBody {
  readonly media_type: string
  readonly bytes: number
  readonly text: string
  /** base64url(SHA-256(body)). */
  readonly digest: string
}

/** One call as it reached an enforcement point. */
export interface Presentation {
  readonly token: string
  /** The proof that came with it, where it came under the scheme `DPoP`. */
  readonly proof?: PresentedProof | undefined
  readonly peer: PeerIdentity
  readonly request: RequestToJudge
  readonly requestId: RequestId
  /** The trace it belongs to, for the hop after this one. */
  readonly trace?: TraceHeaders | undefined
  /** A second secret that was shown beside the token, where the enforcement point reads one. */
  readonly binding?: string | undefined
  /** Measures the process at the other end; undefined when it can not be told. */
  readonly process?: (() => Promise<string | undefined>) | undefined
  /**
   * What the call may cost at most, each unit once. A scope with a budget of a unit that is not
   * stated here is refused: a budget nobody counts must not pass (I11).
   */
  readonly costs?: readonly Cost[]
  /** The credential the call will be made with, where it is with one: told to policies. */
  readonly credential?: { readonly name: string; readonly environment: string } | undefined
  /**
   * Reads the body, at most JUDGED_BODY_BYTES_MAX; called only when the scope has a rule on it or
   * the token pins it. Absent means that the enforcement point can not read bodies: such tokens are
   * refused there.
   */
  readonly readBody?: () => Promise<Result<JudgedBody>>
  /**
   * Chooses what the enforcement point will put into the request, after the scope has judged it and
   * before the token is spent: a refusal is recorded and leaves the token unspent. The answer goes
   * into the record of the call. Only where a store redeems (`createAdmission`).
   */
  readonly choose?: (claims: TokenClaims) => Promise<Result<Facts>>
}

/** What a policy says of a call beside yes. */
export interface CallVerdict {
  /** For the record of the call. */
  readonly facts: Facts
  readonly obligations: ResponseObligations
}

/** A permitted call as whoever judges it sees it. */
export interface CallToJudge {
  readonly claims: TokenClaims
  readonly peer: PeerIdentity
  readonly credential: Presentation['credential']
  readonly request: RequestToJudge
  /** The request with its body, read now if it was not before. */
  readonly withBody: () => Promise<Result<RequestToJudge>>
}

/** Judges a call that the scope permits, before its token is spent. */
export type JudgeCall = (call: CallToJudge, now: EpochSeconds) => Promise<Result<CallVerdict>>

/** A call that passed all five stages; its token is spent. */
export interface Admitted {
  readonly claims: TokenClaims
  readonly peer: PeerIdentity
  readonly record: AuditPosition
  /** The earliest end in the lineage. */
  readonly leaseEndsAt: EpochSeconds
  /** Subjects whose revocation must cut what is still running. */
  readonly subjects: readonly RevocationSubject[]
  /** What was reserved and has to be settled when the outcome is known; absent when nothing was. */
  readonly reserved?: readonly Cost[]
  /** The rate that is closest to its limit; absent when none counts the call. */
  readonly rate?: RateLeft
  /** What may become of the response; absent where no policy says anything. */
  readonly obligations?: ResponseObligations
  /** The signed receipt (compact JWS), when the authority that redeemed sent one along. */
  readonly receipt?: string
}

/** The authority's published keys, fetched again when a token names one that is not among them. */
export interface FetchedKeys extends KeySource {
  /**
   * Makes sure that the keys are fresh enough to judge a token by this key. Answers false when they
   * are not and can not be made so.
   */
  freshFor(kid: KeyThumbprint): Promise<boolean>
}

/** parse → verify → confirm → permit → redeem, each of which can only deny. */
export type Admit = (presentation: Presentation) => Promise<Result<Admitted>>
