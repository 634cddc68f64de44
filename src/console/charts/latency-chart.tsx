import { useEffect, useState } from 'preact/hooks'
import { moment } from '../words.ts'
import { ChartFigure } from './chart-figure.tsx'
import { boundOf, type Counts, countsBetween, readCounts } from './latency.ts'

const EVERY_MS = 5_000
const POINTS = 60
const WIDTH = 600
const HEIGHT = 80
/** The scale is one of powers of ten: from a millisecond to a second. */
const SLOWEST = 1

interface Point {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly half: number | undefined
  readonly most: number | undefined
}

/** How long this process took to answer, while the page is open: asked of `/metrics`. */
export function LatencyChart() {
  const [points, setPoints] = useState<readonly Point[]>([])
  useEffect(() => {
    let before: Counts | undefined
    const look = async () => {
      const answer = await fetch('/metrics', { cache: 'no-store' }).catch(() => undefined)
      if (!answer?.ok) return
      const after = readCounts(await answer.text())
      const counts = before === undefined ? after : countsBetween(before, after)
      before = after
      const point = { at: Date.now(), half: boundOf(counts, 0.5), most: boundOf(counts, 0.95) }
      setPoints((all) => [...all, point].slice(-POINTS))
    }
    void look()
    const timer = setInterval(look, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  const told = points.findLast(({ most }) => most !== undefined)
  const words =
    told === undefined
      ? 'Nothing was answered yet'
      : `Half of the answers within ${textOf(told.half)}, 95 of 100 within ${textOf(told.most)}`
  return (
    <ChartFigure
      words={words}
      width={WIDTH}
      height={HEIGHT}
      scale={{
        top: '1 s, logarithmic from 1 ms',
        from: '5 min ago',
        to: 'now',
      }}
      legend={[
        ['key-allowed', 'half'],
        ['key-most', '95 of 100, every 5 s while this page is open'],
      ]}
      columns={['At', 'Half within', '95 of 100 within']}
      rows={points
        .filter(({ most }) => most !== undefined)
        .map(({ at, half, most }) => ({
          key: String(at),
          cells: [moment(at / 1000), textOf(half), textOf(most)],
        }))}
    >
      <polyline class="line-most" points={lineOf(points.map(({ most }) => most))} />
      <polyline class="line-half" points={lineOf(points.map(({ half }) => half))} />
    </ChartFigure>
  )
}

/** The newest at the right; where nothing was answered the line goes straight on. */
function lineOf(told: readonly (number | undefined)[]): string {
  const bounds = told.length === 1 ? [...told, ...told] : told
  const step = WIDTH / (POINTS - 1)
  const from = WIDTH - (bounds.length - 1) * step
  return bounds
    .flatMap((bound, at) => (bound === undefined ? [] : [`${from + at * step},${heightOf(bound)}`]))
    .join(' ')
}

function heightOf(bound: number): number {
  const share = (Math.log10(Math.min(bound, SLOWEST)) + 3) / 3
  return Math.round(HEIGHT - 4 - Math.max(0, share) * (HEIGHT - 8))
}

function textOf(bound: number | undefined): string {
  if (bound === undefined) return '–'
  return Number.isFinite(bound) ? `${bound * 1000} ms` : 'more than 2.5 s'
}
