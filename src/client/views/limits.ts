/** `GET /v1/limits`. */
export interface LimitsView {
  readonly settings: readonly {
    readonly name: string
    readonly value: string
    readonly default: string
    readonly purpose: string
  }[]
  readonly limits: readonly {
    readonly name: string
    readonly value: number
    readonly subject: string
    /** Empty where things are counted. */
    readonly unit: string
    readonly reason: string
  }[]
}
