import type { Reason, RefusalCode } from '../../domain/refusal.ts'
import type { Scope } from '../../domain/scope/types.ts'
import type { AttestationView } from './attestation.ts'

/** A lease with its state at the moment of the answer (I6: derived, never stored). */
export interface LeaseView {
  readonly id: string
  readonly parent_id: string | null
  readonly root_id: string
  readonly lineage: readonly string[]
  readonly depth: number
  readonly holder: string
  readonly subject: string
  /** Of its whole tree. */
  readonly labels: Readonly<Record<string, string>>
  readonly scope: Scope
  readonly state: string
  readonly opened_at: string
  readonly expires_at: string
  readonly renewals: number
  readonly uses_spent: number
  readonly contract_version: number
  readonly attestation: AttestationView
}

/** A lease and its descendants, parents first. */
export interface TreeView {
  readonly items: readonly LeaseView[]
  readonly truncated: boolean
}

/** Whether a lease covers a request, and which hop took it away; hops count from the root, 0. */
export type ExplanationView =
  | { readonly permitted: true; readonly grants: readonly number[] }
  | {
      readonly permitted: false
      readonly hop: number
      /** The grant of the hop above that still covered it; null at the root. */
      readonly held: number | null
      readonly code: RefusalCode
      readonly reasons: readonly Reason[]
    }
