import { admissionFor } from '../../src/compose/calls.ts'
import { type Effort, inTurns, times } from '../measure.ts'
import { median } from '../row.ts'
import { admitOne, insertChain, openWorkshop, RESOURCE, signTokens } from '../stage.ts'
import { pointOf, type Sweeps } from './sweep.ts'

const DEPTHS = [0, 1, 2, 4, 6, 8, 10, 12, 14, 16]

/** Latency of one admission at each depth, one at a time. */
export async function sweepDepth(effort: Effort): Promise<Sweeps> {
  const { stage, caller, scope } = await openWorkshop()
  try {
    const [rounds, count] = (
      { tiny: [1, 10], quick: [5, 100], usual: [15, 200], full: [31, 300] } as const
    )[effort]
    const admit = admissionFor(stage.world, RESOURCE)
    const sides: (() => Promise<number>)[] = []
    for (const depth of DEPTHS) {
      const leaf = await insertChain(stage, caller.uri, scope, depth)
      sides.push(async () => {
        const tokens = await signTokens(stage, leaf, caller, count)
        return median(await times(tokens, admitOne(admit, caller)))
      })
    }
    const measured = await inTurns(rounds, sides)
    const points = measured.map((each, at) => pointOf('admission', DEPTHS[at] ?? 0, each))
    const note = `Median of ${count} admissions in each of ${rounds} rounds.`
    return { depth: { x: 'depth of the lease', unit: 'µs', points, note } }
  } finally {
    await stage.end()
  }
}
