import type { ApprovalView } from '../../client/views/approvals.ts'
import { agentName } from '../../domain/agent-name.ts'
import { labelLine } from '../../domain/labels.ts'
import { type Colour, fields, type Output, printable } from '../output.ts'
import { table } from '../table.ts'

const COLOUR_OF: Readonly<Record<string, Colour>> = {
  pending: 'yellow',
  approved: 'green',
  used: 'green',
  denied: 'red',
  void: 'red',
}

/** The state as a word, coloured where there is colour; never told by colour alone. */
export function approvalWord(state: string, output: Pick<Output, 'paint'>): string {
  return output.paint(COLOUR_OF[state] ?? 'dim', printable(state))
}

/** One approval in full, as it is to be judged: all that the yes would be bound to. */
export function approvalText(view: ApprovalView, output: Pick<Output, 'paint'>): string {
  const head = `${output.paint('bold', view.id)}  ${approvalWord(view.state, output)}  ${view.kind}`
  const { tier, method } = view.attestation
  const pin =
    view.pin === null ? [] : [['request', `${view.pin.method} ${view.pin.target}`] as const]
  const optional = [
    ['delegate', view.delegate],
    ['audience', view.audience],
    ['credential', view.credential],
    ['body', view.pin?.body_digest ?? null],
    ['key', view.bound_to?.key_thumbprint ?? null],
    ['certificate', isKeyAlone(view) ? 'none: the key alone' : null],
    ['labels', view.labels === undefined ? null : labelLine(view.labels)],
    ['says, unverified', view.unverified_reason],
  ] as const
  const body = fields([
    ['requester', `${view.requester}${view.first_time ? '  (for the first time)' : ''}`],
    ['on behalf of', view.owner],
    ['asked for by', view.policy],
    ['attestation', `${tier}, by ${method}`],
    ...pin,
    ...optional.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    ['for', view.ttl_seconds === null ? 'as long as usual' : `${view.ttl_seconds} s`],
    ['grants', view.scope.grants.map((grant) => JSON.stringify(grant))],
    ['limits', JSON.stringify(view.scope.limits)],
    ['requires', JSON.stringify(view.scope.requires)],
    ['delegation', JSON.stringify(view.scope.delegation)],
    ['votes', `${view.votes.length} of ${view.quorum}`],
    ['until', view.expires_at],
    ['digest', view.digest],
  ])
  return `${head}\n${lineageLines(view).join('\n')}\n${body}`
}

/** Whoever has the key could use the token, from any connection. */
function isKeyAlone({ bound_to: bound }: ApprovalView): boolean {
  return bound !== undefined && bound.certificate_thumbprint === undefined
}

/** The lineage as a tree, root first, with the delegate or the lease to be at its end. */
function lineageLines({ lineage, delegate, kind }: ApprovalView): readonly string[] {
  const hops = lineage.map(({ lease_id: id, holder }) => {
    return `${agentName(holder)}  ${id ?? '(a new root lease)'}`
  })
  const end =
    kind === 'delegation' && delegate !== null ? [`${agentName(delegate)}  (would hold)`] : []
  return [...hops, ...end].map((hop, depth) => {
    return printable(depth === 0 ? hop : `${'   '.repeat(depth - 1)}└─ ${hop}`)
  })
}

/** Approvals as rows, one a line. */
export function approvalRows(views: readonly ApprovalView[], output: Output): string {
  if (views.length === 0) return 'No approvals.'
  const rows = views.map((view) => [
    view.id,
    view.state,
    view.kind,
    agentName(view.requester),
    view.pin === null ? '' : `${view.pin.method} ${view.pin.target}`,
    view.expires_at,
  ])
  const headings = ['APPROVAL', 'STATE', 'KIND', 'REQUESTER', 'REQUEST', 'UNTIL']
  const [heading = '', ...lines] = table(headings, rows).split('\n')
  return [output.paint('dim', heading), ...lines].join('\n')
}
