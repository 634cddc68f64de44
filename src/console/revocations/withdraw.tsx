import { useEffect, useState } from 'preact/hooks'
import type { SubjectPreviewView } from '../../client/views/revocations.ts'
import { agentName } from '../../domain/agent-name.ts'
import { announce } from '../announce.ts'
import { type Answer, ask, get, pathOf, sentenceOf } from '../api.ts'
import { FormDialog, ReasonField } from '../parts/form-dialog.tsx'

/** How a subject is withdrawn: for good, or until an owner lifts it. */
export type Effect = 'revoked' | 'suspended'

/** What each kind of subject takes along. */
const TAKES_ALONG: Readonly<Record<string, string>> = {
  lease: 'The lease and everything below it.',
  agent: 'Every lease the agent holds and everything it passed on.',
  certificate: 'Every connection with this certificate. The agent may enroll another one.',
  principal: 'Everything done on behalf of this person, and every agent it answers for.',
  tenant: 'Everything. No agent of this authority can do anything any more.',
  key: 'Everything this key signed or proves.',
  label: 'Every tree that has this label; nothing is opened under it any more.',
}

/** Shows what it would end, asks why, and does it. */
export function Withdraw(props: {
  /** Such as `agent:spiffe://…`. */
  readonly subject: string
  readonly effect: Effect
  readonly onClose: () => void
}) {
  const { subject, effect, onClose } = props
  const kind = subject.slice(0, subject.indexOf(':'))
  const name = agentName(subject.slice(kind.length + 1))
  const send = async (form: FormData) => {
    const body = { subject, effect, reason: form.get('reason') }
    const answer = await ask('POST', '/v1/revocations', body)
    if (!answer.ok) return sentenceOf(answer.problem)
    announce(`${name} is ${effect}.`)
    onClose()
    return undefined
  }
  const isFinal = effect === 'revoked'
  return (
    <FormDialog
      title={isFinal ? `Revoke everything of ${name}?` : `Suspend ${name}?`}
      submit={isFinal ? 'Revoke' : 'Suspend'}
      back="Leave it"
      danger
      send={send}
      onClose={onClose}
    >
      <p>
        {TAKES_ALONG[kind]}{' '}
        {isFinal ? 'At once and for good.' : 'At once, until an owner lifts it.'}
      </p>
      <BlastRadius subject={subject} />
      <ReasonField />
    </FormDialog>
  )
}

/** How many leases it would take along, where that can be counted before. */
function BlastRadius({ subject }: { readonly subject: string }) {
  const [read, setRead] = useState<Answer<SubjectPreviewView>>()
  const counted = /^(agent|lease|label):/.test(subject)
  useEffect(() => {
    const path = pathOf(['v1', 'revocations', 'preview'], { subject })
    if (counted) void get<SubjectPreviewView>(path).then(setRead)
  }, [subject])
  if (!counted) return <p class="quiet">How many leases that is can not be counted before.</p>
  if (read === undefined) return <p role="status">Counting what it would end…</p>
  if (!read.ok) return <p class="quiet">{sentenceOf(read.problem)}</p>
  const { live, leases, holders, whole } = read.value
  return (
    <>
      <p role="status">
        <strong>
          This stops {live}
          {whole ? '' : ' or more'} live leases of {leases}.
        </strong>
      </p>
      {holders.length > 0 && <p class="quiet">Held by {holders.map(agentName).join(', ')}.</p>}
    </>
  )
}

/** Ends a suspension, after a question. */
export function Lift(props: { readonly subject: string; readonly onClose: () => void }) {
  const { subject, onClose } = props
  const name = agentName(subject.slice(subject.indexOf(':') + 1))
  const send = async () => {
    const answer = await ask('DELETE', pathOf(['v1', 'revocations', subject]))
    if (!answer.ok) return sentenceOf(answer.problem)
    announce(`${name} may act again.`)
    onClose()
    return undefined
  }
  return (
    <FormDialog title={`Let ${name} act again?`} submit="Lift it" send={send} onClose={onClose}>
      <p>Its leases that have not run out meanwhile are live again, with all that is below them.</p>
    </FormDialog>
  )
}
