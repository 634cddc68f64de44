/** One audit record; `body` is the exact text that was hashed. */
export interface AuditRecordView {
  readonly chain: string
  readonly sequence: number
  readonly previous_hash: string
  readonly hash: string
  readonly body: string
}

/** A signed checkpoint of the audit trail. */
export interface CheckpointView {
  readonly number: number
  readonly at: string
  readonly jws: string
}

/** Whether the whole audit trail holds together, or the first place where it does not. */
export type AuditVerdictView =
  | {
      readonly whole: true
      readonly chains: number
      readonly records: number
      readonly checkpoints: number
    }
  | {
      readonly whole: false
      readonly bad: {
        readonly problem: string
        readonly chain: string | null
        readonly sequence: number
      }
    }

/** Records that were searched for, newest first. */
export interface AuditFoundView {
  readonly items: readonly AuditRecordView[]
  /** Where to go on; null at the end of the trail. */
  readonly cursor: string | null
  readonly looked_at: number
}

/** One record and how it stands in its chain. */
export interface AuditRecordNowView {
  readonly record: AuditRecordView
  readonly linked: boolean
  readonly checkpoint: { readonly number: number; readonly at: string } | null
}
