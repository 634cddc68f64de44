import type { TopLevelSpec } from 'vega-lite'
import { JOBS } from '../contenders/port.ts'
import type { Row } from '../row.ts'
import type { Standing } from '../side-by-side.ts'
import { INK } from './draw.ts'

const SHORT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^admission in/, 'admission / bare Ed25519'],
  [/^call through/, 'gateway / bare mTLS proxy'],
  [/^revoke with/, 'revoke: large tree / small'],
  [/^redemption with/, 'redeem: full store / empty'],
  [/^admission latency/, 'admit: depth 16 / depth 1'],
  [/feed mode/, 'revoke to refuse by feed'],
]

/** Each ratio of protocol §9 beside the aim it is held to; rows that only count are left out. */
export function rowBars(rows: readonly Row[]): TopLevelSpec {
  const values = rows.flatMap((row) => {
    const name = SHORT_NAMES.find(([pattern]) => pattern.test(row.name))?.[1]
    const aim = Number(/[\d.]+/.exec(row.aim)?.[0])
    if (name === undefined || aim === 0) return []
    const told = `${row.ratio.toFixed(2)}  (aim ${row.aim.replace('>=', '≥').replace('<=', '≤')})`
    return [{ name, ratio: row.ratio, ...row.spread, aim, told, met: row.ok ? 'yes' : 'no' }]
  })
  const missed = values
    .filter(({ met }) => met === 'no')
    .map(({ name }) => name.split(/ ?[:/]/)[0] ?? name)
  const text =
    missed.length === 0
      ? `All ${values.length} ratios are within their aims`
      : `${values.length - missed.length} of ${values.length} ratios are within their aims; not ${listed(missed)}`
  const y = {
    field: 'name',
    type: 'nominal',
    title: null,
    sort: null,
    axis: { ticks: false, domain: false, labelLimit: 400, labelColor: INK.text, labelPadding: 10 },
  }
  const color = {
    field: 'met',
    type: 'nominal',
    legend: null,
    scale: { domain: ['yes', 'no'], range: [INK.ours, INK.bad] },
  }
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: 'ratio; the tick is the aim, the thin line the quartiles',
    scale: { zero: true },
    axis: { tickCount: 6 },
  })
  return {
    width: 420,
    height: { step: 38 },
    title: {
      text,
      subtitle: 'Two things measured in turns on one machine, one divided by the other',
    },
    data: { values },
    encoding: { y },
    layer: [
      { mark: { type: 'bar', height: 16, cornerRadius: 2 }, encoding: { x: x('ratio'), color } },
      {
        mark: { type: 'rule', strokeWidth: 1.5, color: INK.text },
        encoding: { x: x('p25'), x2: { field: 'p75' } },
      },
      {
        mark: { type: 'tick', thickness: 3, size: 28, color: INK.text },
        encoding: { x: x('aim') },
      },
      {
        transform: [{ calculate: 'max(datum.ratio, datum.aim, datum.p75)', as: 'end' }],
        mark: { type: 'text', align: 'left', dx: 10, color: INK.text },
        encoding: { x: x('end'), text: { field: 'told' } },
      },
    ],
  } as unknown as TopLevelSpec
}

/** What each does in a second, job by job; the longer the bar the more, and not the better. */
export function contenderBars(
  standings: readonly Standing[],
  kind: Standing['kind'],
  title: string,
): TopLevelSpec {
  const values = standings
    .filter((each) => each.kind === kind)
    .flatMap(({ key, name, jobs }) =>
      JOBS.flatMap((job) => {
        const done = jobs[job]
        if (done === undefined) return []
        const told = Math.round(done.perSecond).toLocaleString('en-US')
        return [{ job, name, told, ours: key.startsWith('writ'), perSecond: done.perSecond }]
      }),
    )
  const present = JOBS.filter((job) => values.some((each) => each.job === job))
  const panels = present.map((job) => ({
    title: { text: job, fontSize: 13, offset: 6, anchor: 'start', color: INK.text },
    width: 430,
    height: { step: 24 },
    data: {
      values: values
        .filter((each) => each.job === job)
        .toSorted((a, b) => b.perSecond - a.perSecond),
    },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        title: null,
        sort: null,
        axis: {
          ticks: false,
          domain: false,
          labelLimit: 400,
          labelColor: INK.text,
          labelPadding: 8,
        },
      },
      x: {
        field: 'perSecond',
        type: 'quantitative',
        title: null,
        axis: null,
        scale: { domain: [0, Math.max(...values.map((each) => each.perSecond))] },
      },
    },
    layer: [
      {
        mark: { type: 'bar', height: 14, cornerRadius: 2 },
        encoding: {
          color: {
            field: 'ours',
            type: 'nominal',
            legend: null,
            scale: { domain: [true, false], range: [INK.ours, INK.others] },
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, color: INK.text },
        encoding: { text: { field: 'told' } },
      },
    ],
  }))
  return {
    title: {
      text: title,
      subtitle:
        'Jobs done each second, in turns on one machine. What each job leaves out differs: see the table below.',
    },
    spacing: 14,
    vconcat: panels,
  } as unknown as TopLevelSpec
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
