import { revokeLease } from '../../src/usecases/revocations/revoke.ts'
import { Filler } from '../fill.ts'
import { type Effort, inTurns } from '../measure.ts'
import { atMost, median, type Row } from '../row.ts'
import { insertChain, openWorkshop, type Workshop } from '../stage.ts'

/**
 * Revoking a root with 1, 10^3, 10^5 and, unless it has to be quick, 10^6 live descendants: the
 * slowest median against the fastest.
 */
export async function benchRevoke(effort: Effort): Promise<readonly Row[]> {
  const workshop = await openWorkshop()
  const filler = new Filler(workshop.stage)
  try {
    const large = { tiny: [], quick: [100_000], usual: [100_000, 1_000_000] }
    const sizes = [1, 1_000, ...large[effort === 'full' ? 'usual' : effort]]
    const rounds = { tiny: 3, quick: 31, usual: 61, full: 121 }[effort]
    const sides: (() => Promise<number>)[] = []
    for (const size of sizes) sides.push(await revoking(workshop, filler, size))
    const measured = await inTurns(rounds, sides)
    const ranked = measured.toSorted((a, b) => median(a) - median(b))
    return [
      atMost(1.5, {
        name: `revoke with ${sizes.join(', ')} live descendants: slowest against fastest`,
        unit: 'µs',
        values: ranked.at(-1) ?? [],
        baselines: ranked[0] ?? [],
        note: `medians by size: ${measured.map((each) => Math.round(median(each))).join(', ')} µs`,
      }),
    ]
  } finally {
    filler.end()
    await workshop.stage.end()
  }
}

/** Plants a tree and answers what revokes its root, in microseconds. */
export async function revoking(
  { stage, caller, scope }: Workshop,
  filler: Filler,
  size: number,
): Promise<() => Promise<number>> {
  const root = await insertChain(stage, caller.uri, scope, 0)
  filler.descendants(root, size)
  return async () => {
    filler.unrevoke(root)
    const started = performance.now()
    const revoked = await revokeLease(stage.world, stage.owner, {
      lease: root.id,
      reason: 'bench',
    })
    const taken = (performance.now() - started) * 1_000
    if (!revoked.ok) throw new Error(`refused: ${revoked.refusal.code}`)
    return taken
  }
}
