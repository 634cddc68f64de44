import { useEffect, useState } from 'preact/hooks'
import type { LimitsView } from '../../client/views/limits.ts'
import { type Answer, get, sentenceOf } from '../api.ts'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { Table } from '../parts/table.tsx'
import { goTo, place } from '../router.ts'
import { withUnit } from '../words.ts'

/** What bounds this process: what was set, and what is built in, with the reasons. */
export function Limits() {
  const [answer, setAnswer] = useState<Answer<LimitsView>>()
  useEffect(() => void get<LimitsView>('/v1/limits').then(setAnswer), [])
  const text = place.value.query.get('text') ?? ''
  return (
    <Page
      title="Limits"
      lead="What the process that answers goes by. Settings are changed in its file, not here."
    >
      <SearchField
        label="Find in names and reasons"
        value={text}
        onSearch={(wanted) => goTo(['limits'], { text: wanted })}
      />
      <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
      {answer?.ok && <Told told={answer.value} text={text.toLowerCase()} />}
    </Page>
  )
}

function Told({ told, text }: { readonly told: LimitsView; readonly text: string }) {
  const has = (...words: readonly string[]) => words.join(' ').toLowerCase().includes(text)
  const settings = told.settings.filter(({ name, purpose }) => has(name, purpose))
  const limits = told.limits.filter(({ name, reason }) => has(name, reason))
  if (settings.length + limits.length === 0) return <Empty>Nothing here mentions that.</Empty>
  return (
    <>
      {settings.length > 0 && (
        <>
          <h2>Settings</h2>
          <p class="hint">What was set to something else is bold.</p>
          <Table
            label="Settings"
            columns={['Setting', 'In force', 'Unless set', 'What for']}
            rows={settings.map(({ name, value, default: standard, purpose }) => ({
              key: name,
              cells: [
                <code key="name">{name}</code>,
                value === standard ? valueText(value) : <strong>{valueText(value)}</strong>,
                valueText(standard),
                <WithCode key="purpose" text={purpose} />,
              ],
            }))}
          />
        </>
      )}
      {limits.length > 0 && (
        <>
          <h2>Built in</h2>
          <p class="hint">These bound what a setting, a contract or a scope can ask for at most.</p>
        </>
      )}
      {[...new Set(limits.map(({ subject }) => subject))].toSorted().map((subject) => (
        <Built
          key={subject}
          subject={subject}
          limits={limits.filter((one) => one.subject === subject)}
        />
      ))}
    </>
  )
}

/** The limits of one subject, each with its reason. */
function Built(props: { readonly subject: string; readonly limits: LimitsView['limits'] }) {
  const { subject, limits } = props
  return (
    <section aria-labelledby={`limits-${subject}`}>
      <h3 id={`limits-${subject}`}>{subject}</h3>
      <Table
        label={`Limits of ${subject}`}
        columns={['Limit', 'Number', 'Why']}
        rows={limits.map(({ name, value, unit, reason }) => ({
          key: name,
          cells: [
            <code key="name">{name}</code>,
            withUnit(value, unit),
            <WithCode key="reason" text={reason} />,
          ],
        }))}
      />
    </section>
  )
}

/** A text in which names of code stand in backticks. */
function WithCode({ text }: { readonly text: string }) {
  const parts = text.split('`')
  return (
    <span class="quiet">
      {parts.map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part))}
    </span>
  )
}

function valueText(value: string): string {
  return value === '' ? '–' : value
}
