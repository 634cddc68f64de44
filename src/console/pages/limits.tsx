import { useEffect, useState } from 'preact/hooks'
import type { LimitsView } from '../../client/views/limits.ts'
import { type Answer, get, sentenceOf } from '../api.ts'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { SearchField } from '../parts/search-field.tsx'
import { Table } from '../parts/table.tsx'
import { goTo, place } from '../router.ts'

/** What bounds this process: what was set, and what is built in. */
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
        label="Find by name"
        value={text}
        onSearch={(wanted) => goTo(['limits'], { text: wanted })}
      />
      <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
      {answer?.ok && <Told told={answer.value} text={text.toLowerCase()} />}
    </Page>
  )
}

function Told({ told, text }: { readonly told: LimitsView; readonly text: string }) {
  const has = ({ name }: { readonly name: string }) => name.toLowerCase().includes(text)
  const settings = told.settings.filter(has)
  const limits = told.limits.filter(has)
  if (settings.length + limits.length === 0) return <Empty>Nothing is called that.</Empty>
  return (
    <>
      {settings.length > 0 && (
        <>
          <h2>Settings</h2>
          <Table
            label="Settings"
            columns={['Setting', 'In force', 'Unless set']}
            rows={settings.map(({ name, value, default: standard }) => ({
              key: name,
              cells: [
                <code key="name">{name}</code>,
                value === standard ? valueText(value) : <strong>{valueText(value)}</strong>,
                valueText(standard),
              ],
            }))}
          />
        </>
      )}
      {limits.length > 0 && (
        <>
          <h2>Built in</h2>
          <p class="hint">These bound what a setting, a contract or a scope can ask for at most.</p>
          <Table
            label="Limits that are built in"
            columns={['Limit', 'Number']}
            rows={limits.map(({ name, value }) => ({
              key: name,
              cells: [<code key="name">{name}</code>, value.toLocaleString('en')],
            }))}
          />
        </>
      )}
    </>
  )
}

function valueText(value: string): string {
  return value === '' ? '–' : value
}
