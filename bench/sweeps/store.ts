import { Filler } from '../fill.ts'
import { type Effort, inTurns } from '../measure.ts'
import { redeeming } from '../rows/store.ts'
import { openWorkshop, type Workshop } from '../stage.ts'
import { pointOf, type Sweeps } from './sweep.ts'

/** Redemptions per second by the number of spent tokens in the store. */
export async function sweepStore(effort: Effort): Promise<Sweeps> {
  const [rounds, count, largest] = (
    { tiny: [1, 200, 3], quick: [3, 3_000, 5], usual: [7, 5_000, 6], full: [9, 10_000, 7] } as const
  )[effort]
  const sizes = Array.from({ length: largest - 2 }, (_, at) => 10 ** (at + 3))
  const workshops: Workshop[] = []
  try {
    for (const size of sizes) {
      const workshop = await openWorkshop()
      workshops.push(workshop)
      await redeeming(workshop, 1)
      const filler = new Filler(workshop.stage)
      filler.spentTokens(size)
      filler.end()
    }
    const measured = await inTurns(
      rounds,
      workshops.map((workshop) => () => redeeming(workshop, count)),
    )
    const points = measured.map((each, at) => pointOf('redemption', sizes[at] ?? 0, each))
    const note = `${count} redemptions a round, 64 in flight, ${rounds} rounds; no signature.`
    return { store: { x: 'spent tokens in the store', unit: 'redemptions/s', points, note } }
  } finally {
    for (const { stage } of workshops) await stage.end()
  }
}
