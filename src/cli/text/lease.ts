import type { LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { labelLine, labelTexts } from '../../domain/labels.ts'
import { type Colour, fields, type Output, printable } from '../output.ts'
import { table } from '../table.ts'

const COLOUR_OF: Readonly<Record<string, Colour>> = {
  live: 'green',
  suspended: 'yellow',
  revoked: 'red',
}

/** The state as a word, coloured where there is colour; never told by colour alone. */
export function stateWord(state: string, output: Pick<Output, 'paint'>): string {
  return output.paint(COLOUR_OF[state] ?? 'dim', printable(state))
}

/** One lease in full, for people. */
export function leaseText(lease: LeaseView, output: Output): string {
  const { limits } = lease.scope
  const labels = labelTexts(lease.labels)
  const head = `${output.paint('bold', lease.id)}  ${stateWord(lease.state, output)}`
  const body = fields([
    ['holder', lease.holder],
    ['subject', lease.subject],
    ...(labels.length === 0 ? [] : [['labels', labels] as const]),
    ['parent', lease.parent_id ?? '(root)'],
    ['depth', `${lease.depth} of ${limits.max_depth}`],
    ['opened', lease.opened_at],
    ['expires', lease.expires_at],
    ['uses', `${lease.uses_spent} of ${limits.max_uses}`],
    ['renewals', lease.renewals],
    ['grants', lease.scope.grants.map((grant) => JSON.stringify(grant))],
    ['audiences', lease.scope.audiences.join(', ')],
  ])
  return `${head}\n${body}`
}

/** Leases as rows, one a line; with their labels where any has some. */
export function leaseRows(leases: readonly LeaseView[], output: Output): string {
  if (leases.length === 0) return 'No leases.'
  const labelled = leases.some(({ labels }) => labelLine(labels) !== '')
  const rows = leases.map((lease) => [
    lease.id,
    lease.state,
    agentName(lease.holder),
    String(lease.depth),
    lease.expires_at,
    `${lease.uses_spent}/${lease.scope.limits.max_uses}`,
    ...(labelled ? [labelLine(lease.labels)] : []),
  ])
  const columns = ['LEASE', 'STATE', 'HOLDER', 'DEPTH', 'EXPIRES', 'USES']
  const headings = labelled ? [...columns, 'LABELS'] : columns
  const [heading = '', ...lines] = table(headings, rows).split('\n')
  return [output.paint('dim', heading), ...lines].join('\n')
}
