import { computed, effect, signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { ApprovalView } from '../../client/views/approvals.ts'
import { agentName } from '../../domain/agent-name.ts'
import { announce } from '../announce.ts'
import { getPage, sentenceOf } from '../api.ts'
import { DecideDialog } from '../approvals/decide-dialog.tsx'
import { Question } from '../approvals/question.tsx'
import { clock } from '../clock.ts'
import { onDecision, onReturn } from '../live.ts'
import { ForOwners } from '../parts/owners.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { session } from '../session.ts'

const open = signal<readonly ApprovalView[]>([])
const problem = signal('')

/** Questions that wait for a person now. */
const pending = computed(() =>
  open.value.filter(({ expires_at: end }) => Date.parse(end) > clock.value),
)

/** How many questions wait. */
export const waiting = computed(() => pending.value.length)

const LEAD =
  'What agents may do only with a person’s yes. A yes counts once, for exactly what is shown.'

async function load(): Promise<void> {
  const answer = await getPage<ApprovalView>('/v1/approvals?open=true&limit=100')
  problem.value = answer.ok ? '' : sentenceOf(answer.problem)
  if (!answer.ok) return
  const known = new Set(open.value.map(({ id }) => id))
  const [fresh] = answer.value.items.filter(({ id }) => !known.has(id))
  if (fresh !== undefined) announce(`${agentName(fresh.requester)} asks for a yes.`)
  open.value = answer.value.items
}

effect(() => {
  if (typeof session.value === 'string') open.value = []
  else void load()
})
onDecision(({ event }) => {
  if (event.startsWith('approval.')) void load()
})
onReturn(() => void load())

interface Deciding {
  readonly approval: ApprovalView
  readonly yes: boolean
}

/** What waits for a yes or a no, with everything that is to be judged. */
export function Approvals() {
  const [deciding, setDeciding] = useState<Deciding>()
  const items = pending.value
  const close = (done: boolean) => {
    setDeciding(undefined)
    if (done) void load()
    requestAnimationFrame(() => focusFirst())
  }
  return (
    <Page title="Approvals" lead={LEAD}>
      <ForOwners what="approve or deny" />
      <Problem text={problem.value} />
      {items.length === 0 && <Empty>Nothing waits for you.</Empty>}
      {items.length > 0 && (
        <p class="hint">
          On a question, <kbd>a</kbd> approves and <kbd>d</kbd> denies; both ask once more.{' '}
          <kbd>↓</kbd> and <kbd>↑</kbd> move.
        </p>
      )}
      <ul class="questions">
        {items.map((approval) => (
          <Question
            key={approval.id}
            approval={approval}
            onDecide={(yes) => setDeciding({ approval, yes })}
          />
        ))}
      </ul>
      {deciding !== undefined && <DecideDialog {...deciding} onClose={close} />}
    </Page>
  )
}

/** The next question, or the heading when there is none: the focus is never lost. */
function focusFirst(): void {
  const next = document.querySelector<HTMLElement>('.question') ?? document.querySelector('h1')
  if (next instanceof HTMLElement) next.focus()
}
