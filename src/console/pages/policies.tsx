import { useEffect, useState } from 'preact/hooks'
import type { PoliciesView, PolicyExplanationView } from '../../client/views/policies.ts'
import { type Answer, ask, get, sentenceOf } from '../api.ts'
import { Empty, Page, Problem } from '../parts/page.tsx'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const EFFECTS = {
  allow: '✓ Allowed',
  require_approval: '◌ A person is asked',
  quarantine: 'Ⅱ Refused, and the agent is suspended',
  deny: '✕ Refused',
} as const

/** The rules in force, in the order they are looked at, and what they would say. */
export function Policies() {
  const [answer, setAnswer] = useState<Answer<PoliciesView>>()
  useEffect(() => void get<PoliciesView>('/v1/policies').then(setAnswer), [])
  if (answer === undefined) return null
  if (!answer.ok) return <Problem text={answer.problem.title} />
  const { rules, problems, version } = answer.value
  return (
    <Page
      title="Policies"
      lead="Rules from files that decide beside contracts. What none allows is refused."
    >
      {problems.map(({ file, line, reason }) => (
        <Problem key={file + line} text={`${file}, line ${line}: ${reason}`} />
      ))}
      {version === null ? (
        <Empty>No policies are set (policy_dir): contracts alone decide.</Empty>
      ) : (
        <>
          <p class="quiet">
            Version <code>{version}</code>
          </p>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Mode</th>
                <th scope="col">Says</th>
                <th scope="col">Where</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <tr key={rule.name}>
                  <td data-label="Rule">{rule.name}</td>
                  <td data-label="Mode">{rule.mode}</td>
                  <td data-label="Says">{rule.description ?? ''}</td>
                  <td data-label="Where">
                    {rule.file}:{rule.line}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <DryRun />
    </Page>
  )
}

/** Asks what the rules say of a call. Nothing is decided and nothing recorded. */
function DryRun() {
  const [answer, setAnswer] = useState<Answer<PolicyExplanationView>>()
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const request = { type: 'http', method: form.get('method'), target: form.get('target') }
    const asked = { action: 'call', audience: form.get('audience'), request }
    const body = { agent: form.get('agent'), asked }
    setAnswer(await ask<PolicyExplanationView>('POST', '/v1/policy/explain', body))
  }
  return (
    <form onSubmit={submit}>
      <h2>Dry run</h2>
      <p class="hint">What the rules would say of a call. Nothing is decided.</p>
      <div class="fields">
        <label class="grow">
          Agent
          <input name="agent" required placeholder="spiffe://writ.local/agent/worker" />
        </label>
        <label class="grow">
          Audience
          <input name="audience" required placeholder="https://gateway.example/api" />
        </label>
      </div>
      <div class="fields">
        <label>
          Method
          <select name="method">
            {METHODS.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          Address
          <input name="target" type="url" required placeholder="https://api.example.com/v1" />
        </label>
        <button type="submit">Try</button>
      </div>
      <div role="status">{answer?.ok && <Verdict said={answer.value} />}</div>
      <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
    </form>
  )
}

function Verdict({ said }: { readonly said: PolicyExplanationView }) {
  const { effect, rules, considered } = said
  return (
    <div class={`verdict ${effect === 'allow' ? 'yes' : 'no'}`}>
      <p>
        <strong>{EFFECTS[effect]}</strong>
        {rules.length > 0 ? ` by ${rules.join(', ')}.` : ': no rule allows it.'}
      </p>
      <ul>
        {considered.map(({ rule, matched, unmet, decided }) => (
          <li key={rule}>
            {rule}: {matched ? 'matches' : `not met: ${unmet.join(', ')}`}
            {decided && ', decided'}
          </li>
        ))}
      </ul>
    </div>
  )
}
