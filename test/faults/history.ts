/** What clients ask for. `present` and `redeem` spend a token; `read` and `receipt` only look. */
export type OpKind =
  | 'open'
  | 'mint'
  | 'delegate'
  | 'redeem'
  | 'present'
  | 'renew'
  | 'release'
  | 'revoke'
  | 'suspend'
  | 'lift'
  | 'read'
  | 'receipt'

/** One request as its client saw it. Times are milliseconds of the one clock of the test. */
export interface Op {
  readonly kind: OpKind
  /** Which process was asked. */
  readonly process: number
  readonly invoked: number
  /** Infinity when no answer came. */
  readonly answered: number
  /** `unknown`: no answer, or one that promises nothing; it may have happened or not. */
  readonly outcome: 'ok' | 'refused' | 'unknown'
  /** The word of the refusal, or of an answer that promises nothing. */
  readonly code?: string | undefined
  /** Name of the request in the audit trail, when an answer told it. */
  readonly request?: string | undefined
  /** root..self of the lease it acts upon, or below which it acts. */
  readonly lineage: readonly string[]
  /** The token that `present`, `redeem` and `receipt` are about. */
  readonly jti?: string | undefined
  /** A receipt came along, so the token was spent whatever else was told. */
  readonly receipt?: boolean | undefined
  /** The lease that `open` and `redeem` brought: root..self. */
  readonly born?: readonly string[] | undefined
  /** `renew`: the end that was told, in seconds since 1970. */
  readonly expiresAt?: number | undefined
}

/** A lease as it stands in the end. */
export interface FinalLease {
  readonly lineage: readonly string[]
  readonly state: string
  readonly usesSpent: number
  /** Null when unlimited. */
  readonly maxUses: number | null
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** One audit record, as much of it as the checker needs. */
export interface FinalRecord {
  readonly event: string
  readonly outcome: string
  readonly request: string
  readonly lease: string | null
  readonly jti: string | null
}

/** What the deployment says when all is over, and what reached the upstream. */
export interface FinalState {
  readonly leases: ReadonlyMap<string, FinalLease>
  /** Effect by subject. */
  readonly revocations: ReadonlyMap<string, string>
  readonly records: readonly FinalRecord[]
  /** What verifying the audit trail found; null when it is whole. */
  readonly auditProblem: string | null
  /** How often the upstream was reached with each call token, by its jti. */
  readonly reached: ReadonlyMap<string, number>
}
