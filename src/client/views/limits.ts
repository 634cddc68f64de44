/** `GET /v1/limits`. */
export interface LimitsView {
  readonly settings: readonly {
    readonly name: string
    readonly value: string
    readonly default: string
  }[]
  readonly limits: readonly { readonly name: string; readonly value: number }[]
}
