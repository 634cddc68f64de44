import { listMetrics } from '../../src/metrics.ts'
import { code, codes, page, table } from './markdown.ts'

const ABOUT = `\`GET /metrics\` on the \`api\` and the \`admin\` listener, Prometheus text, with the usual
process metrics of Node beside these. Labels are words from closed sets, never an agent, lease or
address. In a gateway without a store the commits are those of its ledgers, and nothing is counted of
revocations. Live leases and who waits for people are told by one process of all that stand on a store,
the one that watches the audit trail: it counts leases beside its work, with rests, so that no look at
the numbers asks the store anything. Without a number there is no line.`

const WORDS = `\`result\` is \`allowed\` or the word of a [refusal](refusals.md), but for settlements
(\`committed\`, \`released\`, \`unknown\`, \`failed\`), policy loads (\`loaded\`, \`refused\` with the one before
still deciding) and deliveries (\`delivered\`, \`again\`: it is tried later, \`given_up\`). \`route\` is the
pattern of an address, or the name of a route of the gateway. The kinds of \`writ_alerts_total\` are those
of [alerts](alerts.md).`

/** docs/reference/metrics.md: every metric of ours with its labels. */
export function metricsPage(): string {
  const rows = listMetrics().map(({ name, kind, labels, help }) => {
    return [code(name), kind, codes(labels), help]
  })
  const head = ['metric', 'kind', 'labels', 'counts']
  return page('Metrics', 'src/metrics.ts', ABOUT, table(head, rows), WORDS)
}
