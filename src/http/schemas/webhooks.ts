import { z } from '@hono/zod-openapi'
import { ALERT_KINDS } from '../../domain/alert.ts'
import { parseWebhookId } from '../../domain/ids.ts'
import { WEBHOOK_URL_CHARACTERS_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'
import { alertKind } from './alerts.ts'
import { timeOut } from './common.ts'

const WEBHOOK_ID = { type: 'string', pattern: '^hook_[A-Za-z0-9_-]{21}[AQgw]$' } as const

const kinds = z
  .union([z.literal('any'), z.array(alertKind).min(1).max(ALERT_KINDS.length)])
  .openapi({ description: 'Which kinds of alerts; `any` takes those to come as well.' })

export const createWebhookBody = z
  .strictObject({
    url: z.string().min(1).max(WEBHOOK_URL_CHARACTERS_MAX).openapi({
      description: 'https, or http on 127.0.0.1 and [::1].',
      example: 'https://alerts.acme.example/writ',
    }),
    kinds: kinds.optional(),
    private_net: z.boolean().optional().openapi({
      description: 'Whether the receiver may be at an address that is not public.',
    }),
  })
  .openapi('CreateWebhook')

export const webhookParams = z.strictObject({
  id: textAs(parseWebhookId, 'This is no id of a webhook.').openapi(WEBHOOK_ID),
})

const WEBHOOK = {
  id: z.string().openapi(WEBHOOK_ID),
  url: z.string(),
  kinds,
  private_net: z.boolean(),
  created_at: timeOut,
}

export const createdWebhookOut = z
  .strictObject({
    ...WEBHOOK,
    secret: z.string().openapi({ description: 'Signs every message. Shown this once.' }),
  })
  .openapi('CreatedWebhook')

export const webhookOut = z
  .strictObject({
    ...WEBHOOK,
    waiting: z.int().openapi({ description: 'Alerts that wait to be delivered.' }),
    failing_since: timeOut.nullable().openapi({
      description: 'Since when deliveries are given up; null while they arrive.',
    }),
  })
  .openapi('Webhook')

export const webhookListOut = z
  .strictObject({ items: z.array(webhookOut), cursor: z.null() })
  .openapi('WebhookList')

export const testedWebhookOut = z
  .strictObject({
    delivered: z.boolean(),
    status: z.int().nullable().openapi({ description: 'Of the answer; null: there was none.' }),
    detail: z.enum(['blocked', 'timeout', 'tls', 'unreachable', 'secret']).nullable().openapi({
      description: 'Why there was none; `secret`: what signs does not open, make a new webhook.',
    }),
  })
  .openapi('TestedWebhook')
