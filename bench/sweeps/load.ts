import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'undici'
import type { Lease } from '../../src/domain/lease.ts'
import { revokeLease } from '../../src/usecases/revocations/revoke.ts'
import { Filler } from '../fill.ts'
import { call, openYard, type Yard } from '../gateways.ts'
import type { Effort } from '../measure.ts'
import { quantile } from '../row.ts'
import { insertChain, signTokens } from '../stage.ts'
import { type Point, pointOf, type Sweeps } from './sweep.ts'

const GATEWAYS = 2
/** Calls of other trees each second, whatever happens: an open loop, so that waiting shows. */
const OTHERS_PER_SECOND = 200
/** Between two revocations. */
const PAUSE_MS = 20

interface Window {
  readonly refusedMs: readonly number[]
  readonly othersMs: readonly number[]
}

/**
 * From asking to revoke until the last gateway has refused a token below, and what calls of other
 * trees feel of it: windows with and without revocations take turns.
 */
export async function sweepLoad(effort: Effort): Promise<Sweeps> {
  const [rounds, ms] = (
    { tiny: [1, 300], quick: [3, 1_500], usual: [5, 4_000], full: [9, 8_000] } as const
  )[effort]
  const sizes = effort === 'tiny' ? [10, 1_000] : [10, 1_000, 100_000, 1_000_000]
  const yard = await openYard(GATEWAYS)
  const filler = new Filler(yard.stage)
  try {
    const pools = yard.gateways.map((gateway) => yard.connect(gateway, 64))
    const roots: Lease[] = []
    for (const size of sizes) {
      const root = await insertChain(yard.stage, yard.caller.uri, yard.scope, 0)
      filler.descendants(root, size)
      roots.push(root)
    }
    await window(yard, pools, { ms })
    const windows = roots.map((): { idle: Window[]; busy: Window[] } => ({ idle: [], busy: [] }))
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, root] of roots.entries()) {
        windows[at]?.idle.push(await window(yard, pools, { ms }))
        windows[at]?.busy.push(await window(yard, pools, { ms, root, filler }))
      }
    }
    const points = sizes.flatMap((size, at) => pointsOf(size, windows[at]))
    const note =
      `${GATEWAYS} gateways, ${OTHERS_PER_SECOND} calls/s of other trees, ${rounds} windows of ` +
      `${ms} ms with revocations and as many without, in turns.`
    return { load: { x: 'live descendants of the revoked root', unit: 'ms', points, note } }
  } finally {
    filler.end()
    await yard.end()
  }
}

function pointsOf(
  size: number,
  windows: { readonly idle: readonly Window[]; readonly busy: readonly Window[] } | undefined,
): readonly Point[] {
  const { idle = [], busy = [] } = windows ?? {}
  const tails = (
    each: readonly Window[],
    share: number,
    of: (window: Window) => readonly number[],
  ) => each.map((window) => quantile(of(window), share))
  const refused = (window: Window) => window.refusedMs
  const others = (window: Window) => window.othersMs
  return [
    pointOf('revoke to refused, p50', size, tails(busy, 0.5, refused)),
    pointOf('revoke to refused, p99', size, tails(busy, 0.99, refused)),
    pointOf('revoke to refused, slowest', size, [Math.max(...busy.flatMap(refused))]),
    pointOf('other trees meanwhile, p99', size, tails(busy, 0.99, others)),
    pointOf('other trees otherwise, p99', size, tails(idle, 0.99, others)),
  ]
}

/** One window of time: calls of other trees throughout, and revocations when there is a root. */
async function window(
  yard: Yard,
  pools: readonly Pool[],
  terms: { readonly ms: number; readonly root?: Lease; readonly filler?: Filler },
): Promise<Window> {
  const ends = performance.now() + terms.ms
  const othersMs = callOthers(yard, pools, terms.ms)
  const refusedMs: number[] = []
  const { root, filler } = terms
  if (root !== undefined && filler !== undefined) {
    while (performance.now() < ends) {
      refusedMs.push(await revokeUntilRefused(yard, pools, root))
      filler.unrevoke(root)
      await delay(PAUSE_MS)
    }
  }
  return { refusedMs, othersMs: await othersMs }
}

/** Calls that begin when their time has come; milliseconds from then until the answer. */
async function callOthers(
  yard: Yard,
  pools: readonly Pool[],
  ms: number,
): Promise<readonly number[]> {
  const count = Math.ceil((ms / 1_000) * OTHERS_PER_SECOND)
  const tokens = await signTokens(yard.stage, yard.leaf, yard.caller, count)
  const started = performance.now()
  const answers = tokens.map(async (token, at) => {
    const due = started + (at / OTHERS_PER_SECOND) * 1_000
    await delay(Math.max(0, due - performance.now()))
    const pool = pools[at % pools.length]
    const status = pool === undefined ? 0 : await call(pool, '/api/reports/7', token)
    if (status !== 200) throw new Error(`a call of another tree was answered ${status}`)
    return performance.now() - due
  })
  return Promise.all(answers)
}

async function revokeUntilRefused(
  yard: Yard,
  pools: readonly Pool[],
  root: Lease,
): Promise<number> {
  const { stage, caller } = yard
  const tokens = [...(await signTokens(stage, root, caller, pools.length * 4))]
  const started = performance.now()
  const revoked = await revokeLease(stage.world, stage.owner, { lease: root.id, reason: 'bench' })
  if (!revoked.ok) throw new Error(`refused: ${revoked.refusal.code}`)
  const refusals = pools.map(async (pool) => {
    for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
      const status = await call(pool, '/api/reports/7', token)
      if (status !== 200) return
    }
    throw new Error('a gateway did not refuse')
  })
  await Promise.all(refusals)
  return performance.now() - started
}
