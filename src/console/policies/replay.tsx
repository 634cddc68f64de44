import { useState } from 'preact/hooks'
import type { PolicyReplayView } from '../../client/views/policies.ts'
import { agentName } from '../../domain/agent-name.ts'
import { type Answer, ask, sentenceOf } from '../api.ts'
import { Problem } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { hrefTo } from '../router.ts'
import { moment, plainWords } from '../words.ts'
import { EFFECTS } from './effects.ts'

type Said = PolicyReplayView['examples'][number]['before']

/** Holds policies that are not in force against what was decided lately. Nothing is decided. */
export function Replay() {
  const [answer, setAnswer] = useState<Answer<PolicyReplayView>>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    const limit = Number(form.get('limit'))
    const body = { files: await filesOf(form), ...(limit > 0 ? { limit } : {}) }
    setAnswer(await ask<PolicyReplayView>('POST', '/v1/policy/replay', body))
    setBusy(false)
  }
  return (
    <form onSubmit={submit} aria-labelledby="replay">
      <h2 id="replay">Replay</h2>
      <p class="hint">
        What other policies would have said of the decisions on record. Choose the files of the
        whole candidate set, or write one here.
      </p>
      <div class="fields">
        <label class="grow">
          Files of the candidate set
          <input type="file" name="files" accept=".toml" multiple />
        </label>
        <label>
          Records to look at
          <input type="number" name="limit" min={1} placeholder="the newest" />
        </label>
      </div>
      <label>
        Or one file as text
        <textarea name="text" spellcheck={false} class="short" />
      </label>
      <div class="actions">
        <button type="submit" disabled={busy}>
          Replay
        </button>
      </div>
      <div role="status">
        {busy && 'Reading the record…'}
        {!busy && answer?.ok && <Told told={answer.value} />}
      </div>
      <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
    </form>
  )
}

/** The chosen files by their names, and what was written under a name of its own. */
async function filesOf(form: FormData): Promise<Readonly<Record<string, string>>> {
  const chosen = form.getAll('files').filter((one) => one instanceof File && one.name !== '')
  const read = (chosen as File[]).map(async (file) => [file.name, await file.text()] as const)
  const text = String(form.get('text'))
  const written = text.trim() === '' ? [] : [['written-here.toml', text] as const]
  return Object.fromEntries([...(await Promise.all(read)), ...written])
}

function Told({ told }: { readonly told: PolicyReplayView }) {
  const { problems, changes, unjudged, examples } = told
  if (problems.length > 0) {
    return (
      <>
        {problems.map(({ file, line, reason }) => (
          <Problem key={file + line} text={`${file}, line ${line}: ${reason}`} />
        ))}
      </>
    )
  }
  return (
    <>
      <p class={`verdict ${changes.length === 0 ? 'yes' : 'no'}`}>
        {told.decisions} decisions in {told.records} records: {told.unchanged} stay as they were
        {changes.length === 0 ? '.' : ', others would change.'}
      </p>
      {changes.length > 0 && (
        <Table
          label="What would change"
          columns={['Decisions', 'What', 'Was', 'Would be']}
          rows={changes.map(({ event, before, after, count }) => ({
            key: event + before + after,
            cells: [count, plainWords(event), EFFECTS[before], EFFECTS[after]],
          }))}
        />
      )}
      {examples.length > 0 && <Examples examples={examples} />}
      {unjudged.length > 0 && (
        <ul class="quiet">
          {unjudged.map(({ event, why, count }) => (
            <li key={event + why}>
              {count} of {plainWords(event)} can not be judged again: {plainWords(why)}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Examples({ examples }: Pick<PolicyReplayView, 'examples'>) {
  return (
    <Table
      label="The newest that would change"
      columns={['When', 'Agent', 'Asked', 'Was', 'Would be']}
      rows={examples.map(({ record, at, agent, asked, before, after }) => ({
        key: `${record.chain}.${record.sequence}`,
        cells: [
          <a key="at" href={hrefTo(['audit', record.chain, String(record.sequence)])}>
            {moment(Date.parse(at) / 1000)}
          </a>,
          agentName(agent),
          <code key="asked">{asked}</code>,
          saidText(before),
          saidText(after),
        ],
      }))}
    />
  )
}

function saidText({ effect, policy }: Said): string {
  return `${EFFECTS[effect]}${policy === null ? '' : ` (${policy || 'no rule allows it'})`}`
}
