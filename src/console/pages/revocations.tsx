import { useEffect, useState } from 'preact/hooks'
import type { RevocationView } from '../../client/views/revocations.ts'
import { shownText } from '../../domain/shown-text.ts'
import { onDecision } from '../live.ts'
import { State } from '../parts/badges.tsx'
import { FormDialog } from '../parts/form-dialog.tsx'
import { More } from '../parts/more.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { Subject } from '../parts/subject.tsx'
import { When } from '../parts/when.tsx'
import { type Effect, Lift, Withdraw } from '../revocations/withdraw.tsx'
import { isOwner } from '../session.ts'

interface Choice {
  readonly subject: string
  readonly effect: Effect
}

/** What stands revoked or suspended, and taking anything else out of force. */
export function Revocations() {
  const list = usePages<RevocationView>('/v1/revocations')
  const [naming, setNaming] = useState(false)
  const [choice, setChoice] = useState<Choice>()
  const [lifting, setLifting] = useState<string>()
  useEffect(() => onDecision(({ event }) => event.startsWith('revocation.') && list.again()), [])
  const close = () => {
    setChoice(undefined)
    setLifting(undefined)
    list.again()
  }
  return (
    <Page
      title="Revocations"
      lead="What is taken out of force. A revocation is final; a suspension can be lifted."
    >
      <p>
        <button type="button" class="danger" onClick={() => setNaming(true)}>
          Revoke something…
        </button>
      </p>
      <ForOwners what="lift a suspension" />
      <Problem text={list.problem} />
      {list.items.length === 0 && !list.loading && <Empty>Nothing is revoked.</Empty>}
      <ul class="rows">
        {list.items.map((one) => (
          <Row key={one.subject} one={one} onLift={() => setLifting(one.subject)} />
        ))}
      </ul>
      <More pages={list} />
      {naming && (
        <Name
          onClose={() => setNaming(false)}
          onChoose={(one) => {
            setNaming(false)
            setChoice(one)
          }}
        />
      )}
      {choice !== undefined && <Withdraw {...choice} onClose={close} />}
      {lifting !== undefined && <Lift subject={lifting} onClose={close} />}
    </Page>
  )
}

function Row(props: { readonly one: RevocationView; readonly onLift: () => void }) {
  const { subject, effect, reason, at } = props.one
  const kind = subject.slice(0, subject.indexOf(':'))
  return (
    <li class="row">
      <State state={effect} />
      <span class="row-main">
        <strong>
          <Subject subject={subject} bare />
        </strong>
        <span class="quiet">{kind}</span>
      </span>
      <span class="row-scope" title={subject}>
        {shownText(reason)}
      </span>
      <span class="row-side">
        <When at={at} />
        {effect === 'suspended' && isOwner() && (
          <button type="button" onClick={props.onLift}>
            Lift…<span class="hidden"> {subject}</span>
          </button>
        )}
      </span>
    </li>
  )
}

const KINDS = ['agent', 'lease', 'certificate', 'key', 'principal', 'label'] as const

function Name(props: {
  readonly onChoose: (choice: Choice) => void
  readonly onClose: () => void
}) {
  const send = async (form: FormData) => {
    const subject = `${form.get('kind')}:${String(form.get('id')).trim()}`
    props.onChoose({
      subject,
      effect: form.get('effect') === 'suspended' ? 'suspended' : 'revoked',
    })
    return undefined
  }
  return (
    <FormDialog title="Revoke what?" submit="Go on" send={send} onClose={props.onClose}>
      <div class="fields">
        <label>
          Kind
          <select name="kind">
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          Its id
          <input
            name="id"
            required
            autocomplete="off"
            placeholder="spiffe://…, lease_…, project=apollo"
          />
        </label>
      </div>
      <label class="check">
        <input type="checkbox" name="effect" value="suspended" />
        only until it is lifted
      </label>
    </FormDialog>
  )
}
