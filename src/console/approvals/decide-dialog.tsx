import { useState } from 'preact/hooks'
import type { ApprovalView } from '../../client/views/approvals.ts'
import { agentName } from '../../domain/agent-name.ts'
import { announce } from '../announce.ts'
import { ask, pathOf, sentenceOf } from '../api.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/page.tsx'
import { Exact } from './question.tsx'

/**
 * Asks once more. The answer names the digest of what is shown here: had the request become another
 * one meanwhile, it would be a conflict and no yes.
 */
export function DecideDialog(props: {
  readonly approval: ApprovalView
  readonly yes: boolean
  readonly onClose: (done: boolean) => void
}) {
  const { approval, yes, onClose } = props
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const act = yes ? 'approve' : 'deny'
  const decide = async () => {
    setBusy(true)
    const path = pathOf(['v1', 'approvals', approval.id, act])
    const answer = await ask<ApprovalView>('POST', path, { digest: approval.digest })
    setBusy(false)
    if (!answer.ok) return setProblem(sentenceOf(answer.problem))
    announce(yes ? 'Approved.' : 'Denied.')
    onClose(true)
  }
  const name = agentName(approval.requester)
  return (
    <Dialog
      title={yes ? `Approve this for ${name}?` : `Deny this to ${name}?`}
      onClose={() => onClose(false)}
    >
      <Exact approval={approval} />
      <p>{yes ? 'It may do exactly this, once.' : 'One no is enough, and it is final.'}</p>
      <Problem text={problem} />
      <div class="actions">
        <button type="button" onClick={() => onClose(false)}>
          Back
        </button>
        <button
          type="button"
          class={yes ? 'primary' : 'danger'}
          disabled={busy}
          // biome-ignore lint/a11y/noAutofocus: the question was opened by a key; Enter answers it
          autoFocus
          onClick={decide}
        >
          {yes ? 'Yes, approve' : 'Yes, deny'}
        </button>
      </div>
    </Dialog>
  )
}
