import { createHmac, randomBytes } from 'node:crypto'
import type { Alert } from '../../domain/alert.ts'
import type { WebhookId } from '../../domain/ids.ts'
import { WEBHOOK_TIMEOUT_MS } from '../../domain/limits.ts'
import type { Facts } from '../../domain/refusal.ts'
import type { Clock, EpochSeconds } from '../../domain/time.ts'
import { parseWebhookUrl } from '../../domain/webhook.ts'
import type { PostAnswer, SendPost } from '../../outbound/post.ts'
import type { KeptWebhook } from '../../store/ports/webhooks.ts'
import { type MasterKey, seal, unseal } from '../../vault/envelope.ts'

/** What a receiver is told. */
export interface WebhookMessage {
  /** The same at every attempt: a receiver takes each once. */
  readonly id: string
  readonly kind: Alert['kind'] | 'webhook.test'
  readonly at: EpochSeconds
  readonly data: Readonly<Record<string, string | Facts | null>>
}

/** What came of a message. `secret`: that of its receiver does not open under this master key. */
export type MessageAnswer = PostAnswer | { readonly kind: 'failed'; readonly detail: 'secret' }

/** Signs and sends messages to receivers, and keeps their secrets. */
export interface WebhookSender {
  /** A fresh secret, `whsec_…`, to be shown once, and as it is kept. */
  makeSecret(id: WebhookId): { readonly secret: string; readonly sealed: string }
  /** Sends one message, signed after Standard Webhooks. Never throws. */
  send(
    webhook: Pick<KeptWebhook, 'id' | 'url' | 'privateNet' | 'secret'>,
    message: WebhookMessage,
  ): Promise<MessageAnswer>
}

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** Over the master key that secrets are sealed under, and what posts. */
export function createWebhookSender(parts: {
  readonly master: MasterKey
  readonly post: SendPost
  /** The machine's: receivers hold it against theirs. */
  readonly clock: Clock
}): WebhookSender {
  const { master, post, clock } = parts
  return {
    makeSecret(id) {
      const bytes = randomBytes(SECRET_BYTES)
      const secret = PREFIX + bytes.toString('base64')
      const sealed = seal(master, webhookLabel(id), bytes)
      bytes.fill(0)
      return { secret, sealed }
    },
    async send({ id, url, privateNet, secret }, message) {
      const target = parseWebhookUrl(url, privateNet)
      if (!target.ok) return { kind: 'failed', detail: 'blocked' }
      const key = openSecret(master, id, secret)
      if (key === undefined) return { kind: 'failed', detail: 'secret' }
      const body = bodyOf(message)
      const headers = headersOf(message, body, { key, at: clock.now() })
      return post({
        target: target.value,
        privateNet,
        headers,
        body,
        timeoutMs: WEBHOOK_TIMEOUT_MS,
      })
    },
  }
}

/** Where the secret of a receiver is sealed to. */
export function webhookLabel(id: WebhookId): string {
  return `webhook/${id}`
}

/** A store that was put back may hold what was sealed under another master key: dead for good. */
function openSecret(master: MasterKey, id: WebhookId, secret: string): Buffer | undefined {
  try {
    return unseal(master, webhookLabel(id), secret)
  } catch {
    return undefined
  }
}

function bodyOf({ kind, at, data }: WebhookMessage): string {
  return JSON.stringify({ type: kind, timestamp: new Date(at * 1_000).toISOString(), data })
}

/** Standard Webhooks 1.0: HMAC-SHA-256 over id, time and body. The key is overwritten. */
function headersOf(
  { id }: WebhookMessage,
  body: string,
  { key, at }: { readonly key: Buffer; readonly at: EpochSeconds },
): Record<string, string> {
  const mac = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  key.fill(0)
  return {
    'content-type': 'application/json',
    'user-agent': 'writ',
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${mac}`,
  }
}
