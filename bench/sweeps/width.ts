import { admissionFor } from '../../src/compose/calls.ts'
import { type Effort, inTurns, rate } from '../measure.ts'
import { quantile } from '../row.ts'
import { admitOne, openWorkshop, RESOURCE, signTokens } from '../stage.ts'
import { type Point, pointOf, type Sweeps } from './sweep.ts'

const WIDTHS = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/** Throughput and latency of admission by the number of calls in flight. */
export async function sweepWidth(effort: Effort): Promise<Sweeps> {
  const { stage, caller, leaf } = await openWorkshop()
  try {
    const [rounds, count] = (
      { tiny: [1, 100], quick: [3, 2_000], usual: [9, 4_000], full: [15, 8_000] } as const
    )[effort]
    const admit = admitOne(admissionFor(stage.world, RESOURCE), caller)
    const tails = WIDTHS.map((): { p50: number[]; p99: number[] } => ({ p50: [], p99: [] }))
    const sides = WIDTHS.map((width, at) => async (round: number): Promise<number> => {
      const few = Math.min(count, 200 * width)
      const tokens = await signTokens(stage, leaf, caller, few)
      const taken: number[] = []
      const perSecond = await rate(tokens, width, async (token) => {
        const started = performance.now()
        await admit(token)
        taken.push(performance.now() - started)
      })
      if (round > 0) {
        tails[at]?.p50.push(quantile(taken, 0.5))
        tails[at]?.p99.push(quantile(taken, 0.99))
      }
      return perSecond
    })
    const measured = await inTurns(rounds, sides)
    const points = measured.map((each, at) => pointOf('admission', WIDTHS[at] ?? 0, each))
    const latency: Point[] = WIDTHS.flatMap((width, at) => [
      pointOf('p50', width, tails[at]?.p50 ?? []),
      pointOf('p99', width, tails[at]?.p99 ?? []),
    ])
    const note = `At most ${count} calls a round, ${rounds} rounds; the client is the same process.`
    const x = 'calls in flight'
    return {
      width: { x, unit: 'calls/s', points, note },
      latency: { x, unit: 'ms', points: latency, note },
    }
  } finally {
    await stage.end()
  }
}
