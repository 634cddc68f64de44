import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from 'undici'
import { check, type Violations } from './checker.ts'
import { type Deployment, deploy } from './deployment.ts'
import { readFinalState } from './final-state.ts'
import type { Op } from './history.ts'
import { type FaultCounts, Nemesis } from './nemesis.ts'
import { seeded } from './random.ts'
import { Recorder } from './recorder.ts'
import { breakableStore, type StoreKind, type StorePlace } from './stores.ts'
import { step } from './workload.ts'
import { World } from './world.ts'

/** What a run came to. */
export interface FaultRun {
  readonly store: StoreKind
  readonly seed: number
  readonly operations: number
  readonly answers: Readonly<Record<Op['outcome'], number>>
  /** Successful spends, and successful ends (revoked, suspended, released). */
  readonly spends: number
  readonly ends: number
  readonly seconds: number
  /** Each list has to be empty. */
  readonly violations: Violations
  readonly survived: FaultCounts
}

/** What a run is asked to do. */
export interface RunTerms {
  readonly store: StoreKind
  readonly operations: number
  readonly seed: number
  readonly progress?: (operations: number, survived: FaultCounts) => void
}

const AGENTS = 16
/** The last kind has no store and redeems at the authorities. */
const PROCESSES = { authorities: 2, gateways: 1, remotes: 1 }
const PROCESSES_LONG = { authorities: 2, gateways: 2, remotes: 2 }
/** From so many operations on faults come less often, and only the end verifies the whole trail. */
const LONG = 10_000
/** Longer than any transaction lives whose client is gone: what is to land has landed. */
const SETTLE_MS = 5_000
/** Clients that work at the same time; each waits for its answer before it asks again. */
const LANES = 24

/** Runs clients against processes under faults, then holds the history against the end. */
export async function runUnderFaults(terms: RunTerms): Promise<FaultRun> {
  const started = performance.now()
  const place = await breakableStore(terms.store, seeded(terms.seed + 2))
  const { databaseUrl } = place
  const deployment = await deploy({ ...processesFor(terms), databaseUrl }).catch(
    async (fault: unknown) => {
      await place.end()
      throw fault
    },
  )
  try {
    const recorder = new Recorder()
    const survived = await underFaults({ deployment, place }, recorder, terms)
    await delay(SETTLE_MS)
    const final = await readFinalState(deployment.owner, deployment.reached)
    const { history } = recorder
    return {
      store: terms.store,
      seed: terms.seed,
      operations: history.length,
      answers: answersOf(history),
      spends: history.filter(({ kind, outcome }) => kind === 'present' && outcome === 'ok').length,
      ends: history.filter(({ kind, outcome }) => ENDS.has(kind) && outcome === 'ok').length,
      seconds: Math.round((performance.now() - started) / 1_000),
      violations: check(history, final),
      survived,
    }
  } finally {
    await deployment.end()
    await place.end()
  }
}

function processesFor({ operations }: RunTerms) {
  if (operations < LONG) return PROCESSES
  return { ...PROCESSES_LONG, words: ['--audit-verify-at-start', 'false'] }
}

const ENDS: ReadonlySet<string> = new Set(['revoke', 'suspend', 'release'])

async function underFaults(
  { deployment, place }: { readonly deployment: Deployment; readonly place: StorePlace },
  recorder: Recorder,
  { operations, seed, progress }: RunTerms,
): Promise<FaultCounts> {
  const random = seeded(seed)
  const names = Array.from({ length: AGENTS }, (_, at) => `agent${at}`)
  const members = await Promise.all(names.map((name) => deployment.enroll(name, 2)))
  const world = new World(members, random)
  const nemesis = new Nemesis(deployment.processes, {
    random: seeded(seed + 1),
    calmMs: operations < LONG ? { from: 200, to: 1_500 } : { from: 1_000, to: 5_000 },
    more: place.faults,
  })
  const owner = new Agent({ connections: 2 })
  const load = { deployment, world, recorder, random, owner, up: nemesis.up }
  const faults = nemesis.run()
  let failed: unknown
  faults.catch((fault) => {
    failed = fault
  })
  const lanes = Array.from({ length: LANES }, async () => {
    while (recorder.history.length < operations && failed === undefined) {
      const before = recorder.history.length
      await step(load)
      if (recorder.history.length === before) await delay(10)
      progress?.(recorder.history.length, nemesis.counts)
    }
  })
  await Promise.all(lanes)
  nemesis.end()
  await faults
  await owner.close()
  for (const { calls, api } of members) {
    await calls.close()
    await api.close()
  }
  return nemesis.counts
}

function answersOf(history: readonly Op[]): Record<Op['outcome'], number> {
  const answers = { ok: 0, refused: 0, unknown: 0 }
  for (const { outcome } of history) answers[outcome] += 1
  return answers
}
