import type { TopLevelSpec } from 'vega-lite'
import type { Job } from './contenders/port.ts'
import { contenderBars, rowBars } from './plots/bars.ts'
import { draw, INK } from './plots/draw.ts'
import { lines } from './plots/lines.ts'
import { type Circumstances, kept } from './results.ts'
import type { Row } from './row.ts'
import type { Standing } from './side-by-side.ts'
import type { Sweep } from './sweeps/sweep.ts'

type Plot = (subtitle: readonly string[]) => TopLevelSpec | undefined

const PLOTS: Readonly<Record<string, Plot>> = {
  rows: () => {
    const rows = kept<readonly Row[]>('rows')
    return rows && rowBars(rows.data)
  },
  libraries: () => contenders('library', libraryTitle),
  services: () => contenders('service', serviceTitle),
  cores: (subtitle) =>
    sweepPlot('cores', (sweep) => {
      const [one, most] = ends(sweep, 'admission, one process')
      const times = (most / one).toFixed(1)
      const title = `${top(sweep)} cores admit ${times} times as many calls as one`
      const colors = {
        'bare Ed25519 verification': INK.others,
        'admission, one process': INK.ours,
        'admission, one process a core, one store': INK.third,
      }
      return lines({ title, subtitle, sweep, colors })
    }),
  threads: (subtitle) =>
    sweepPlot('threads', (sweep) => {
      const admitted = sweep.points.filter(({ series }) => series === 'admission, one process')
      const best = admitted.toSorted((a, b) => b.value - a.value)[0]?.x
      const title = `Admission is fastest with ${best} threads in the pool`
      const colors = {
        'bare Ed25519 verification': INK.others,
        'admission, one process': INK.ours,
      }
      return lines({ title, subtitle, sweep, colors })
    }),
  depth: (subtitle) =>
    sweepPlot('depth', (sweep) => {
      const [shallow, deep] = ends(sweep, 'admission')
      const more = Math.round((deep / shallow - 1) * 100)
      const title = `Sixteen hops of delegation make an admission ${more} % slower`
      return lines({ title, subtitle, sweep, colors: { admission: INK.ours } })
    }),
  tree: (subtitle) =>
    sweepPlot('tree', (sweep) => {
      const ms = sweep.points.filter(({ series }) => series === 'revoke the root')
      const slowest = Math.max(...ms.map(({ value }) => value)) / 1_000
      const title = `Revoking takes ${slowest.toFixed(1)} ms or less, however large the tree`
      const colors = { 'revoke the root': INK.ours, 'admit one call': INK.others }
      return lines({ title, subtitle, sweep, colors, logX: true })
    }),
  store: (subtitle) =>
    sweepPlot('store', (sweep) => {
      const [few, many] = ends(sweep, 'redemption')
      const share = Math.round((many / few) * 100)
      const title = `With ${power(top(sweep))} spent tokens redeeming keeps ${share} % of its speed`
      return lines({
        title,
        subtitle,
        sweep,
        colors: { redemption: INK.ours },
        logX: true,
      })
    }),
  width: (subtitle) =>
    sweepPlot('width', (sweep) => {
      const [alone, many] = ends(sweep, 'admission')
      const title = `Sharing commits: ${top(sweep)} calls in flight do ${(many / alone).toFixed(0)} times the work of one`
      return lines({
        title,
        subtitle,
        sweep,
        colors: { admission: INK.ours },
        logX: true,
      })
    }),
  latency: (subtitle) =>
    sweepPlot('latency', (sweep) => {
      const [alone] = ends(sweep, 'p50')
      const title = `One call alone is admitted in ${alone.toFixed(1)} ms; full commits cost waiting`
      const colors = { p50: INK.ours, p99: INK.others }
      return lines({ title, subtitle, sweep, colors, logX: true })
    }),
  load: (subtitle) =>
    sweepPlot('load', (sweep) => {
      const [, large] = ends(sweep, 'revoke to refused, p99')
      const title = `Under load the last gateway refuses within ${Math.ceil(large)} ms (p99) of asking to revoke`
      const colors = {
        'revoke to refused, p50': INK.ours,
        'revoke to refused, p99': INK.bad,
        'other trees meanwhile, p99': INK.others,
        'other trees otherwise, p99': INK.third,
      }
      return lines({ title, subtitle, sweep, colors, logX: true })
    }),
}

/** Draws every plot there are results for; answers the names of those that were drawn. */
export async function drawPlots(): Promise<readonly string[]> {
  const drawn: string[] = []
  for (const [name, plot] of Object.entries(PLOTS)) {
    const subtitle = kept(`sweep-${name}`)
    const spec = plot(subtitle === undefined ? [] : told(subtitle))
    if (spec === undefined) continue
    await draw(name, spec)
    drawn.push(name)
  }
  return drawn
}

function told({
  date,
  cores,
  node,
  loadBefore,
  data,
}: Circumstances & { readonly data: unknown }): readonly string[] {
  const { note } = data as Sweep
  return [
    note,
    `${cores} cores, Node ${node.slice(1)}, ${date}, load before ${loadBefore}. Bands are quartiles.`,
  ]
}

function sweepPlot(name: string, plot: (sweep: Sweep) => TopLevelSpec): TopLevelSpec | undefined {
  const sweep = kept<Sweep>(`sweep-${name}`)
  return sweep && plot(sweep.data)
}

function contenders(
  kind: Standing['kind'],
  title: (perSecond: (key: string, job: Job) => string) => string,
): TopLevelSpec | undefined {
  const standings = kept<readonly Standing[]>('contenders')?.data
  const perSecond = (key: string, job: Job): string => {
    const done = standings?.find((each) => each.key === key)?.jobs[job]?.perSecond ?? 0
    return Math.round(done).toLocaleString('en-US')
  }
  return standings && contenderBars(standings, kind, title(perSecond))
}

function libraryTitle(perSecond: (key: string, job: Job) => string): string {
  const [ours, bare] = [perSecond('writ', 'spend'), perSecond('jose', 'authorize')]
  return `Writ authorizes and spends ${ours} calls/s on disk; jose verifies ${bare} and keeps nothing`
}

function serviceTitle(perSecond: (key: string, job: Job) => string): string {
  const [ours, theirs] = [perSecond('writ-service', 'issue'), perSecond('oidc-sqlite', 'issue')]
  return `Writ issues ${ours} tokens/s over mutual TLS; oidc-provider ${theirs}, without TLS`
}

/** The values of a series where the axis begins and where it ends. */
function ends({ points }: Sweep, series: string): readonly [number, number] {
  const own = points.filter((point) => point.series === series).toSorted((a, b) => a.x - b.x)
  return [own[0]?.value ?? Number.NaN, own.at(-1)?.value ?? Number.NaN]
}

function top({ points }: Sweep): number {
  return Math.max(...points.map(({ x }) => x))
}

function power(value: number): string {
  const digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹']
  return `10${digits[Math.round(Math.log10(value))] ?? ''}`
}
