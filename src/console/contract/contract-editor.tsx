import { useState } from 'preact/hooks'
import type { TermsView } from '../../client/views/agents.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../domain/scope/types.ts'
import { APPROVAL_MODES, CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { Problem } from '../parts/page.tsx'

/** What an owner grants at most, as it is sent. */
export interface Contract {
  readonly contract: ScopeRequest
  readonly terms: object
}

const FIRST: ScopeRequest = {
  type: SCOPE_TYPE,
  grants: [{ type: 'http', hosts: ['api.example.com'], methods: ['GET'], paths: ['/**'] }],
  audiences: ['https://gateway.example/api'],
  limits: { ttl_seconds: 3600, max_uses: 100, max_depth: 2, max_children: 10 },
  delegation: { allowed: false, delegates: [] },
}

const MODE_WORDS = {
  per_request: 'ask me for every lease and action',
  auto_within_contract: 'ask me where scope, policy or credential say so',
  auto_all: 'never ask me',
} as const

/**
 * The ceiling of an agent: its scope as the document that is sent, with the fields people change
 * most beside it, and the terms. What the fields say goes into the document as they change.
 */
export function ContractEditor(props: {
  readonly scope?: Scope | undefined
  readonly terms?: TermsView | undefined
  readonly submit: string
  readonly onSubmit: (contract: Contract) => Promise<string | undefined>
}) {
  const [text, setText] = useState(() => textOf(props.scope ?? FIRST))
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const contract = parse(text)
    if (contract === undefined) return setProblem('The contract is not JSON.')
    setBusy(true)
    setProblem(await props.onSubmit({ contract, terms: termsOf(form, props.terms) }))
    setBusy(false)
  }
  return (
    <form class="contract" onSubmit={submit}>
      <Shortcuts text={text} onChange={setText} />
      <label>
        Contract: the scope this agent can never exceed
        <textarea
          value={text}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Terms terms={props.terms} />
      <Problem text={problem} />
      <div class="actions">
        <button type="submit" class="primary" disabled={busy}>
          {props.submit}
        </button>
      </div>
    </form>
  )
}

/** Fields for what is changed most; there are none where the document is no plain HTTP scope. */
function Shortcuts(props: { readonly text: string; readonly onChange: (text: string) => void }) {
  const scope = parse(props.text)
  const [grant, ...others] = scope?.grants ?? []
  if (scope === undefined || grant?.type !== 'http' || others.length > 0) return null
  const change = (part: object, limits: object = {}) => {
    const grants = [{ ...grant, ...part }]
    const next = { ...scope, grants, limits: { ...scope.limits, ...limits } }
    props.onChange(textOf(next))
  }
  const list = (name: 'hosts' | 'methods' | 'paths', label: string) => (
    <label class="grow">
      {label}
      <input
        value={(grant[name] ?? []).join(', ')}
        onChange={(event) => change({ [name]: wordsOf(event.currentTarget.value) })}
      />
    </label>
  )
  return (
    <div class="fields">
      {list('hosts', 'Hosts')}
      {list('methods', 'Methods')}
      {list('paths', 'Paths')}
      <label>
        Longest life, seconds
        <input
          type="number"
          min={1}
          value={scope.limits?.ttl_seconds}
          onChange={(event) => change({}, { ttl_seconds: Number(event.currentTarget.value) })}
        />
      </label>
    </div>
  )
}

function Terms({ terms }: { readonly terms: TermsView | undefined }) {
  const chosen = terms?.approval_mode ?? 'per_request'
  return (
    <fieldset>
      <legend>Terms</legend>
      <label>
        Approval
        <select name="approval_mode">
          {APPROVAL_MODES.map((mode) => (
            <option key={mode} value={mode} selected={mode === chosen}>
              {MODE_WORDS[mode]}
            </option>
          ))}
        </select>
      </label>
      <div class="checks">
        {CREDENTIAL_CATEGORIES.map((category) => (
          <label class="check" key={category}>
            <input
              type="checkbox"
              name="categories"
              value={category}
              defaultChecked={terms?.categories.includes(category) ?? false}
            />
            may use {category.replaceAll('_', ' ')} credentials
          </label>
        ))}
        <label class="check">
          <input type="checkbox" name="actions" defaultChecked={terms?.actions ?? false} />
          may have actions executed
        </label>
      </div>
    </fieldset>
  )
}

/** What the form does not show stays as it was. */
function termsOf(form: FormData, before: TermsView | undefined): object {
  return {
    ...before,
    approval_mode: form.get('approval_mode'),
    categories: form.getAll('categories'),
    actions: form.get('actions') !== null,
  }
}

/** As JSON for people: lists of words stay on their line. */
function textOf(scope: object): string {
  const text = JSON.stringify(scope, null, 2)
  return text.replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, words: string) => {
    return `[${words.replaceAll(/,\s+/g, ', ')}]`
  })
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

function parse(text: string): ScopeRequest | undefined {
  try {
    return JSON.parse(text) as ScopeRequest
  } catch {
    return undefined
  }
}
