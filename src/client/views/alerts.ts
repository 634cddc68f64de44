/** What a person should know of. */
export interface AlertView {
  readonly id: string
  readonly kind: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly subject: string
  readonly lease_id: string | null
  readonly owner: string | null
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
  readonly at: string
  readonly acknowledged: { readonly by: string; readonly at: string } | null
}

/** A receiver of alerts; `secret` when it was just named, the rest in a list. */
export interface WebhookView {
  readonly id: string
  readonly url: string
  readonly kinds: 'any' | readonly string[]
  readonly private_net: boolean
  readonly created_at: string
  readonly secret?: string
  readonly waiting?: number
  readonly failing_since?: string | null
}

/** What came of one message that was asked for. */
export interface TestedWebhookView {
  readonly delivered: boolean
  readonly status: number | null
  readonly detail: string | null
}
