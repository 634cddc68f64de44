import type { Pool } from 'undici'
import type { Lease } from '../../src/domain/lease.ts'
import { revokeLease } from '../../src/usecases/revocations/revoke.ts'
import { call, openYard, type Yard } from '../gateways.ts'
import type { Effort } from '../measure.ts'
import { median, quantile, type Row, short } from '../row.ts'
import { insertChain, signTokens } from '../stage.ts'

const GATEWAYS = 2
/** Tokens that keep being presented at each gateway while the revocation is under way. */
const LANES = 4

/**
 * I9: once revoking has answered, the next request below it is refused on every gateway. Each round
 * has its own tree, calls under way at both gateways, one revocation at the authority, and one
 * request at each gateway the moment it has answered. The value counts requests that were begun
 * after the answer and allowed all the same.
 */
export async function benchRefusal(effort: Effort): Promise<readonly Row[]> {
  const rounds = { tiny: 3, quick: 60, usual: 300, full: 2_000 }[effort]
  const yard = await openYard(GATEWAYS)
  try {
    const pools = yard.gateways.map((gateway) => yard.connect(gateway, LANES + 1))
    let allowed = 0
    const taken: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const found = await revokeOnce(yard, pools)
      allowed += found.allowed
      taken.push(found.refusedAfterMs)
    }
    const [middle, tail] = [median(taken), quantile(taken, 0.99)].map(short)
    return [
      {
        name: 'revoke answered to last gateway refuses, in the transaction: next request',
        value: allowed,
        unit: 'requests allowed after the answer',
        baseline: rounds * GATEWAYS,
        ratio: short(allowed / (rounds * GATEWAYS)),
        aim: '<= 0',
        ok: allowed === 0,
        rounds,
        spread: { p25: 0, p75: 0 },
        note: `last of ${GATEWAYS} gateways answered no within ${middle} ms (p50), ${tail} ms (p99)`,
      },
    ]
  } finally {
    await yard.end()
  }
}

async function revokeOnce(yard: Yard, pools: readonly Pool[]) {
  const { stage, caller, scope } = yard
  const leaf = await insertChain(stage, caller.uri, scope, 2)
  const [root] = leaf.lineage
  if (root === undefined) throw new Error('a lineage has a root')
  const busy = await Promise.all(pools.map((pool) => keepCalling(yard, pool, leaf)))
  const probes = await signTokens(stage, leaf, caller, pools.length)
  const revoked = await revokeLease(stage.world, stage.owner, { lease: root, reason: 'bench' })
  if (!revoked.ok) throw new Error(`refused: ${revoked.refusal.code}`)
  const answered = performance.now()
  const statuses = await Promise.all(
    pools.map((pool, at) => call(pool, '/api/reports/7', probes[at] ?? '')),
  )
  const refusedAfterMs = performance.now() - answered
  const served = await Promise.all(busy.map((each) => each.end(answered)))
  if (served.some((each) => each.before === 0)) throw new Error('nothing was allowed before')
  const late = served.reduce((sum, each) => sum + each.after, 0)
  return { allowed: statuses.filter((status) => status === 200).length + late, refusedAfterMs }
}

/** Presents tokens without a pause, so that the revocation meets calls under way. */
async function keepCalling(yard: Yard, pool: Pool, leaf: Lease) {
  const begun: { readonly at: number; readonly status: number }[] = []
  let over = false
  const tokens = [...(await signTokens(yard.stage, leaf, yard.caller, 400))]
  const lane = async (): Promise<void> => {
    for (let token = tokens.pop(); token !== undefined && !over; token = tokens.pop()) {
      const at = performance.now()
      begun.push({ at, status: await call(pool, '/api/reports/7', token) })
    }
  }
  const lanes = Promise.all(Array.from({ length: LANES }, lane))
  while (!begun.some(({ status }) => status === 200)) await new Promise(setImmediate)
  return {
    async end(answered: number) {
      over = true
      await lanes
      const served = begun.filter(({ status }) => status === 200)
      const after = served.filter(({ at }) => at > answered).length
      return { before: served.length - after, after }
    },
  }
}
