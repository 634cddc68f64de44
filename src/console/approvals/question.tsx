import type { ApprovalView } from '../../client/views/approvals.ts'
import { agentName } from '../../domain/agent-name.ts'
import { labelLine } from '../../domain/labels.ts'
import { shownText } from '../../domain/shown-text.ts'
import { clock } from '../clock.ts'
import { Tier } from '../parts/badges.tsx'
import { Facts } from '../parts/page.tsx'
import { isOwner } from '../session.ts'
import { duration, exactLines, secondsUntil } from '../words.ts'

const KINDS = {
  lease: 'wants to open a lease',
  delegation: 'wants to pass a lease on',
  token: 'wants to make a call',
  action: 'wants to do this',
  retrieval: 'wants to be told a secret',
} as const

/** One question: the exact request, where it comes from, and what speaks for caution. */
export function Question(props: {
  readonly approval: ApprovalView
  readonly onDecide: (yes: boolean) => void
}) {
  const { approval, onDecide } = props
  const title = `question-${approval.id}`
  const warnings = warningsOf(approval)
  return (
    <li>
      <article
        class="question"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys work while it has the focus
        tabIndex={0}
        aria-labelledby={title}
        onKeyDown={(event) => onKey(event, onDecide)}
      >
        <header class="question-head">
          <h2 id={title}>
            {agentName(approval.requester)} {KINDS[approval.kind]}
          </h2>
          <span class="quiet">
            {duration(secondsUntil(approval.expires_at, clock.value))} to decide
          </span>
        </header>
        <Exact approval={approval} />
        {warnings.length > 0 && (
          <ul class="warnings" aria-label="Worth a look">
            {warnings.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
        {approval.unverified_reason !== null && (
          <blockquote>
            <p>{shownText(approval.unverified_reason)}</p>
            <footer>In the agent’s own words. Nobody has checked them.</footer>
          </blockquote>
        )}
        <Facts rows={factsOf(approval)} />
        {isOwner() && (
          <div class="actions">
            <button type="button" class="danger" onClick={() => onDecide(false)}>
              Deny <kbd>d</kbd>
            </button>
            <button type="button" class="primary" onClick={() => onDecide(true)}>
              Approve <kbd>a</kbd>
            </button>
          </div>
        )}
      </article>
    </li>
  )
}

/** The request itself: a pinned call word for word, else what the scope would let through. */
export function Exact({ approval }: { readonly approval: ApprovalView }) {
  const { pin, scope } = approval
  const lines = pin === null ? exactLines(scope) : [`${pin.method} ${pin.target}`]
  return (
    <figure class="exact" aria-label="The exact request">
      <pre>
        {lines.join('\n')}
        {pin?.body_digest !== undefined && `\nbody SHA-256 ${pin.body_digest}`}
      </pre>
    </figure>
  )
}

function factsOf(approval: ApprovalView): Parameters<typeof Facts>[0]['rows'] {
  const { lineage, audience, delegate, credential, ttl_seconds: ttl, votes, quorum } = approval
  const { bound_to: bound, labels } = approval
  const alone = bound?.certificate_thumbprint === undefined ? ', from any connection' : ''
  const optional = [
    ['Goes to', audience],
    ['Passed on to', delegate === null ? null : agentName(delegate)],
    ['Credential', credential],
    ['Labels', labels === undefined ? null : labelLine(labels)],
    ['For who has the key', bound === undefined ? null : `${bound.key_thumbprint}${alone}`],
    ['For', ttl === null ? null : duration(ttl)],
    ['Yes so far', quorum > 1 ? `${votes.length} of ${quorum} owners` : null],
  ] as const
  return [
    ['Lineage', [approval.owner, ...lineage.map(({ holder }) => agentName(holder))].join(' → ')],
    ['Attestation', <Tier key="tier" tier={approval.attestation.tier} />],
    ...optional.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    ['Asked because of', approval.policy],
  ]
}

function warningsOf(approval: ApprovalView): readonly string[] {
  const { scope, pin, attestation } = approval
  const methods =
    pin === null
      ? scope.grants.flatMap((grant) => (grant.type === 'http' ? grant.methods : []))
      : [pin.method]
  const writes = methods.filter((method) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  const wide = scope.grants.some((grant) =>
    grant.type === 'http' ? grant.paths.some((path) => path.endsWith('**')) : grant.tool === '*',
  )
  return [
    ...(approval.first_time ? ['The agent has held no lease before.'] : []),
    ...(writes.length > 0 ? [`It may change things: ${[...new Set(writes)].join(', ')}.`] : []),
    ...(pin === null && wide ? ['It covers everything below a path.'] : []),
    ...(pin === null && scope.limits.max_uses === 'unlimited' ? ['Its uses are not limited.'] : []),
    ...(attestation.tier === 'affirming'
      ? []
      : [`The evidence of who asks is “${attestation.tier}”.`]),
  ]
}

function onKey(event: KeyboardEvent, onDecide: (yes: boolean) => void): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step !== undefined) {
    const all = [...document.querySelectorAll<HTMLElement>('.question')]
    const next = all[all.indexOf(event.currentTarget as HTMLElement) + step]
    event.preventDefault()
    next?.focus()
  }
  if (!isOwner() || (event.key !== 'a' && event.key !== 'd')) return
  event.preventDefault()
  onDecide(event.key === 'a')
}
