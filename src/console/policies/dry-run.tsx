import { useState } from 'preact/hooks'
import type { PolicyExplanationView } from '../../client/views/policies.ts'
import { type Answer, ask, sentenceOf } from '../api.ts'
import { Problem } from '../parts/page.tsx'
import { RequestFields, requestOf } from '../parts/request-fields.tsx'
import { EFFECTS } from './effects.ts'

/** Asks what the rules say of a call. Nothing is decided and nothing recorded. */
export function DryRun() {
  const [answer, setAnswer] = useState<Answer<PolicyExplanationView>>()
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const asked = { action: 'call', audience: form.get('audience'), request: requestOf(form) }
    const body = { agent: form.get('agent'), asked }
    setAnswer(await ask<PolicyExplanationView>('POST', '/v1/policy/explain', body))
  }
  return (
    <form onSubmit={submit} aria-labelledby="dry-run">
      <h2 id="dry-run">Dry run</h2>
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
      <RequestFields example="https://api.example.com/v1" submit="Try" />
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
