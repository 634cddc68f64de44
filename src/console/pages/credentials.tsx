import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { CredentialView } from '../../client/views/credentials.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { announce } from '../announce.ts'
import { ask, pathOf, sentenceOf } from '../api.ts'
import { State } from '../parts/badges.tsx'
import { FormDialog } from '../parts/form-dialog.tsx'
import { More } from '../parts/more.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { isOwner } from '../session.ts'

/** The plain kinds; `writ credential add` has the others. */
const KINDS = ['bearer', 'api_key', 'header', 'basic', 'query'] as const

/** Secrets of upstreams: they go in and are used, and come out to nobody, here neither. */
export function Credentials() {
  const list = usePages<CredentialView>('/v1/credentials')
  const [adding, setAdding] = useState(false)
  const [rotating, setRotating] = useState<CredentialView>()
  return (
    <Page
      title="Credentials"
      lead="Secrets that the gateway puts into calls. They can be replaced, never read."
    >
      <ForOwners what="add or replace a credential">
        <p>
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            Add a credential
          </button>
        </p>
      </ForOwners>
      <Problem text={list.problem} />
      {list.items.length === 0 && !list.loading && <Empty>There is none yet.</Empty>}
      <ul class="rows">
        {list.items.map((one) => (
          <li class="row" key={`${one.name} ${one.environment} ${one.owner}`}>
            <State state={one.state} />
            <span class="row-main">
              <strong>{one.name}</strong>
              <span class="quiet">
                {one.environment}, {one.owner ?? 'shared'}
              </span>
            </span>
            <span class="row-scope">
              {one.kind.replaceAll('_', ' ')} for {one.origins.join(', ') || 'no origin yet'}
            </span>
            <span class="row-side">
              <span>version {one.version}</span>
              {isOwner() && (
                <button type="button" onClick={() => setRotating(one)}>
                  Replace…<span class="hidden"> {one.name}</span>
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <More pages={list} />
      {adding && <Add onClose={() => closeWith(() => setAdding(false), list.again)} />}
      {rotating !== undefined && (
        <Rotate
          one={rotating}
          onClose={() => closeWith(() => setRotating(undefined), list.again)}
        />
      )}
    </Page>
  )
}

function closeWith(close: () => void, again: () => void): void {
  close()
  again()
}

function Add({ onClose }: { readonly onClose: () => void }) {
  const send = (form: FormData) =>
    ask('POST', '/v1/credentials', {
      name: form.get('name'),
      kind: form.get('kind'),
      category: form.get('category'),
      origins: [form.get('origin')],
      ...placementOf(form),
      fields: { value: form.get('secret') },
    })
  return (
    <SecretDialog title="Add a credential" submit="Keep it" send={send} onClose={onClose}>
      <label>
        Name
        <input name="name" required pattern="[a-z0-9._\/\-]+" placeholder="payments/stripe" />
      </label>
      <div class="fields">
        <label class="grow">
          Kind
          <select name="kind">
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          Category
          <select name="category">
            {CREDENTIAL_CATEGORIES.map((category) => (
              <option key={category}>{category}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          Header, query name or user
          <input name="place" placeholder="only where the kind has one" />
        </label>
      </div>
      <label>
        Origin: the only place it is sent to
        <input name="origin" type="url" required placeholder="https://api.stripe.com" />
      </label>
    </SecretDialog>
  )
}

function placementOf(form: FormData): object {
  const name = form.get('place')
  if (!name) return {}
  const kind = form.get('kind')
  if (kind === 'basic') return { placement: { in: 'basic', username: name } }
  if (kind === 'query') return { placement: { in: 'query', name } }
  return { placement: { in: 'header', name } }
}

function Rotate(props: { readonly one: CredentialView; readonly onClose: () => void }) {
  const { one, onClose } = props
  const query = { environment: one.environment, owner: one.owner }
  const path = pathOf(['v1', 'credentials', one.name, 'rotate'], query)
  const send = (form: FormData) => ask('POST', path, { fields: { value: form.get('secret') } })
  return (
    <SecretDialog title={`Replace ${one.name}`} submit="Replace" send={send} onClose={onClose}>
      <p>The next call uses the new one; the old versions stay for a rollback.</p>
    </SecretDialog>
  )
}

/** Takes a secret, sends it, and forgets it: it is never part of the page's state. */
function SecretDialog(props: {
  readonly title: string
  readonly submit: string
  readonly send: (form: FormData) => ReturnType<typeof ask>
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  const send = async (form: FormData) => {
    const answer = await props.send(form)
    if (!answer.ok) return sentenceOf(answer.problem)
    announce('Kept.')
    props.onClose()
    return undefined
  }
  return (
    <FormDialog title={props.title} submit={props.submit} send={send} onClose={props.onClose}>
      {props.children}
      <label>
        Secret
        <input name="secret" type="password" required autocomplete="off" />
      </label>
    </FormDialog>
  )
}
