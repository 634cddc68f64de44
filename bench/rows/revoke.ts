import type { AgentUri } from '../../src/domain/ids.ts'
import type { Lease } from '../../src/domain/lease.ts'
import type { Scope } from '../../src/domain/scope/types.ts'
import { revokeLease } from '../../src/usecases/revoke.ts'
import { atMost, median, type Row } from '../row.ts'
import {
  benchScope,
  insertAgent,
  insertChain,
  leaseUnder,
  openStage,
  type Stage,
  someCertificate,
  write,
} from '../stage.ts'

/** Children of one lease in the bench trees; three levels of them make the largest. */
const FANOUT = 100
/** Leases inserted in one transaction. */
const PORTION = 10_000
/** Revocations timed at each size. Each revokes the root anew: the same row, the same work. */
const TIMED = 31

/**
 * Revoking a root with 1, 10^3, 10^5 (and 10^6 without --quick) live descendants: the slowest
 * median against the fastest.
 */
export async function benchRevoke(quick: boolean): Promise<readonly Row[]> {
  const stage = await openStage()
  try {
    const sizes = quick ? [1, 1_000, 100_000] : [1, 1_000, 100_000, 1_000_000]
    const scope = benchScope({ host: 'api.bench', port: 443 })
    const caller = await insertAgent(stage, 'planner', scope, someCertificate())
    const roots: Lease[] = []
    for (const size of sizes) roots.push(await plant(stage, caller.uri, scope, size))

    const times = roots.map((): number[] => [])
    for (let round = 0; round < TIMED; round += 1) {
      for (const [at, root] of roots.entries()) {
        const started = performance.now()
        const revoked = await revokeLease(stage.world, stage.owner, {
          lease: root.id,
          reason: 'bench',
        })
        if (!revoked.ok) throw new Error(`refused: ${revoked.refusal.code}`)
        if (round > 0) times[at]?.push((performance.now() - started) * 1_000)
      }
    }
    const medians = times.map(median)
    return [
      atMost(1.5, {
        name: `revoke with ${sizes.join(', ')} live descendants: slowest against fastest`,
        value: Math.max(...medians),
        unit: 'µs',
        baseline: Math.min(...medians),
      }),
    ]
  } finally {
    await stage.end()
  }
}

/** A root with `size` descendants, at most FANOUT below each lease. */
async function plant(stage: Stage, holder: AgentUri, scope: Scope, size: number): Promise<Lease> {
  const root = await insertChain(stage, holder, scope, 0)
  const waiting: Lease[] = [root]
  let planted = 0
  while (planted < size) {
    await write(stage, async (tx) => {
      for (let portion = 0; portion < PORTION && planted < size; ) {
        const parent = waiting.shift()
        if (parent === undefined) throw new Error('a tree has leaves')
        for (let child = 0; child < FANOUT && planted < size; child += 1) {
          const lease = leaseUnder(parent, holder, scope, tx.now)
          await tx.insertLease(lease)
          if (waiting.length < size / FANOUT + 1) waiting.push(lease)
          planted += 1
          portion += 1
        }
      }
    })
  }
  return root
}
