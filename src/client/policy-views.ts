/** `GET /v1/policies`. */
export interface PoliciesView {
  readonly version: string | null
  readonly loaded_at: string | null
  readonly rules: readonly {
    readonly name: string
    readonly description: string | null
    readonly mode: string
    readonly file: string
    readonly line: number
  }[]
  readonly problems: readonly {
    readonly file: string
    readonly line: number
    readonly reason: string
  }[]
}

/** `POST /v1/policy/explain`. */
export interface PolicyExplanationView {
  readonly effect: 'allow' | 'require_approval' | 'quarantine' | 'deny'
  readonly rules: readonly string[]
  readonly approvals: number
  readonly beyond: readonly string[]
  readonly version: string | null
  readonly considered: readonly {
    readonly rule: string
    readonly mode: string
    readonly file: string
    readonly line: number
    readonly matched: boolean
    readonly unmet: readonly string[]
    readonly beyond: readonly string[]
    readonly decided: boolean
  }[]
}
