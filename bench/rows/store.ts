import { Filler } from '../fill.ts'
import { type Effort, inTurns, rate } from '../measure.ts'
import { atLeast, type Row } from '../row.ts'
import { openWorkshop, spendOf, type Workshop } from '../stage.ts'
import { WIDTH } from './admission.ts'

/**
 * Redemption alone, without the signature, in a store that holds many spent tokens against an empty
 * one: the whole price of memory that single use needs.
 */
export async function benchStore(effort: Effort): Promise<readonly Row[]> {
  const [rounds, count, tokens] = (
    {
      tiny: [1, 200, 10_000],
      quick: [5, 5_000, 1_000_000],
      usual: [9, 10_000, 1_000_000],
      full: [11, 20_000, 10_000_000],
    } as const
  )[effort]
  const [empty, filled] = [await openWorkshop(), await openWorkshop()]
  try {
    await redeeming(filled, 1)
    const filler = new Filler(filled.stage)
    filler.spentTokens(tokens)
    filler.end()
    const [baselines = [], values = []] = await inTurns(rounds, [
      () => redeeming(empty, count),
      () => redeeming(filled, count),
    ])
    return [
      atLeast(0.8, {
        name: `redemption with ${tokens} spent tokens in the store against an empty store`,
        unit: 'redemptions/s',
        values,
        baselines,
      }),
    ]
  } finally {
    await empty.stage.end()
    await filled.stage.end()
  }
}

/** Redeems `count` fresh tokens, as admission does last; redemptions per second. */
export async function redeeming(workshop: Workshop, count: number): Promise<number> {
  const { store } = workshop.stage.world
  const spends = Array.from({ length: count }, () => spendOf(workshop))
  return rate(spends, WIDTH, async (spend) => {
    const outcome = await store.redeem(spend)
    if (outcome.kind !== 'spent') throw new Error(`not spent: ${outcome.kind}`)
  })
}
