import { ALERT_KINDS, ALERT_MEANINGS } from '../../src/domain/alert.ts'
import { SECURITY_EVENTS } from '../../src/usecases/revocations/poll-events.ts'
import { code, page, table } from './markdown.ts'

const ABOUT = `What people and webhooks are told of; the rules behind are told under
[alerts](../subjects/alerts.md). Facts are ids, numbers and plain words: never a token, a key or a
credential. \`webhook.test\` is sent when an owner tries a webhook, and is no alert.`

const EVENTS = `What receivers of security events poll (RFC 8936), as the one member of \`events\`; see
[other spellings](../subjects/revocation-feed.md#other-spellings).`

/** docs/reference/alerts.md: kinds of alerts, and security events. */
export function alertsPage(): string {
  return page(
    'Alerts and security events',
    'src/domain/alert.ts and src/usecases/revocations/poll-events.ts',
    ABOUT,
    table(
      ['kind', 'raised when'],
      ALERT_KINDS.map((kind) => [code(kind), ALERT_MEANINGS[kind]]),
    ),
    '## Security events',
    EVENTS,
    table(
      ['what happened', 'event'],
      Object.entries(SECURITY_EVENTS).map(([effect, event]) => [code(effect), code(event)]),
    ),
  )
}
