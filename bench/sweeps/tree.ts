import { admissionFor } from '../../src/compose/calls.ts'
import { Filler } from '../fill.ts'
import { type Effort, inTurns, times } from '../measure.ts'
import { median } from '../row.ts'
import { revoking } from '../rows/revoke.ts'
import { admitOne, insertChain, openWorkshop, RESOURCE, signTokens } from '../stage.ts'
import { pointOf, type Sweeps } from './sweep.ts'

/** Revoking a root, and admitting a call, by the number of live descendants of the root. */
export async function sweepTree(effort: Effort): Promise<Sweeps> {
  const workshop = await openWorkshop()
  const { stage, caller, scope } = workshop
  const filler = new Filler(stage)
  try {
    const largest = { tiny: 2, quick: 5, usual: 6, full: 6 }[effort]
    const rounds = { tiny: 2, quick: 15, usual: 41, full: 101 }[effort]
    const sizes = Array.from({ length: largest + 1 }, (_, power) => 10 ** power)
    const admit = admissionFor(stage.world, RESOURCE)
    const revokes: (() => Promise<number>)[] = []
    const admits: (() => Promise<number>)[] = []
    for (const size of sizes) {
      revokes.push(await revoking(workshop, filler, size))
      const leaf = await insertChain(stage, caller.uri, scope, 0)
      filler.descendants(leaf, size)
      admits.push(async () => {
        const tokens = await signTokens(stage, leaf, caller, 20)
        return median(await times(tokens, admitOne(admit, caller)))
      })
    }
    const measured = await inTurns(rounds, [...revokes, ...admits])
    const series = ['revoke the root', 'admit one call']
    const points = measured.map((each, at) =>
      pointOf(series[Math.floor(at / sizes.length)] ?? '', sizes[at % sizes.length] ?? 0, each),
    )
    const note = `One at a time, ${rounds} rounds; each revocation is one commit on disk.`
    return { tree: { x: 'live descendants', unit: 'µs', points, note } }
  } finally {
    filler.end()
    await stage.end()
  }
}
