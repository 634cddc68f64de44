import { once } from 'node:events'
import { Filler } from '../fill.ts'
import { Children } from '../gateways.ts'
import type { Effort } from '../measure.ts'
import { redeeming } from '../rows/store.ts'
import { insertChain, openWorkshop } from '../stage.ts'
import { type Point, pointOf, type Sweeps } from './sweep.ts'

/** What is kept, and how much room one of each takes on disk and in the process. */
export async function sweepMemory(effort: Effort): Promise<Sweeps> {
  const [rows, spends] = (
    {
      tiny: [2_000, 1_000],
      quick: [100_000, 20_000],
      usual: [1_000_000, 100_000],
      full: [1_000_000, 400_000],
    } as const
  )[effort]
  const points: Point[] = [...(await onDisk(rows, spends)), await inProcess(spends)]
  const note = `${rows} rows, or ${spends} redemptions, in one store.`
  return { memory: { x: 'how many', unit: 'bytes each', points, note } }
}

async function onDisk(rows: number, spends: number): Promise<readonly Point[]> {
  const { stage, caller, scope, ...rest } = await openWorkshop()
  const filler = new Filler(stage)
  const grown = async (count: number, work: () => Promise<void>): Promise<number[]> => {
    const before = filler.bytes()
    await work()
    return [(filler.bytes() - before) / count]
  }
  try {
    const root = await insertChain(stage, caller.uri, scope, 0)
    const lease = await grown(rows, async () => filler.descendants(root, rows))
    await redeeming({ stage, caller, scope, ...rest }, 1)
    const token = await grown(rows, async () => filler.spentTokens(rows))
    const workshop = { stage, caller, scope, ...rest }
    const call = await grown(spends, async () => {
      await redeeming(workshop, spends)
    })
    return [
      pointOf('live lease, on disk', rows, lease),
      pointOf('spent token until it has expired, on disk', rows, token),
      pointOf('redemption with its audit record, on disk', spends, call),
    ]
  } finally {
    filler.end()
    await stage.end()
  }
}

/** Growth of a process that redeems, after its garbage was collected. */
async function inProcess(spends: number): Promise<Point> {
  const children = new Children()
  try {
    const flags = ['--expose-gc']
    const { child } = await children.start('admission', {}, { flags })
    const redeem = async (count: number): Promise<number> => {
      child.send({ what: 'redeem', count })
      const [{ rss }] = (await once(child, 'message')) as [{ rss: number }]
      return rss
    }
    const portion = Math.max(500, Math.floor(spends / 10))
    const before = await redeem(portion)
    let after = before
    for (let done = 0; done < spends; done += portion) after = await redeem(portion)
    return pointOf('redemption, in the process (RSS)', spends, [
      Math.max(0, after - before) / spends,
    ])
  } finally {
    await children.end()
  }
}
