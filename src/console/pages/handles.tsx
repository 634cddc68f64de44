import type { CreatedHandleView, HandleView } from '../../client/views/handles.ts'
import { shownText } from '../../domain/shown-text.ts'
import { announce } from '../announce.ts'
import { ask, pathOf, sentenceOf } from '../api.ts'
import { clock } from '../clock.ts'
import { State } from '../parts/badges.tsx'
import { FormDialog, ReasonField } from '../parts/form-dialog.tsx'
import { KeptList, type Made } from '../parts/kept-list.tsx'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/when.tsx'
import { hrefTo, place } from '../router.ts'
import { duration, secondsUntil, shortId } from '../words.ts'

/** Bearer references to leases, for agents that can only send a header. */
export function Handles() {
  const lease = place.value.query.get('lease') ?? ''
  return (
    <Page
      title="Handles"
      lead="A handle is a text that calls within one lease. Whoever has the text may use it."
    >
      <KeptList<HandleView>
        path={pathOf(['v1', 'handles'], { lease_id: lease })}
        add="Make a handle"
        forOwners="make a handle; you may revoke one"
        none="There is no handle."
        row={(one, onEnd) => <Row key={one.id} one={one} onRevoke={onEnd} />}
        adding={(onMade, onClose) => <Add lease={lease} onMade={onMade} onClose={onClose} />}
        ending={(one, onClose) => <Revoke one={one} onClose={onClose} />}
      />
    </Page>
  )
}

function Row(props: { readonly one: HandleView; readonly onRevoke: () => void }) {
  const { one } = props
  const left = secondsUntil(one.expires_at, clock.value)
  const state = one.revoked_at !== null ? 'revoked' : left <= 0 ? 'expired' : 'live'
  return (
    <li class="row">
      <State state={state} />
      <span class="row-main">
        <strong>{shownText(one.label)}</strong>
        <span class="quiet">
          of <a href={hrefTo(['lease', one.lease_id])}>{shortId(one.lease_id)}</a>
        </span>
      </span>
      <span class="row-scope">
        made by {one.created_by}
        {one.addresses.length > 0 && `, only from ${one.addresses.join(', ')}`}
      </span>
      <span class="row-side">
        {state === 'live' && (
          <>
            <span>{duration(left)} left</span>
            <button type="button" class="danger" onClick={props.onRevoke}>
              Revoke…<span class="hidden"> {shownText(one.label)}</span>
            </button>
          </>
        )}
      </span>
    </li>
  )
}

function Add(props: {
  readonly lease: string
  readonly onMade: (made: Made) => void
  readonly onClose: () => void
}) {
  const send = async (form: FormData) => {
    const ttl = Number(form.get('ttl'))
    const addresses = String(form.get('addresses'))
      .split(/[\s,]+/)
      .filter(Boolean)
    const answer = await ask<CreatedHandleView>('POST', '/v1/handles', {
      lease_id: form.get('lease'),
      label: form.get('label'),
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(ttl > 0 ? { ttl_seconds: ttl } : {}),
    })
    if (!answer.ok) return sentenceOf(answer.problem)
    const { label, handle, expires_at: end } = answer.value
    props.onMade({
      title: `The handle ${shownText(label)}`,
      secret: handle,
      told: (
        <>
          Good until <When at={end} />, or until its lease ends, whichever comes first.
        </>
      ),
    })
    return undefined
  }
  return (
    <FormDialog title="Make a handle" submit="Make it" send={send} onClose={props.onClose}>
      <label>
        Lease
        <input name="lease" required defaultValue={props.lease} placeholder="lease_…" />
      </label>
      <label>
        What people know it by
        <input name="label" required maxLength={100} placeholder="nightly report" />
      </label>
      <div class="fields">
        <label class="grow">
          Good for, seconds
          <input name="ttl" type="number" min={1} placeholder="as the authority sets it" />
        </label>
        <label class="grow">
          Only from these addresses
          <input name="addresses" placeholder="anywhere" />
        </label>
      </div>
    </FormDialog>
  )
}

function Revoke(props: { readonly one: HandleView; readonly onClose: () => void }) {
  const { id, label } = props.one
  const send = async (form: FormData) => {
    const path = pathOf(['v1', 'handles', id, 'revoke'])
    const answer = await ask('POST', path, { reason: form.get('reason') })
    if (!answer.ok) return sentenceOf(answer.problem)
    announce(`The handle ${label} is revoked.`)
    props.onClose()
    return undefined
  }
  return (
    <FormDialog
      title={`Revoke the handle ${label}?`}
      submit="Revoke"
      back="Keep it"
      danger
      send={send}
      onClose={props.onClose}
    >
      <p>
        No call starts with it any more, and calls that run are cut. Its lease stays, and so do
        other handles to it.
      </p>
      <ReasonField />
    </FormDialog>
  )
}
