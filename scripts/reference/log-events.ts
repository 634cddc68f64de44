import { LOG_EVENTS } from '../../src/log-events.ts'
import { code, codes, page, table } from './markdown.ts'

const ABOUT = `One line per event on stderr, JSON or text (\`log.format\`), times in UTC: \`time\`, \`level\`,
\`event\`, then the facts. No request, header, body or claim is handed to the log; texts of faults are
scrubbed of everything that looks like a token or key. \`request_id\` is the \`X-Request-Id\` of the answer
and stands in the audit record. A fault adds \`fault\` (class and scrubbed message, causes behind), \`code\`
and \`at\` (where it was thrown).`

/** docs/reference/log-events.md: every event of the log. */
export function logEventsPage(): string {
  const rows = Object.entries(LOG_EVENTS).map(([event, { level, when, facts }]) => {
    return [code(event), level, when, codes(facts)]
  })
  const head = ['event', 'level', 'when', 'facts']
  return page('Events of the log', 'src/log-events.ts', ABOUT, table(head, rows))
}
