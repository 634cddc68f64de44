import type { TopLevelSpec } from 'vega-lite'
import type { Point, Sweep } from '../sweeps/sweep.ts'

const HEIGHT = 260
const LABEL_PIXELS = 17

/** How a sweep is drawn. */
export interface LinesOf {
  readonly title: string
  readonly subtitle: readonly string[]
  readonly sweep: Sweep
  readonly logX?: boolean
  /** Colour of each series, in the order of the legend that is not there: lines are labelled. */
  readonly colors: Readonly<Record<string, string>>
}

/** Lines with their quartiles as bands, labelled where they end; the axis of values begins at 0. */
export function lines(terms: LinesOf): TopLevelSpec {
  const { sweep, colors, title, subtitle } = terms
  const series = Object.keys(colors)
  const points = sweep.points.filter((point) => series.includes(point.series))
  const xs = [...new Set(points.map(({ x }) => x))]
  const color = { field: 'series', type: 'nominal', legend: null, scale: scaleOf(colors) }
  const x = {
    field: 'x',
    type: 'quantitative',
    title: sweep.x,
    scale:
      terms.logX === true ? { type: 'log', nice: false } : { nice: false, zero: xs.includes(0) },
    axis: { grid: false, values: xs, format: terms.logX === true ? '~s' : 'd' },
  }
  const y = {
    field: 'value',
    type: 'quantitative',
    title: sweep.unit,
    scale: { zero: true },
    axis: { tickCount: 5, format: '~s', domain: false, ticks: false },
  }
  return {
    width: 520,
    height: HEIGHT,
    title: { text: title, subtitle: [...subtitle] },
    data: { values: [...points] },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: { y: { ...y, field: 'p25' }, y2: { field: 'p75' } },
      },
      { mark: { type: 'line', strokeWidth: 2.5 }, encoding: { y } },
      { mark: { type: 'point', filled: true, size: 45, opacity: 1 }, encoding: { y } },
      {
        data: { values: [...labelsOf(points, series)] },
        mark: { type: 'text', align: 'left', dx: 10, fontWeight: 600, clip: false },
        encoding: { y, text: { field: 'series' } },
      },
    ],
  } as unknown as TopLevelSpec
}

/** Names beside the last points, moved apart where lines end close to each other. */
function labelsOf(points: readonly Point[], series: readonly string[]) {
  const ends = series.flatMap((name) => {
    const own = points.filter((point) => point.series === name)
    const last = own.toSorted((a, b) => a.x - b.x).at(-1)
    return last === undefined ? [] : [last]
  })
  const gap = (Math.max(...points.map(({ p75 }) => p75)) / HEIGHT) * LABEL_PIXELS
  let least = Number.NEGATIVE_INFINITY
  return ends
    .toSorted((a, b) => a.value - b.value)
    .map((end) => {
      const value = Math.max(end.value, least)
      least = value + gap
      return { ...end, value }
    })
}

function scaleOf(colors: Readonly<Record<string, string>>) {
  return { domain: Object.keys(colors), range: Object.values(colors) }
}
