import { useEffect, useState } from 'preact/hooks'
import type { AuditRecordView, AuditVerdictView } from '../../client/views/audit.ts'
import { agentName } from '../../domain/agent-name.ts'
import { get, pathOf } from '../api.ts'
import { onDecision } from '../live.ts'
import { Outcome } from '../parts/badges.tsx'
import { More } from '../parts/more.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { SearchField } from '../parts/search-field.tsx'
import { Table } from '../parts/table.tsx'
import { WhenSeconds } from '../parts/when.tsx'
import { goTo, hrefTo, place } from '../router.ts'
import { keyOf, readRecord, type TrailRecord } from '../trail-record.ts'
import { plainWords, shortId } from '../words.ts'

/** Everything that was decided, newest first: searched by the authority, followed as it comes. */
export function Audit() {
  const { query } = place.value
  const wanted = Object.fromEntries(
    ['text', 'outcome', 'lease', 'actor', 'event'].map((name) => [name, query.get(name) ?? '']),
  )
  const path = pathOf(['v1', 'audit', 'search'], { ...wanted, limit: 50 })
  const pages = usePages<AuditRecordView>(path)
  const { items, loading, problem, again } = pages
  const change = (part: Readonly<Record<string, string>>) => goTo(['audit'], { ...wanted, ...part })
  const filters = ['lease', 'actor', 'event'].filter((name) => wanted[name])
  return (
    <Page title="Audit" lead="Every decision, yes or no, in chains of hashes that are signed.">
      <div class="fields">
        <SearchField
          label="Find in the text of records"
          value={wanted['text'] ?? ''}
          onSearch={(text) => (text.length === 1 ? undefined : change({ text }))}
        />
        <label>
          Outcome
          <select
            value={wanted['outcome']}
            onChange={(event) => change({ outcome: event.currentTarget.value })}
          >
            <option value="">all</option>
            <option value="allowed">allowed</option>
            <option value="refused">refused</option>
          </select>
        </label>
        <Verify />
      </div>
      {filters.length > 0 && (
        <p>
          {filters.map((name) => (
            <button type="button" class="chip" key={name} onClick={() => change({ [name]: '' })}>
              {name}: {shortId(wanted[name] ?? '')} ✕<span class="hidden"> remove</span>
            </button>
          ))}
        </p>
      )}
      <Since key={path} show={again} />
      <Problem text={problem} />
      {items.length === 0 && !loading && <Empty>No record matches.</Empty>}
      {items.length > 0 && <Records records={items.map(readRecord)} />}
      <More pages={pages} />
    </Page>
  )
}

/** How many decisions were made since the list was read, and a button that reads it again. */
function Since({ show }: { readonly show: () => void }) {
  const [fresh, setFresh] = useState(0)
  useEffect(() => onDecision(() => setFresh((count) => count + 1)), [])
  const showFresh = () => {
    setFresh(0)
    show()
  }
  return (
    <p role="status" class="quiet">
      {fresh > 0 && `${fresh} decisions since. `}
      {fresh > 0 && (
        <button type="button" class="plain" onClick={showFresh}>
          Show them
        </button>
      )}
    </p>
  )
}

/** Records as rows of a table, each a link to its own page. */
export function Records({ records }: { readonly records: readonly TrailRecord[] }) {
  return (
    <Table
      label="Records"
      columns={['When', 'What', 'Outcome', 'Who', 'Lease']}
      rows={records.map((record) => ({
        key: keyOf(record),
        cells: [
          <WhenSeconds key="when" at={record.time} />,
          <a key="what" href={hrefTo(['audit', record.chain, String(record.sequence)])}>
            {plainWords(record.event)}
          </a>,
          <Outcome key="outcome" outcome={record.outcome} />,
          <span key="who" title={record.actor}>
            {agentName(record.actor)}
          </span>,
          record.lease && (
            <a key="lease" href={hrefTo(['lease', record.lease])} title={record.lease}>
              <code>{shortId(record.lease)}</code>
            </a>
          ),
        ],
      }))}
    />
  )
}

/** Walks the whole trail on request, and says whether it holds. */
function Verify() {
  const [said, setSaid] = useState('')
  const verify = async () => {
    setSaid('Reading all of it…')
    const answer = await get<AuditVerdictView>('/v1/audit/verify')
    setSaid(answer.ok ? verdictText(answer.value) : answer.problem.title)
  }
  return (
    <div class="verify">
      <button type="button" onClick={verify}>
        Verify the trail
      </button>
      <span role="status">{said}</span>
    </div>
  )
}

function verdictText(verdict: AuditVerdictView): string {
  if (verdict.whole)
    return `✓ Whole: ${verdict.records} records, ${verdict.checkpoints} checkpoints.`
  const { problem, chain, sequence } = verdict.bad
  return `✕ Broken at record ${sequence} of chain ${chain ?? '?'}: ${problem}`
}
