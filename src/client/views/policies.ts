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

/** An effect of a decision. */
type EffectView = PolicyExplanationView['effect']

/** `POST /v1/policy/replay`. */
export interface PolicyReplayView {
  readonly version: string | null
  readonly problems: PoliciesView['problems']
  readonly records: number
  readonly since: string | null
  readonly decisions: number
  readonly unchanged: number
  readonly changes: readonly {
    readonly event: string
    readonly before: EffectView
    readonly after: EffectView
    readonly count: number
  }[]
  readonly examples: readonly {
    readonly record: { readonly chain: string; readonly sequence: number }
    readonly at: string
    readonly event: string
    readonly agent: string
    readonly lease_id: string | null
    readonly asked: string
    readonly before: { readonly effect: EffectView; readonly policy: string | null }
    readonly after: { readonly effect: EffectView; readonly policy: string | null }
  }[]
  readonly unjudged: readonly {
    readonly event: string
    readonly why: string
    readonly count: number
  }[]
}
