import type { Webhook } from '../../domain/webhook.ts'
import { timeText } from '../../listener/time-text.ts'

/** A receiver on the wire, without its secret. */
export function webhookView({ id, url, kinds, privateNet, createdAt }: Webhook) {
  return {
    id,
    url,
    kinds: kinds === 'any' ? kinds : [...kinds],
    private_net: privateNet,
    created_at: timeText(createdAt),
  }
}
