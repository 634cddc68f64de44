import { useState } from 'preact/hooks'
import type { TestedWebhookView, WebhookView } from '../../client/views/alerts.ts'
import { ALERT_KINDS } from '../../domain/alert.ts'
import { announce } from '../announce.ts'
import { type Answer, ask, pathOf, sentenceOf } from '../api.ts'
import { FormDialog } from '../parts/form-dialog.tsx'
import { KeptList, type Made } from '../parts/kept-list.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/when.tsx'
import { plainWords } from '../words.ts'

interface MadeWebhook extends WebhookView {
  readonly secret: string
}

/** Where alerts are sent. */
export function Webhooks() {
  return (
    <Page
      title="Webhooks"
      lead="Receivers of your alerts: signed messages after Standard Webhooks."
    >
      <ForOwners what="name receivers of alerts, each for itself">
        <KeptList<WebhookView>
          path="/v1/webhooks"
          add="Add a receiver"
          none="Alerts are sent nowhere yet."
          row={(one, onEnd) => <Row key={one.id} one={one} onRemove={onEnd} />}
          adding={(onMade, onClose) => <Add onMade={onMade} onClose={onClose} />}
          ending={(one, onClose) => <Remove one={one} onClose={onClose} />}
        />
      </ForOwners>
    </Page>
  )
}

function Row(props: { readonly one: WebhookView; readonly onRemove: () => void }) {
  const { one } = props
  const [said, setSaid] = useState('')
  const failing = one.failing_since ?? null
  const test = async () => {
    setSaid('Asking…')
    setSaid(testText(await ask('POST', pathOf(['v1', 'webhooks', one.id, 'test']))))
  }
  return (
    <li class="row">
      <span class={`badge ${failing === null ? 'state-live' : 'state-suspended'}`}>
        <span aria-hidden="true">{failing === null ? '●' : '!'}</span>{' '}
        {failing === null ? 'active' : 'failing'}
      </span>
      <span class="row-main">
        <strong>{new URL(one.url).host}</strong>
        <span class="quiet">
          {one.waiting ?? 0} waiting
          {failing !== null && (
            <>
              , failing since <When at={failing} />
            </>
          )}
        </span>
      </span>
      <span class="row-scope" title={one.url}>
        {one.kinds === 'any' ? 'every alert' : one.kinds.map(plainWords).join(', ')}
      </span>
      <span class="row-side row-acts">
        <span role="status">{said}</span>
        <button type="button" onClick={test}>
          Test<span class="hidden"> {one.url}</span>
        </button>
        <button type="button" class="danger" onClick={props.onRemove}>
          Remove…<span class="hidden"> {one.url}</span>
        </button>
      </span>
    </li>
  )
}

function testText(answer: Answer<TestedWebhookView>): string {
  if (!answer.ok) return sentenceOf(answer.problem)
  const { delivered, status, detail } = answer.value
  if (delivered) return `✓ It answered ${status}.`
  return status === null ? `✕ ${detail ?? 'It did not answer.'}` : `✕ It answered ${status}.`
}

function Add(props: { readonly onMade: (made: Made) => void; readonly onClose: () => void }) {
  const send = async (form: FormData) => {
    const kinds = form.getAll('kinds')
    const answer = await ask<MadeWebhook>('POST', '/v1/webhooks', {
      url: form.get('url'),
      kinds: kinds.length === 0 ? 'any' : kinds,
      private_net: form.get('private') !== null,
    })
    if (!answer.ok) return sentenceOf(answer.problem)
    const { url, secret } = answer.value
    props.onMade({
      title: 'The secret of the receiver',
      secret,
      told: (
        <>
          The receiver at <code>{url}</code> verifies by it that a message is from here.
        </>
      ),
    })
    return undefined
  }
  return (
    <FormDialog title="Add a receiver" submit="Add it" send={send} onClose={props.onClose}>
      <label>
        Address
        <input name="url" type="url" required placeholder="https://alerts.acme.example/writ" />
      </label>
      <label class="check">
        <input type="checkbox" name="private" />
        it is on this machine or in a private network
      </label>
      <details>
        <summary>Only some alerts</summary>
        <p class="hint">None chosen: all of them, those to come as well.</p>
        <div class="checks">
          {ALERT_KINDS.map((kind) => (
            <label class="check" key={kind}>
              <input type="checkbox" name="kinds" value={kind} />
              {plainWords(kind)}
            </label>
          ))}
        </div>
      </details>
    </FormDialog>
  )
}

function Remove(props: { readonly one: WebhookView; readonly onClose: () => void }) {
  const { id, url, waiting = 0 } = props.one
  const send = async () => {
    const answer = await ask('DELETE', pathOf(['v1', 'webhooks', id]))
    if (!answer.ok) return sentenceOf(answer.problem)
    announce('The receiver is removed.')
    props.onClose()
    return undefined
  }
  return (
    <FormDialog
      title="Remove this receiver?"
      submit="Remove"
      back="Keep it"
      danger
      send={send}
      onClose={props.onClose}
    >
      <p>
        Nothing is sent to <code>{url}</code> any more. {waiting} alerts that wait for it are not
        delivered; they stay in the console.
      </p>
    </FormDialog>
  )
}
