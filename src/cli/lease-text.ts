import type { LeaseView } from '../client/views/leases.ts'
import { type Colour, fields, type Output, printable, table } from './output.ts'

const COLOUR_OF: Readonly<Record<string, Colour>> = {
  live: 'green',
  suspended: 'yellow',
  revoked: 'red',
}

/** The state as a word, coloured where there is colour; never told by colour alone. */
function stateWord(state: string, output: Pick<Output, 'paint'>): string {
  return output.paint(COLOUR_OF[state] ?? 'dim', printable(state))
}

/** The last segment of an agent's URI, which is its name. */
function agentName(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1)
}

/** One lease in full, for people. */
export function leaseText(lease: LeaseView, output: Output): string {
  const { limits } = lease.scope
  const head = `${output.paint('bold', lease.id)}  ${stateWord(lease.state, output)}`
  const body = fields([
    ['holder', lease.holder],
    ['subject', lease.subject],
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

/** Leases as rows, one a line. */
export function leaseRows(leases: readonly LeaseView[], output: Output): string {
  if (leases.length === 0) return 'No leases.'
  const rows = leases.map((lease) => [
    lease.id,
    lease.state,
    agentName(lease.holder),
    String(lease.depth),
    lease.expires_at,
    `${lease.uses_spent}/${lease.scope.limits.max_uses}`,
  ])
  const [heading = '', ...lines] = table(
    ['LEASE', 'STATE', 'HOLDER', 'DEPTH', 'EXPIRES', 'USES'],
    rows,
  ).split('\n')
  return [output.paint('dim', heading), ...lines].join('\n')
}

/**
 * A tree of leases with box-drawing lines. `leases` come parents first; one whose parent is not
 * among them is drawn as a root. Linear in the number of leases, and not recursive.
 */
export function treeLines(
  leases: readonly LeaseView[],
  output: Pick<Output, 'paint'>,
): readonly string[] {
  const known = new Set(leases.map((lease) => lease.id))
  const below = new Map<string | null, LeaseView[]>()
  for (const lease of leases) {
    const { parent_id: parent } = lease
    const key = parent !== null && known.has(parent) ? parent : null
    const siblings = below.get(key)
    if (siblings === undefined) below.set(key, [lease])
    else siblings.push(lease)
  }
  const lines: string[] = []
  const roots = below.get(null) ?? []
  const stack = roots.toReversed().map((lease) => ({ lease, before: '', branch: '', after: '' }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { lease, before, branch, after } = next
    lines.push(`${before}${branch}${treeLabel(lease, output)}`)
    const children = below.get(lease.id) ?? []
    const inner = before + after
    children.toReversed().forEach((child, index) => {
      const last = index === 0
      const [arm, space] = last ? ['└─ ', '   '] : ['├─ ', '│  ']
      stack.push({ lease: child, before: inner, branch: arm, after: space })
    })
  }
  return lines
}

function treeLabel(lease: LeaseView, output: Pick<Output, 'paint'>): string {
  const uses = `${lease.uses_spent}/${lease.scope.limits.max_uses} uses`
  const facts = output.paint('dim', `${lease.id}  ${uses}  until ${lease.expires_at}`)
  return `${printable(agentName(lease.holder))}  ${stateWord(lease.state, output)}  ${facts}`
}
