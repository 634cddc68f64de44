import { useState } from 'preact/hooks'
import type { ExplanationView, LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { type Answer, ask, sentenceOf } from '../api.ts'
import { Problem } from '../parts/page.tsx'
import { RequestFields, requestOf } from '../parts/request-fields.tsx'
import type { LeaseTree } from './lease-tree.ts'

/** Asks the authority whether a lease covers a request, and which hop took it away. */
export function Explain({ lease, tree }: { readonly lease: LeaseView; readonly tree: LeaseTree }) {
  const [answer, setAnswer] = useState<Answer<ExplanationView>>()
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const request = requestOf(new FormData(event.currentTarget as HTMLFormElement))
    setAnswer(await ask<ExplanationView>('POST', '/v1/explain', { lease_id: lease.id, request }))
  }
  return (
    <form class="explain" onSubmit={submit}>
      <h3>Would it be allowed?</h3>
      <RequestFields example="https://api.github.com/repos/…" submit="Ask" />
      <div role="status">
        {answer?.ok && <Verdict explanation={answer.value} lease={lease} tree={tree} />}
      </div>
      <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
    </form>
  )
}

function Verdict(props: {
  readonly explanation: ExplanationView
  readonly lease: LeaseView
  readonly tree: LeaseTree
}) {
  const { explanation, lease, tree } = props
  if (explanation.permitted) {
    return <p class="verdict yes">✓ Every scope from the root down covers it.</p>
  }
  const id = [...lease.lineage, lease.id][explanation.hop] ?? lease.id
  const holder = tree.nodes.value.get(id)?.lease.holder ?? id
  const hop = explanation.hop === 0 ? 'Already the root' : `Hop ${explanation.hop}`
  const held = explanation.hop === 0 ? '' : ' The lease above it still covered the request.'
  return (
    <div class="verdict no">
      <p>
        ✕ No. {hop}, the lease of <strong>{agentName(holder)}</strong>, does not cover it.{held}
      </p>
      <ul>
        {explanation.reasons.map(({ pointer, detail }) => (
          <li key={pointer + detail}>
            {detail} <code>{pointer}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}
