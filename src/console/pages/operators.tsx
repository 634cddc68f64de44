import type { OperatorView } from '../../client/views/people.ts'
import { hasPrivateKey } from '../../domain/private-key.ts'
import { announce } from '../announce.ts'
import { ask, pathOf, sentenceOf } from '../api.ts'
import { State } from '../parts/badges.tsx'
import { FormDialog } from '../parts/form-dialog.tsx'
import { KeptList, type Made } from '../parts/kept-list.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Page } from '../parts/page.tsx'
import { When } from '../parts/when.tsx'
import { session } from '../session.ts'

/** Owners and operators: the people and programs that come with a token or a certificate. */
export function Operators() {
  return (
    <Page
      title="Operators"
      lead="Owners answer for agents and decide; operators look on, revoke and rotate keys."
    >
      <ForOwners what="see, add or remove operators">
        <KeptList<OperatorView>
          path="/v1/operators"
          add="Add an operator"
          none="There is nobody."
          row={(one, onEnd) => <Row key={one.name} one={one} onRemove={onEnd} />}
          adding={(onMade, onClose) => <Add onMade={onMade} onClose={onClose} />}
          ending={(one, onClose) => <Remove one={one} onClose={onClose} />}
        />
      </ForOwners>
    </Page>
  )
}

function Row(props: { readonly one: OperatorView; readonly onRemove: () => void }) {
  const { name, role, created_at: since, revoked_at: until } = props.one
  const { certificate_thumbprint: certificate } = props.one
  const now = session.value
  const isSelf = typeof now !== 'string' && now.name === name
  const gone = until !== null && until !== undefined
  const at = gone ? until : since
  return (
    <li class="row">
      <State state={gone ? 'revoked' : 'active'} />
      <span class="row-main">
        <strong>{name}</strong>
        <span class="quiet">
          {role}, by {certificate === undefined ? 'token' : 'certificate'}
        </span>
      </span>
      <span class="row-scope">
        {gone ? 'removed' : 'since'} {at !== undefined && <When at={at} />}
      </span>
      <span class="row-side">
        {isSelf && 'you; another owner can remove you'}
        {!gone && !isSelf && (
          <button type="button" class="danger" onClick={props.onRemove}>
            Remove…<span class="hidden"> {name}</span>
          </button>
        )}
      </span>
    </li>
  )
}

function Add(props: { readonly onMade: (made: Made) => void; readonly onClose: () => void }) {
  const send = async (form: FormData) => {
    const pem = await chosenText(form.get('certificate'))
    if (pem !== undefined && hasPrivateKey(pem)) return HAS_KEY
    const body = { name: form.get('name'), role: form.get('role') }
    const shown = pem === undefined ? {} : { certificate: pem }
    const answer = await ask<OperatorView>('POST', '/v1/operators', { ...body, ...shown })
    if (!answer.ok) return sentenceOf(answer.problem)
    const { name, role, token } = answer.value
    if (token === undefined) {
      announce(`${name} is ${role} and signs in with the certificate.`)
      props.onClose()
    } else {
      props.onMade({
        title: `The token of ${name}`,
        secret: token,
        told: `Whoever has it may do what an ${role} may. Hand it over on a safe way.`,
      })
    }
    return undefined
  }
  return (
    <FormDialog title="Add an operator" submit="Add" send={send} onClose={props.onClose}>
      <label>
        Name
        <input name="name" required autocomplete="off" placeholder="alice" />
      </label>
      <fieldset>
        <legend>May</legend>
        <label class="check">
          <input type="radio" name="role" value="operator" defaultChecked />
          look on, revoke and rotate keys (operator)
        </label>
        <label class="check">
          <input type="radio" name="role" value="owner" />
          everything: enroll, decide and add others (owner)
        </label>
      </fieldset>
      <label>
        Certificate to sign in with, as a PEM file
        <input type="file" name="certificate" accept=".pem,.crt,.cer" aria-describedby="proof" />
      </label>
      <p class="hint" id="proof">
        It counts where <code>listeners.api_tls = "with_certificates"</code> is set. Without a file
        a token is made.
      </p>
    </FormDialog>
  )
}

const HAS_KEY =
  'There is a private key in this file: it was not sent. Choose the certificate alone.'

/** What stands in a chosen file; nothing when none was chosen. */
async function chosenText(file: FormDataEntryValue | null): Promise<string | undefined> {
  return file instanceof File && file.name !== '' ? await file.text() : undefined
}

function Remove(props: { readonly one: OperatorView; readonly onClose: () => void }) {
  const { name, role, certificate_thumbprint: certificate } = props.one
  const proof = certificate === undefined ? 'token' : 'sign-in by certificate'
  const send = async () => {
    const answer = await ask('DELETE', pathOf(['v1', 'operators', name]))
    if (!answer.ok) return sentenceOf(answer.problem)
    announce(`${name} is removed.`)
    props.onClose()
    return undefined
  }
  return (
    <FormDialog
      title={`Remove ${name}?`}
      submit="Remove"
      back="Keep"
      danger
      send={send}
      onClose={props.onClose}
    >
      <p>
        The {proof} of the {role} {name} ends at once and for good, with every session that was
        opened with it. {role === 'owner' && 'Its agents and leases stay as they are.'}
      </p>
    </FormDialog>
  )
}
