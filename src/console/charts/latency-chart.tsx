import { useEffect, useState } from 'preact/hooks'
import { boundOf, type Counts, countsBetween, readCounts } from './latency.ts'

const EVERY_MS = 5_000
const POINTS = 60
const WIDTH = 600
const HEIGHT = 80
/** The scale is one of powers of ten: from a millisecond to a second. */
const SLOWEST = 1

interface Point {
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
      const point = { half: boundOf(counts, 0.5), most: boundOf(counts, 0.95) }
      setPoints((all) => (all.length === 0 ? [point, point] : [...all, point]).slice(-POINTS))
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
    <figure class="chart">
      <figcaption>{words}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={words}
        preserveAspectRatio="none"
      >
        <line class="axis" x1={0} x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
        <polyline class="line-most" points={lineOf(points.map(({ most }) => most))} />
        <polyline class="line-half" points={lineOf(points.map(({ half }) => half))} />
      </svg>
      <p class="legend">
        <span class="key-allowed" aria-hidden="true" /> half{' '}
        <span class="key-most" aria-hidden="true" /> 95 of 100, every 5 s while this page is open
      </p>
    </figure>
  )
}

/** The newest at the right; where nothing was answered the line goes straight on. */
function lineOf(bounds: readonly (number | undefined)[]): string {
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
