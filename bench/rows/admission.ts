import { admissionFor } from '../../src/compose/calls.ts'
import { type Effort, inTurns, ProcessorTime, rate } from '../measure.ts'
import { signedPart, startVerifiers, verifyInPool } from '../raw-verify.ts'
import { atLeast, median, type Row, short } from '../row.ts'
import { admitOne, openWorkshop, RESOURCE, signTokens } from '../stage.ts'

/** Calls in flight: as many as a busy gateway has, and enough for full commits. */
export const WIDTH = 64

/**
 * Admission in process (parse … redeem, on SQLite, every commit durable) against the fastest way
 * this machine verifies the same signatures with all its cores: by Node's thread pool or by one
 * worker thread a core, whichever is faster here.
 */
export async function benchAdmission(effort: Effort): Promise<readonly Row[]> {
  const { stage, caller, leaf } = await openWorkshop()
  const verifiers = await startVerifiers(stage)
  try {
    const [rounds, count] = (
      { tiny: [1, 300], quick: [5, 5_000], usual: [11, 10_000], full: [21, 10_000] } as const
    )[effort]
    const admit = admissionFor(stage.world, RESOURCE)
    const fresh = () => signTokens(stage, leaf, caller, count)
    const parts = (await fresh()).map(signedPart)
    const [verifying, admitting] = [new ProcessorTime(), new ProcessorTime()]
    const [pool = [], workers = [], admitted = []] = await inTurns(rounds, [
      () => verifying.of(count, () => verifyInPool(stage, parts, WIDTH)),
      () => verifiers.verify(parts),
      async () => {
        const tokens = await fresh()
        return admitting.of(count, () => rate(tokens, WIDTH, admitOne(admit, caller)))
      },
    ])
    const poolWins = median(pool) >= median(workers)
    const [better, other] = poolWins ? [pool, workers] : [workers, pool]
    const words = ['thread pool', 'worker threads']
    const [winner, loser] = poolWins ? words : words.toReversed()
    return [
      atLeast(0.8, {
        name: 'admission in process, durable, against raw Ed25519 verification',
        unit: 'calls/s',
        values: admitted,
        baselines: better,
        note: [
          `baseline by ${winner}; by ${loser} ${short(median(other))}/s`,
          `processor time a call ${short(admitting.median())} µs`,
          `a verification in the pool ${short(verifying.median())} µs`,
        ].join('; '),
      }),
    ]
  } finally {
    await verifiers.end()
    await stage.end()
  }
}
