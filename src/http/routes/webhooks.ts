import { timeText } from '../../listener/time-text.ts'
import {
  createWebhook,
  listWebhooks,
  removeWebhook,
  testWebhook,
} from '../../usecases/alerts/webhooks.ts'
import { endpoint } from '../endpoint.ts'
import { nothing } from '../schemas/common.ts'
import {
  createdWebhookOut,
  createWebhookBody,
  testedWebhookOut,
  webhookListOut,
  webhookParams,
} from '../schemas/webhooks.ts'
import { webhookView } from '../views/webhooks.ts'

export const create = endpoint({
  summary: 'Name a receiver for alerts',
  description: 'Messages are signed after Standard Webhooks. See docs/subjects/alerts.md.',
  body: createWebhookBody,
  status: 201,
  answer: createdWebhookOut,
  refusals: ['conflict'],
  idempotency: 'once',
  act: (world, { caller, body }) => {
    const { url, kinds = 'any', private_net: privateNet = false } = body
    return createWebhook(world, caller, { url, kinds, privateNet })
  },
  view: ({ webhook, secret }) => ({ ...webhookView(webhook), secret }),
})

export const list = endpoint({
  summary: 'List your receivers',
  description: 'With how many alerts wait for each, and since when deliveries fail.',
  answer: webhookListOut,
  refusals: [],
  act: (world, { caller }) => listWebhooks(world, caller),
  view: (webhooks) => ({
    items: webhooks.map((webhook) => ({
      ...webhookView(webhook),
      waiting: webhook.waiting,
      failing_since: webhook.failingSince === null ? null : timeText(webhook.failingSince),
    })),
    cursor: null,
  }),
})

export const remove = endpoint({
  summary: 'Remove a receiver, and what waits for it',
  description: 'Nothing more is sent to it.',
  params: webhookParams,
  status: 204,
  answer: nothing,
  refusals: ['not_found'],
  act: (world, { caller, params }) => removeWebhook(world, caller, params),
  view: () => undefined,
})

export const test = endpoint({
  summary: 'Send a receiver one message of the kind webhook.test',
  description: 'Waits for its answer and tells it. The message is no alert.',
  params: webhookParams,
  answer: testedWebhookOut,
  refusals: ['not_found'],
  deadline: false,
  act: (world, { caller, params }) => testWebhook(world, caller, params),
  view: (answer) =>
    answer.kind === 'answered'
      ? {
          delivered: answer.status >= 200 && answer.status <= 299,
          status: answer.status,
          detail: null,
        }
      : { delivered: false, status: null, detail: answer.detail },
})
