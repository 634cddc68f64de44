import type { Scope } from '../../domain/scope/types.ts'
import type { AttestationView } from './attestation.ts'
import type { PinBody } from './tokens.ts'

/** A question to an owner, as it is to be judged; times are RFC 3339 in UTC. */
export interface ApprovalView {
  readonly id: string
  readonly state: 'pending' | 'approved' | 'denied' | 'expired' | 'void' | 'used'
  readonly kind: 'lease' | 'delegation' | 'token' | 'action' | 'retrieval'
  readonly owner: string
  readonly requester: string
  readonly lineage: readonly {
    readonly lease_id: string | null
    readonly holder: string
    readonly depth: number
  }[]
  readonly scope: Scope
  /** Of the tree, or asked for it; absent when there are none. */
  readonly labels?: Readonly<Record<string, string>>
  readonly ttl_seconds: number | null
  readonly audience: string | null
  readonly pin: PinBody | null
  readonly delegate: string | null
  readonly credential: string | null
  /** Words of the agent; nobody has checked them. */
  /** What the token would be bound to, where a key was proven; absent: the certificate alone. */
  readonly bound_to?: {
    readonly certificate_thumbprint?: string
    readonly key_thumbprint?: string
  }
  readonly unverified_reason: string | null
  readonly policy: string
  readonly attestation: AttestationView
  readonly first_time: boolean
  readonly quorum: number
  readonly votes: readonly { readonly owner: string; readonly decision: string }[]
  readonly digest: string
  readonly expires_at: string
}

/** The answer `202` to a request that waits for a person. */
export interface AwaitsView {
  readonly approval: ApprovalView
}
