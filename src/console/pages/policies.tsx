import { useEffect, useState } from 'preact/hooks'
import type { PoliciesView } from '../../client/views/policies.ts'
import { type Answer, get } from '../api.ts'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { DryRun } from '../policies/dry-run.tsx'
import { Replay } from '../policies/replay.tsx'

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
          <Table
            label="Rules in force"
            columns={['Rule', 'Mode', 'Says', 'Where']}
            rows={rules.map(({ name, mode, description, file, line }) => ({
              key: name,
              cells: [name, mode, description ?? '', `${file}:${line}`],
            }))}
          />
        </>
      )}
      <DryRun />
      <Replay />
    </Page>
  )
}
