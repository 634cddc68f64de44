import type { AuditPosition } from '../domain/audit.ts'
import type { AgentUri, CertificateThumbprint, RequestId } from '../domain/ids.ts'
import type { Result } from '../domain/result.ts'
import type { RevocationSubject } from '../domain/revocation.ts'
import type { RequestToJudge } from '../domain/scope/types.ts'
import type { TokenClaims } from '../domain/token.ts'

/** Who is at the other end of the TLS connection; taken from the TLS layer only (I8). */
export interface PeerIdentity {
  readonly uri: AgentUri
  readonly certificate: CertificateThumbprint
}

/** One call as it reached an enforcement point. */
export interface Presentation {
  readonly token: string
  readonly peer: PeerIdentity
  readonly request: RequestToJudge
  readonly requestId: RequestId
}

/** A call that passed all five stages; its token is spent. */
export interface Admitted {
  readonly claims: TokenClaims
  readonly peer: PeerIdentity
  readonly record: AuditPosition
  /** Subjects whose revocation must cut what is still running. */
  readonly subjects: readonly RevocationSubject[]
}

/** parse → verify → confirm → permit → redeem, each of which can only deny. */
export type Admit = (presentation: Presentation) => Promise<Result<Admitted>>
