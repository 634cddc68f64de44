import { useState } from 'preact/hooks'
import type { KeyView } from '../../client/views/keys.ts'
import { announce } from '../announce.ts'
import { ask, pathOf, sentenceOf } from '../api.ts'
import { State } from '../parts/badges.tsx'
import { FormDialog, ReasonField } from '../parts/form-dialog.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { When } from '../parts/when.tsx'

type Purpose = KeyView['purpose']

/** What a key signs, and what is void when it goes at once. */
const PURPOSES: Readonly<Record<Purpose, { readonly signs: string; readonly lost: string }>> = {
  token: {
    signs: 'tokens of calls and delegations',
    lost: 'Every call token and delegation it signed is refused. Agents have to ask for new ones.',
  },
  receipt: {
    signs: 'receipts of redemptions',
    lost: 'Receipts it signed can not be verified by the published keys any more.',
  },
  checkpoint: {
    signs: 'checkpoints of the audit trail',
    lost: 'Checkpoints it signed are not vouched for any more; a fresh one is signed by the next.',
  },
  feed: {
    signs: 'the feed of revocations',
    lost: 'Gateways elsewhere refuse its frames, and refuse calls until they have the new key.',
  },
  event: {
    signs: 'security events',
    lost: 'Events it signed are not accepted any more by whoever receives them.',
  },
  status: {
    signs: 'status lists',
    lost: 'Lists it signed are void; whoever reads them has to fetch them anew.',
  },
  leash: { signs: 'leash tokens', lost: 'Every leash token it signed is refused.' },
}

/** The keys that sign, and how they are replaced. */
export function Keys() {
  const { items, loading, problem, again } = usePages<KeyView>('/v1/keys')
  const [rotating, setRotating] = useState<Purpose>()
  const [retiring, setRetiring] = useState<KeyView>()
  const close = () => {
    setRotating(undefined)
    setRetiring(undefined)
    again()
  }
  const purposes = Object.keys(PURPOSES) as Purpose[]
  return (
    <Page
      title="Signing keys"
      lead="One active key for each purpose; their private parts stay here."
    >
      <Problem text={problem} />
      {items.length === 0 && !loading && <Empty>There is no key yet.</Empty>}
      {purposes.map((purpose) => {
        const own = items.filter((key) => key.purpose === purpose)
        if (own.length === 0) return null
        return (
          <section key={purpose} aria-labelledby={`keys-${purpose}`}>
            <header class="section-head">
              <h2 id={`keys-${purpose}`}>
                {purpose} <span class="quiet">signs {PURPOSES[purpose].signs}</span>
              </h2>
              <button type="button" onClick={() => setRotating(purpose)}>
                Rotate…<span class="hidden"> {purpose}</span>
              </button>
            </header>
            <ul class="rows">
              {own.map((key) => (
                <Row key={key.kid} one={key} onRetire={() => setRetiring(key)} />
              ))}
            </ul>
          </section>
        )
      })}
      {rotating !== undefined && <Rotate purpose={rotating} onClose={close} />}
      {retiring !== undefined && <Retire one={retiring} onClose={close} />}
    </Page>
  )
}

function Row(props: { readonly one: KeyView; readonly onRetire: () => void }) {
  const { kid, alg, state, created_at: since, verifies_until: until } = props.one
  const inForce = state === 'active' || state === 'retiring'
  return (
    <li class="row">
      <State state={state} />
      <span class="row-main">
        <code title={kid}>{kid.slice(0, 12)}…</code>
        <span class="quiet">{alg}</span>
      </span>
      <span class="row-scope">
        since <When at={since} />
        {until !== null && (
          <>
            , verifies until <When at={until} />
          </>
        )}
      </span>
      <span class="row-side">
        {inForce && (
          <button type="button" class="danger" onClick={props.onRetire}>
            Retire…<span class="hidden"> {kid}</span>
          </button>
        )}
      </span>
    </li>
  )
}

function Rotate(props: { readonly purpose: Purpose; readonly onClose: () => void }) {
  const { purpose } = props
  const send = async () => {
    const answer = await ask<KeyView>('POST', '/v1/keys/rotate', { purpose })
    if (!answer.ok) return sentenceOf(answer.problem)
    announce(`A new ${purpose} key signs.`)
    props.onClose()
    return undefined
  }
  return (
    <FormDialog
      title={`Rotate the ${purpose} key?`}
      submit="Rotate"
      send={send}
      onClose={props.onClose}
    >
      <p>
        From now on a new key signs {PURPOSES[purpose].signs}. Nothing breaks: the old one goes on
        verifying until the last thing it signed has run out.
      </p>
    </FormDialog>
  )
}

function Retire(props: { readonly one: KeyView; readonly onClose: () => void }) {
  const { kid, purpose, state } = props.one
  const send = async (form: FormData) => {
    const path = pathOf(['v1', 'keys', kid, 'retire'])
    const answer = await ask<KeyView>('POST', path, { reason: form.get('reason') })
    if (!answer.ok) return sentenceOf(answer.problem)
    announce('The key is out of force.')
    props.onClose()
    return undefined
  }
  return (
    <FormDialog
      title={`Take this ${purpose} key out of force?`}
      submit="Retire it now"
      back="Keep it"
      danger
      send={send}
      onClose={props.onClose}
    >
      <p>At once and for good. {PURPOSES[purpose].lost}</p>
      {state === 'active' && (
        <p>It is the active one: a successor is made and signs from now on.</p>
      )}
      <p class="hint">To replace a key that nobody has stolen, rotate it instead.</p>
      <ReasonField />
    </FormDialog>
  )
}
