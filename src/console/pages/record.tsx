import { useEffect, useState } from 'preact/hooks'
import type { AuditRecordNowView } from '../../client/views/audit.ts'
import { REFUSALS, type RefusalCode } from '../../domain/refusal.ts'
import { shownText } from '../../domain/shown-text.ts'
import { type Answer, get, pathOf, sentenceOf } from '../api.ts'
import { Outcome } from '../parts/badges.tsx'
import { Nothing } from '../parts/nothing.tsx'
import { Facts, Page } from '../parts/page.tsx'
import { When, WhenSeconds } from '../parts/when.tsx'
import { hrefTo } from '../router.ts'
import { readRecord, type TrailRecord } from '../trail-record.ts'
import { plainWords, withUnit } from '../words.ts'

/** One record: what was decided and why, and whether it stands in its chain. */
export function RecordPage({
  chain,
  sequence,
}: {
  readonly chain: string
  readonly sequence: string
}) {
  const [answer, setAnswer] = useState<Answer<AuditRecordNowView>>()
  useEffect(() => {
    const path = pathOf(['v1', 'audit', 'records', chain, sequence])
    void get<AuditRecordNowView>(path).then(setAnswer)
  }, [chain, sequence])
  if (answer === undefined) return null
  if (!answer.ok) {
    return (
      <Nothing
        title="Record"
        id={`${sequence} of chain ${chain}`}
        back={['audit', 'All records']}
        text={sentenceOf(answer.problem)}
      />
    )
  }
  const record = readRecord(answer.value.record)
  return (
    <Page title={`Record ${record.sequence}`}>
      <p class="lead">
        <a href={hrefTo(['audit'])}>Audit</a> · chain <code>{record.chain}</code>
      </p>
      <Why record={record} />
      <Facts rows={rowsOf(record)} />
      <h2>Facts</h2>
      <Facts
        rows={Object.entries(record.facts).map(([name, value]) => [name, shownFact(name, value)])}
      />
      <Standing now={answer.value} record={record} />
      <details>
        <summary>The text that was hashed</summary>
        <pre>{answer.value.record.body}</pre>
      </details>
    </Page>
  )
}

function Why({ record }: { readonly record: TrailRecord }) {
  const refusal = REFUSALS.get(record.outcome as RefusalCode)
  return (
    <p class={`verdict ${refusal === undefined ? 'yes' : 'no'}`}>
      <Outcome outcome={record.outcome} /> {plainWords(record.event)}
      {refusal !== undefined && <strong> {refusal.sentence}</strong>}
    </p>
  )
}

function rowsOf(record: TrailRecord): Parameters<typeof Facts>[0]['rows'] {
  const { lease } = record
  const link = lease && <a href={hrefTo(['lease', lease])}>{lease}</a>
  return [
    ['When', <WhenSeconds key="when" at={record.time} />],
    ['Who asked', <code key="actor">{record.actor}</code>],
    ...(lease === null ? [] : [['Lease', link] as const]),
    [
      'Request',
      <a key="request" href={hrefTo(['audit'], { text: record.request })}>
        {record.request}
      </a>,
    ],
  ]
}

/** A fact as the trail has it; a number whose name tells its unit is shown with it. */
function shownFact(name: string, value: unknown) {
  if (typeof value !== 'number') return factText(value)
  if (/(^|_)at$|At$/.test(name)) return <WhenSeconds at={value} />
  return /(_s|S)econds$/.test(name) ? withUnit(value, 'seconds') : factText(value)
}

function factText(value: unknown): string {
  return shownText(typeof value === 'string' ? value : JSON.stringify(value))
}

function Standing(props: { readonly now: AuditRecordNowView; readonly record: TrailRecord }) {
  const { now, record } = props
  const { linked, checkpoint } = now
  return (
    <>
      <h2>How it stands in the trail</h2>
      <ul class="plain-list">
        <li>
          {linked
            ? '✓ It and its neighbours name each other by hash.'
            : '✕ The chain is broken here.'}
        </li>
        <li>
          {checkpoint === null ? (
            '◌ No signed checkpoint states it yet; one follows within a second or so.'
          ) : (
            <>
              ✓ Signed checkpoint {checkpoint.number} of <When at={checkpoint.at} /> states it.
            </>
          )}
        </li>
      </ul>
      <Facts
        rows={[
          ['Hash', <code key="hash">{record.hash}</code>],
          ['Before it', <code key="previous">{record.previousHash}</code>],
        ]}
      />
    </>
  )
}
