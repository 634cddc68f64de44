import { DECISIONS } from '../../src/domain/decisions.ts'
import { code, codes, page, table } from './markdown.ts'

const ABOUT = `Each decision, yes or no, is one record of the audit trail (I10): \`event\` is the word below,
\`outcome\` is \`allowed\` or the word of a [refusal](refusals.md), beside tenant, actor, request, lease and
facts. Facts are ids, numbers and hashes; never a token, key, credential or handle (I12). A record has
those of its facts that were known when it was decided, and a refusal adds what it found. How records
are chained and signed is told under [audit trail](protocol.md#audit-trail-and-checkpoints).`

/** docs/reference/decisions.md: every word of the audit trail. */
export function decisionsPage(): string {
  const rows = Object.entries(DECISIONS).map(([event, [means, facts]]) => {
    return [
      code(event),
      means,
      facts === '' ? 'none: who it was stands in the record' : codes(facts.split(' ')),
    ]
  })
  return page(
    'Decisions of the audit trail',
    'src/domain/decisions.ts',
    ABOUT,
    table(['event', 'what was decided', 'facts'], rows),
  )
}
