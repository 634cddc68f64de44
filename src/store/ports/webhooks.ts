import type { AlertToRaise, KeptAlert } from '../../domain/alert.ts'
import type { TenantId, WebhookId } from '../../domain/ids.ts'
import type { Result } from '../../domain/result.ts'
import type { Webhook } from '../../domain/webhook.ts'

/** A webhook with its secret as it lies at rest. */
export interface KeptWebhook extends Webhook {
  /** Sealed under the master key. */
  readonly secret: string
  /** Alerts that wait to be delivered. */
  readonly waiting: number
}

/** Reads of webhooks. */
export interface WebhookReads {
  /** By their age. */
  webhooks(tenant: TenantId): Promise<readonly KeptWebhook[]>
  /** Whether anything waits to be told or delivered now. */
  hasDeliveries(): Promise<boolean>
}

/** Writes of webhooks. */
export interface WebhookWrites {
  /** Refuses `conflict` when the tenant has WEBHOOKS_MAX. */
  insertWebhook(webhook: Omit<KeptWebhook, 'waiting'>): Promise<Result<void>>
  /** Forgets what waited for it as well; false when there is none. */
  removeWebhook(tenant: TenantId, id: WebhookId): Promise<boolean>
}

/** One delivery that this process has claimed, for WEBHOOK_CLAIM_SECONDS. */
export interface Delivery {
  readonly alert: KeptAlert
  readonly webhook: Omit<KeptWebhook, 'waiting'>
  /** This one included. */
  readonly attempts: number
  /** Who claims again later has another. */
  readonly claim: string
}

/** What came of an attempt. `again` says how many seconds later it is due. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly seconds: number }
  | { readonly kind: 'given_up'; readonly detail: string }

/**
 * What is still to be delivered, for the processes that deliver it. None of it is a decision, so
 * none of it leaves a record. Several processes may ask at once: each delivery has one of them at a
 * time, until its claim ends.
 */
export interface Outbox {
  /**
   * Raises an alert that goes with no decision, unless one of its kind and subject is there that
   * nobody has acknowledged: what is found again and again is told once.
   */
  raiseOnce(alert: AlertToRaise): Promise<void>
  /**
   * Writes the deliveries of alerts that nobody was told of yet, at most ALERTS_TOLD_MAX; answers
   * these alerts. An alert goes to each webhook of whoever sees it, if it asked for the kind and if
   * its owner has a credential in force.
   */
  tell(): Promise<readonly KeptAlert[]>
  /** Claims deliveries that are due, none of the receivers in `busy`. */
  claim(order: {
    readonly limit: number
    readonly busy: readonly WebhookId[]
  }): Promise<readonly Delivery[]>
  /**
   * Records what came of a delivery, if its claim is still the last. The first that is given up
   * raises `webhook.failed`, until one arrives again.
   */
  settle(delivery: Delivery, outcome: DeliveryOutcome): Promise<void>
}
