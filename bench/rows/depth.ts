import { admissionFor } from '../../src/compose/calls.ts'
import { LEASE_DEPTH_MAX } from '../../src/domain/limits.ts'
import { type Effort, inTurns, times } from '../measure.ts'
import { atMost, median, type Row } from '../row.ts'
import { admitOne, benchScope, insertChain, openWorkshop, RESOURCE, signTokens } from '../stage.ts'

/** Latency of one admission at the greatest depth against depth 1, in turns. */
export async function benchDepth(effort: Effort): Promise<readonly Row[]> {
  const { stage, caller } = await openWorkshop()
  try {
    const [rounds, count] = (
      { tiny: [1, 20], quick: [9, 150], usual: [21, 300], full: [41, 500] } as const
    )[effort]
    const scope = benchScope({ host: 'api.bench', port: 443 })
    const admit = admissionFor(stage.world, RESOURCE)
    const at = async (depth: number) => {
      const leaf = await insertChain(stage, caller.uri, scope, depth)
      return async () => {
        const tokens = await signTokens(stage, leaf, caller, count)
        return median(await times(tokens, admitOne(admit, caller)))
      }
    }
    const [near = [], far = []] = await inTurns(rounds, [await at(1), await at(LEASE_DEPTH_MAX)])
    return [
      atMost(1.3, {
        name: `admission latency at depth ${LEASE_DEPTH_MAX} against depth 1`,
        unit: 'µs',
        values: far,
        baselines: near,
        note: `each value is the median of ${count} admissions, one at a time`,
      }),
    ]
  } finally {
    await stage.end()
  }
}
