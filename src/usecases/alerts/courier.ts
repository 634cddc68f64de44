import type { KeptAlert } from '../../domain/alert.ts'
import type { WebhookId } from '../../domain/ids.ts'
import { WEBHOOK_DELIVERIES_MAX, WEBHOOK_DELIVERIES_PER_RECEIVER_MAX } from '../../domain/limits.ts'
import { retryAfter } from '../../domain/webhook.ts'
import type { Delivery, DeliveryOutcome } from '../../store/ports/webhooks.ts'
import { Rounds } from '../rounds.ts'
import type { World } from '../world.ts'
import type { MessageAnswer, WebhookMessage } from './webhook-sender.ts'

/** What a courier works with, and whom it tells. */
export interface CourierParts {
  readonly world: Pick<World, 'store' | 'webhooks' | 'issuer'>
  /** Hears of each alert once, in whichever process tells of it. */
  readonly raised: (alert: KeptAlert) => void
  readonly delivered: (result: DeliveryOutcome['kind'], webhook: WebhookId) => void
  readonly failed: (fault: unknown) => void
}

/**
 * Brings alerts to their receivers: at least once, in no promised order. Any number of processes
 * may do so over one store; a delivery whose process dies is taken up by another when its claim
 * ends.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #busy = new Map<WebhookId, number>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #rounds: Rounds

  constructor(parts: CourierParts) {
    this.#parts = parts
    this.#rounds = new Rounds(() => this.#look(), parts.failed)
  }

  /** Takes up what is due; to be asked every WEBHOOK_LOOK_MS. Never throws. */
  look(): Promise<void> {
    return this.#rounds.run()
  }

  /** Takes up nothing more, and waits for what is under way: no longer than its timeout. */
  async close(): Promise<void> {
    await this.#rounds.close()
    await Promise.all(this.#underWay)
  }

  async #look(): Promise<void> {
    const { world, raised } = this.#parts
    const { outbox } = world.store
    if (!(await world.store.read((reads) => reads.hasDeliveries()))) return
    for (const alert of await outbox.tell()) raised(alert)
    const limit = WEBHOOK_DELIVERIES_MAX - this.#underWay.size
    if (limit <= 0) return
    const busy = [...this.#busy].filter(([, count]) => count >= WEBHOOK_DELIVERIES_PER_RECEIVER_MAX)
    const claimed = await outbox.claim({ limit, busy: busy.map(([id]) => id) })
    for (const delivery of claimed) this.#begin(delivery)
  }

  #begin(delivery: Delivery): void {
    const { id } = delivery.webhook
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1)
    const work = this.#deliver(delivery)
      .catch((fault) => this.#parts.failed(fault))
      .finally(() => {
        const left = (this.#busy.get(id) ?? 1) - 1
        if (left === 0) this.#busy.delete(id)
        else this.#busy.set(id, left)
        this.#underWay.delete(work)
      })
    this.#underWay.add(work)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { world, delivered } = this.#parts
    const { webhook, alert, attempts } = delivery
    const answer = await world.webhooks.send(webhook, messageOf(alert, world.issuer))
    const outcome = outcomeOf(answer, attempts)
    await world.store.outbox.settle(delivery, outcome)
    delivered(outcome.kind, webhook.id)
  }
}

/** What a receiver is told of an alert: ids and plain facts. */
function messageOf(alert: KeptAlert, issuer: string): WebhookMessage {
  const { id, kind, severity, subject, lease, owner, facts, at } = alert
  const data = { alert: id, issuer, severity, subject, lease_id: lease, owner, facts }
  return { id, kind, at, data }
}

/** 410 says that nobody will ever be there again (Standard Webhooks); all else may pass. */
function outcomeOf(answer: MessageAnswer, attempts: number): DeliveryOutcome {
  if (answer.kind === 'answered' && answer.status >= 200 && answer.status <= 299) {
    return { kind: 'delivered' }
  }
  const detail = answer.kind === 'answered' ? `status ${answer.status}` : answer.detail
  const gone = answer.kind === 'answered' && answer.status === 410
  const seconds = gone ? null : retryAfter(attempts, Math.random())
  return seconds === null ? { kind: 'given_up', detail } : { kind: 'again', seconds }
}
