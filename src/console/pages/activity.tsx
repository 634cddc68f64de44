import { useEffect, useState } from 'preact/hooks'
import type { AuditRecordView } from '../../client/views/audit.ts'
import { getPage } from '../api.ts'
import { BudgetsOverTime } from '../charts/budgets-over-time.tsx'
import { ChartFigure } from '../charts/chart-figure.tsx'
import { LatencyChart } from '../charts/latency-chart.tsx'
import { clock } from '../clock.ts'
import { onDecision } from '../live.ts'
import { Empty, Page } from '../parts/page.tsx'
import { hrefTo } from '../router.ts'
import { keyOf, readRecord, type TrailRecord } from '../trail-record.ts'
import { moment, plainWords } from '../words.ts'
import { Records } from './audit.tsx'

const KEPT = 500
const MINUTES = 30
const HEIGHT = 90
const BAR = 20

/** What is decided now: the last half hour as bars, refusals by their reason, and the newest. */
export function Activity() {
  const [records, setRecords] = useState<readonly TrailRecord[]>([])
  useEffect(() => {
    const add = (more: readonly TrailRecord[]) =>
      setRecords((before) => newest([...more, ...before]))
    void getPage<AuditRecordView>('/v1/audit/search?limit=200').then(
      (read) => read.ok && add(read.value.items.map(readRecord)),
    )
    return onDecision((record) => add([record]))
  }, [])
  return (
    <Page title="Activity" lead="Decisions as they are made, by all processes.">
      {records.length === 0 ? (
        <Empty>Nothing was decided yet.</Empty>
      ) : (
        <>
          <DecisionBars records={records} />
          <LatencyChart />
          <BudgetsOverTime />
          <Refusals records={records} />
          <h2>Newest</h2>
          <Records records={records.slice(0, 20)} />
        </>
      )}
    </Page>
  )
}

function newest(records: readonly TrailRecord[]): readonly TrailRecord[] {
  const byKey = new Map(records.map((record) => [keyOf(record), record]))
  const order = (a: TrailRecord, b: TrailRecord) => b.time - a.time || b.sequence - a.sequence
  return [...byKey.values()].sort(order).slice(0, KEPT)
}

/** Allowed below, refused on top, a bar for each minute. */
function DecisionBars({ records }: { readonly records: readonly TrailRecord[] }) {
  const now = Math.floor(clock.value / 60_000)
  const bars = Array.from({ length: MINUTES }, (_, at) => {
    const minute = now - MINUTES + 1 + at
    const own = records.filter(({ time }) => Math.floor(time / 60) === minute)
    const refused = own.filter(({ outcome }) => outcome !== 'allowed').length
    return { minute, refused, allowed: own.length - refused }
  })
  const most = Math.max(4, ...bars.map(({ refused, allowed }) => refused + allowed))
  const scale = (count: number) => (count / most) * HEIGHT
  const total = bars.reduce((sum, { allowed, refused }) => sum + allowed + refused, 0)
  const no = bars.reduce((sum, { refused }) => sum + refused, 0)
  const shown = bars.filter(({ refused, allowed }) => refused + allowed > 0)
  return (
    <ChartFigure
      words={`${total} decisions in the last ${MINUTES} minutes, ${no} of them refusals`}
      width={MINUTES * BAR}
      height={HEIGHT + 2}
      scale={{ top: `${most} a minute`, from: `${MINUTES} min ago`, to: 'now' }}
      legend={[
        ['key-allowed', 'allowed'],
        ['key-refused', 'refused'],
      ]}
      columns={['Minute', 'Allowed', 'Refused']}
      rows={shown.map(({ minute, allowed, refused }) => ({
        key: String(minute),
        cells: [moment(minute * 60), allowed, refused],
      }))}
    >
      {bars.map(({ minute, refused, allowed }, at) => (
        <g key={minute}>
          <rect
            class="bar-allowed"
            x={at * BAR + 3}
            width={BAR - 6}
            y={HEIGHT - scale(allowed)}
            height={scale(allowed)}
          />
          <rect
            class="bar-refused"
            x={at * BAR + 3}
            width={BAR - 6}
            y={HEIGHT - scale(allowed + refused)}
            height={scale(refused)}
          />
        </g>
      ))}
    </ChartFigure>
  )
}

/** Which refusals there were among the newest decisions, most first. */
function Refusals({ records }: { readonly records: readonly TrailRecord[] }) {
  const counts = new Map<string, number>()
  for (const { outcome } of records) {
    if (outcome !== 'allowed') counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  if (counts.size === 0) return null
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const most = sorted[0]?.[1] ?? 1
  return (
    <>
      <h2>Refusals among the newest {records.length}</h2>
      <ul class="counts">
        {sorted.map(([code, count]) => (
          <li key={code}>
            <a href={hrefTo(['audit'], { outcome: code })}>{plainWords(code)}</a>
            <span>{count}</span>
            <i aria-hidden="true" style={{ width: `${(count / most) * 100}%` }} />
          </li>
        ))}
      </ul>
    </>
  )
}
